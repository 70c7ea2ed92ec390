// Pods of one template are alike to most plugins: what these say of a node is computed once, and again when it changes.
// Source: pkg/scheduler/framework/runtime, SignPod (v1.36). What differs: verdicts and scores of single nodes are reused,
// however many pods come in between, instead of the order of nodes for the next pod.
import type { ClusterView, NodeInfo, PodInfo, Verdict } from './framework.ts'

/** Equal texts: the plugins that look at one node alone cannot tell the pods apart. */
export function podLikeness({ pod, requests, nonZeroRequests, hostPorts }: PodInfo): string {
  const { spec } = pod
  const ports = hostPorts.map(({ ip, protocol, port }) => `${ip}/${protocol}/${port}`).join()
  let scalars = ''
  for (const [name, value] of requests.scalars) scalars += `${name}=${value},`
  const { cpuMilli, memory, ephemeralStorage } = requests
  const asked = `${cpuMilli} ${memory} ${ephemeralStorage} ${scalars} ${nonZeroRequests.cpuMilli} ${nonZeroRequests.memory}`
  const affinity = spec?.affinity?.nodeAffinity
  const wishes =
    spec?.nodeSelector === undefined && affinity === undefined ? '' : JSON.stringify([spec?.nodeSelector, affinity])
  const tolerations = spec?.tolerations === undefined ? '' : JSON.stringify(spec.tolerations)
  return `${asked} ${ports} ${spec?.nodeName ?? ''} ${wishes} ${tolerations}`
}

interface ScoresOfPlugin {
  readonly generations: Float64Array
  readonly values: Float64Array
}

/** Verdicts and raw scores of pods that are alike, by place of the node. */
export class LikePods {
  readonly #generations: Float64Array
  readonly #verdicts: (Verdict | undefined)[]
  readonly #scores = new Map<string, ScoresOfPlugin>()

  constructor(nodes: number) {
    this.#generations = new Float64Array(nodes)
    this.#verdicts = new Array<Verdict | undefined>(nodes).fill(undefined)
  }

  /** Asks the filters unless they were asked about this state of the node. */
  verdict(
    index: number,
    { nodes, generations }: Pick<ClusterView, 'nodes' | 'generations'>,
    judge: (node: NodeInfo) => Verdict | undefined,
  ): Verdict | undefined {
    if (this.#generations[index] === generations[index]) return this.#verdicts[index]
    const verdict = judge(nodes[index]!)
    this.#generations[index] = generations[index]!
    this.#verdicts[index] = verdict
    return verdict
  }

  /** The raw scores of nodes by one plugin. */
  scores(
    plugin: string,
    places: Int32Array,
    { nodes, generations }: Pick<ClusterView, 'nodes' | 'generations'>,
    score: (node: NodeInfo) => number,
  ): Float64Array {
    let known = this.#scores.get(plugin)
    if (known === undefined) {
      const { length } = this.#generations
      this.#scores.set(plugin, (known = { generations: new Float64Array(length), values: new Float64Array(length) }))
    }
    const found = new Float64Array(places.length)
    for (let at = 0; at < places.length; at++) {
      const index = places[at]!
      if (known.generations[index] !== generations[index]) {
        known.values[index] = score(nodes[index]!)
        known.generations[index] = generations[index]!
      }
      found[at] = known.values[index]!
    }
    return found
  }
}
