// Extenders: services that are asked by HTTP which nodes a pod may go to, how good they are, who must go, and to bind.
// Source: pkg/scheduler, HTTPExtender; k8s.io/kube-scheduler extender/v1 (v1.36)
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import { parseDuration } from '../apimachinery/go-duration.ts'
import type { ExtenderConfiguration } from './config/types.ts'
import type { NodeInfo, PodInfo, PodObject } from './framework.ts'

const DEFAULT_TIMEOUT_MS = 5000
const MAX_EXTENDER_SCORE = 10
const MAX_NODE_SCORE = 100

export interface ExtenderVerdict {
  readonly feasible: readonly NodeInfo[]
  /** Why the others are not, by name. */
  readonly failed: ReadonlyMap<string, string>
  /** Of these, evicting pods would not help. */
  readonly unresolvable: ReadonlyMap<string, string>
}

/** Who would have to leave a node. */
export interface Victims {
  readonly victims: readonly PodInfo[]
  readonly violations: number
}

export class Extender {
  readonly #configuration: ExtenderConfiguration
  readonly #managed: ReadonlySet<string>
  readonly #options: RequestOptions

  /** @throws Error if a file of the TLS settings cannot be read */
  constructor(configuration: ExtenderConfiguration) {
    this.#configuration = configuration
    this.#managed = new Set(configuration.managedResources?.map(({ name }) => name))
    const timeout = parseDuration(configuration.httpTimeout ?? '0s')
    this.#options = { method: 'POST', timeout: timeout === 0 ? DEFAULT_TIMEOUT_MS : timeout, ...tlsOf(configuration) }
  }

  get isIgnorable(): boolean {
    return this.#configuration.ignorable === true
  }

  get isBinder(): boolean {
    return this.#configuration.bindVerb !== undefined && this.#configuration.bindVerb !== ''
  }

  get supportsPreemption(): boolean {
    return this.#configuration.preemptVerb !== undefined && this.#configuration.preemptVerb !== ''
  }

