// All filters of a profile, prepared for one pod: which nodes may be asked about, and what becomes of each.
// Source: pkg/scheduler/framework/runtime, RunPreFilterPlugins and RunFilterPluginsWithNominatedPods (v1.36)
import type {
  ClusterView,
  NodeFilter,
  NodeInfo,
  PodInfo,
  Preparation,
  Profile,
  Rejection,
  Reservation,
  ReserveContext,
  Search,
  Verdict,
} from './framework.ts'
import type { LikePods } from './likeness.ts'

export class PodFilters implements Search {
  readonly verdicts = new Map<string, Verdict>()
  /** Why no node will do, whichever it is. */
  readonly rejection: Verdict | undefined
  /** Nodes that may be asked about; nothing for all. */
  readonly only: ReadonlySet<string> | undefined
  /** Plugins that left nodes out. */
  readonly restrictedBy: ReadonlySet<string>
  readonly #pod: PodInfo
  readonly #cluster: ClusterView
  /** Those that look at the node alone, and come before all others. */
  readonly #local: { name: string; filter: NodeFilter }[] = []
  readonly #filters: { name: string; filter: NodeFilter }[] = []
  readonly #like: LikePods
  readonly #updates: NonNullable<Preparation['update']>[] = []
  readonly #reserves: NonNullable<Preparation['reserve']>[] = []

  /** @throws Error, naming the plugin, if the pod makes no sense */
  constructor(profile: Profile, cluster: ClusterView, pod: PodInfo, like: LikePods) {
    this.#pod = pod
    this.#cluster = cluster
    this.#like = like
    const restrictedBy = new Set<string>()
    this.restrictedBy = restrictedBy
    for (const { name, prepare, isLocal } of profile.filters) {
      const preparation = named(name, () => prepare(pod, cluster))
      if (preparation === undefined) continue
      const { rejection, only, filter, update, reserve } = preparation
      if (rejection !== undefined) {
        // What eviction might help against does not keep the others from having their say.
        this.rejection = { plugin: name, ...rejection }
        if (!rejection.resolvable) return
        continue
      }
      if (only !== undefined) {
        restrictedBy.add(name)
        this.only = this.only?.intersection(only) ?? only
        if (this.only.size === 0) {
          this.rejection = { plugin: name, resolvable: false, reasons: [nothingLeft([...restrictedBy].sort())] }
          return
        }
      }
      if (filter !== undefined) {
        if (isLocal === true && this.#filters.length === 0) this.#local.push({ name, filter })
        else this.#filters.push({ name, filter })
      }
      if (update !== undefined) this.#updates.push(update)
      if (reserve !== undefined) this.#reserves.push(reserve)
    }
  }

  /** The node at a place of the cluster's list; also with the pods in mind for which room is being made there. */
  judgeAt(index: number): Verdict | undefined {
    const cluster = this.#cluster
    if (cluster.nominations.size > 0) {
      const verdict = this.#judgeWithExpected(cluster.nodes[index]!)
      if (verdict !== undefined) return verdict
    }
    const verdict = this.#like.verdict(index, cluster, this.#askLocal)
    if (verdict !== undefined || this.#filters.length === 0) return verdict
    return firstOf(this.#filters, cluster.nodes[index]!)
  }

  /** Asks all about a node that need not be there. */
  fits(node: NodeInfo): Rejection | undefined {
    return this.#judgeWithExpected(node) ?? this.#firstRejection(node)
  }

  /** With the pods in mind for which room is being made there, if they are as important. */
  #judgeWithExpected(node: NodeInfo): Verdict | undefined {
    const expected: PodInfo[] = []
    for (const other of this.#cluster.nominations.podsOn(node.node.metadata.name)) {
      if (other.priority >= this.#pod.priority && other.pod.metadata.uid !== this.#pod.pod.metadata.uid)
        expected.push(other)
    }
    if (expected.length === 0) return undefined
    const then = node.copy()
    for (const other of expected) {
      then.addPod(other)
      this.update(other, then, 1)
    }
    const verdict = this.#firstRejection(then)
    for (const other of expected) this.update(other, then, -1)
    return verdict
  }

  update(pod: PodInfo, node: NodeInfo, factor: 1 | -1): void {
    for (const update of this.#updates) update(pod, node, factor)
  }

  readonly reserve = (nodeName: string, context: ReserveContext): readonly Reservation[] =>
    this.#reserves.flatMap((reserve) => reserve(nodeName, context) ?? [])

  #firstRejection(node: NodeInfo): Verdict | undefined {
    return this.#askLocal(node) ?? firstOf(this.#filters, node)
  }

  readonly #askLocal = (node: NodeInfo): Verdict | undefined => firstOf(this.#local, node)
}

function firstOf(filters: readonly { name: string; filter: NodeFilter }[], node: NodeInfo): Verdict | undefined {
  for (const { name, filter } of filters) {
    const rejection = filter(node)
    if (rejection !== undefined) return { plugin: name, ...rejection }
  }
  return undefined
}

function nothingLeft(plugins: readonly string[]): string {
  return plugins.length === 1
    ? `node(s) didn't satisfy plugin ${plugins[0]}`
    : `node(s) didn't satisfy plugin(s) [${plugins.join(' ')}] simultaneously`
}

function named<T>(plugin: string, prepare: () => T): T {
  try {
    return prepare()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`running PreFilter plugin "${plugin}": ${reason}`, { cause: error })
  }
}