  /** Whether it keeps count of something the pod asks for; of everything, if it says nothing. */
  isInterested({ spec }: PodObject): boolean {
    if (this.#managed.size === 0) return true
    return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ resources }) =>
      [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some((name) =>
        this.#managed.has(name),
      ),
    )
  }

  /** @throws Error if it does not answer, or says what makes no sense */
  async filter(pod: PodObject, nodes: readonly NodeInfo[]): Promise<ExtenderVerdict> {
    const { filterVerb = '', urlPrefix, nodeCacheCapable } = this.#configuration
    if (filterVerb === '') return { feasible: nodes, failed: new Map(), unresolvable: new Map() }
    const answer = membersOf(await this.#send(filterVerb, this.#question(pod, nodes)))
    if (typeof answer['error'] === 'string' && answer['error'] !== '') throw new Error(answer['error'])
    const names = nodeCacheCapable === true ? (answer['nodenames'] as string[] | undefined) : undefined
    const objects = membersOf(answer['nodes'])['items'] as readonly { metadata: { name: string } }[] | undefined
    const byName = new Map(nodes.map((info) => [info.node.metadata.name, info]))
    const feasible = (names ?? objects?.map(({ metadata }) => metadata.name) ?? []).map((name) => {
      const info = byName.get(name)
      if (info !== undefined) return info
      throw new Error(
        `extender "${urlPrefix}" claims a filtered node "${name}" which is not found in the input node list`,
      )
    })
    const messages = (value: unknown): Map<string, string> =>
      new Map(Object.entries((value ?? {}) as Readonly<Record<string, string>>))
    return {
      feasible,
      failed: messages(answer['failednodes']),
      unresolvable: messages(answer['failedandunresolvablenodes']),
    }
  }

  /** Points to be added, by name of the node, on the scale of all plugins together; none if it does not answer. */
  async prioritize(pod: PodObject, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>> {
    const { prioritizeVerb = '', weight = 0 } = this.#configuration
    const points = new Map<string, number>()
    if (prioritizeVerb === '') return points
    try {
      const answer = (await this.#send(prioritizeVerb, this.#question(pod, nodes))) as readonly unknown[] | null
      for (const entry of answer ?? []) {
        const { host, score } = membersOf(entry) as { host?: string; score?: number }
        if (host === undefined) continue
        points.set(host, (score ?? 0) * weight * (MAX_NODE_SCORE / MAX_EXTENDER_SCORE))
      }
    } catch {
      // The plugins' scores, and those of other extenders, decide without it.
      points.clear()
    }
    return points
  }

  /**
   * Those of the candidates that it agrees to, by name of the node, perhaps with other victims.
   * @throws Error if it does not answer, or names pods that are not there
   */
  async preempt(
    pod: PodObject,
    candidates: ReadonlyMap<string, Victims>,
    nodeOf: (name: string) => NodeInfo | undefined,
  ): Promise<Map<string, Victims>> {
    const { preemptVerb = '', nodeCacheCapable, urlPrefix } = this.#configuration
    const entries = [...candidates].map(([name, { victims, violations }]) => {
      const Pods = victims.map(({ pod: victim }) => (nodeCacheCapable === true ? { UID: victim.metadata.uid } : victim))
      return [name, { Pods, NumPDBViolations: violations }] as const
    })
    const which = nodeCacheCapable === true ? 'NodeNameToMetaVictims' : 'NodeNameToVictims'
    const question = {
      Pod: pod,
      NodeNameToVictims: null,
      NodeNameToMetaVictims: null,
      [which]: Object.fromEntries(entries),
    }
    const answer = membersOf(await this.#send(preemptVerb, question))
    const agreed = new Map<string, Victims>()
    for (const [name, value] of Object.entries((answer['nodenametometavictims'] ?? {}) as object)) {
      const node = nodeOf(name)
      if (node === undefined) throw new Error(`nodeinfo not found for node name "${name}"`)
      const { pods = [], numpdbviolations = 0 } = membersOf(value) as { pods?: unknown[]; numpdbviolations?: number }
      const victims = pods.map((entry) => {
        const { uid } = membersOf(entry)
        const found = [...node.pods()].find(({ pod: other }) => other.metadata.uid === uid)
        if (found !== undefined) return found
        const claim = `extender: ${urlPrefix} claims to preempt pod (UID: &{${String(uid)}}) on node: ${name}`
        throw new Error(`${claim}, but the pod is not found on that node`)
      })
      agreed.set(name, { victims, violations: numpdbviolations })
    }
    return agreed
  }

  /** @throws Error if it cannot */
  async bind({ metadata }: PodObject, node: string): Promise<void> {
    const { bindVerb = '' } = this.#configuration
    const { name, namespace, uid } = metadata
    const question = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }
    const { error } = membersOf(await this.#send(bindVerb, question))
    if (typeof error === 'string' && error !== '') throw new Error(error)
  }

  #question(pod: PodObject, nodes: readonly NodeInfo[]): unknown {
    if (this.#configuration.nodeCacheCapable === true) {
      return { Pod: pod, Nodes: null, NodeNames: nodes.map(({ node }) => node.metadata.name) }
    }
    return { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
  }

  async #send(verb: string, question: unknown): Promise<unknown> {
    const { urlPrefix } = this.#configuration
    const url = new URL(`${urlPrefix.replace(/\/+$/, '')}/${verb}`)
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const body = JSON.stringify(question)
    const [code, answer] = await new Promise<[number, string]>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
      const sent = request(url, { ...this.#options, headers }, (response) => {
        text(response).then((read) => resolve([response.statusCode ?? 0, read]), reject)
      })
      const given = `Post "${url.href}"`
      sent.on('timeout', () => sent.destroy(new Error(`context deadline exceeded`)))
      sent.on('error', (error) => reject(new Error(`${given}: ${error.message}`, { cause: error })))
      sent.end(body)
    })
    if (code !== 200) throw new Error(`failed ${verb} with extender at URL ${urlPrefix}, code ${code}`)
    return JSON.parse(answer)
  }
}

/** Go reads names of members whatever their case. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries((value ?? {}) as object).map(([name, member]) => [name.toLowerCase(), member]),
  )
}

function tlsOf({ tlsConfig, enableHTTPS }: ExtenderConfiguration): RequestOptions {
  const read = (data: string | undefined, file: string | undefined): Buffer | undefined => {
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64')
    return file === undefined || file === '' ? undefined : readFileSync(file)
  }
  const ca = read(tlsConfig?.caData, tlsConfig?.caFile)
  const cert = read(tlsConfig?.certData, tlsConfig?.certFile)
  const key = read(tlsConfig?.keyData, tlsConfig?.keyFile)
  const trusts = tlsConfig?.insecure === true || (enableHTTPS === true && ca === undefined)
  return {
    ...(trusts ? { rejectUnauthorized: false } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tlsConfig?.serverName === undefined ? {} : { servername: tlsConfig.serverName }),
  }
}
