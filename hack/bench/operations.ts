// The requests that are measured one by one: what each sends. Bodies are put together from text, so that they cost the
// load's process next to nothing.
import type { Connection, Response } from './connection.ts'
import { sentAt, wallClock } from './deliveries.ts'
import { sentPod } from './pod.ts'

export interface Operation {
  readonly name: string
  readonly what: string
  /** One request of client `who`, its `turn`-th; turns start at 0 and go on from one measurement to the next. */
  ask(connection: Connection, who: number, turn: number): Promise<Response>
}

export const namespace = 'kubeling-bench'
export const podsPath = `/api/v1/namespaces/${namespace}/pods`
export const configMapsPath = `/api/v1/namespaces/${namespace}/configmaps`
export const leasesPath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`

const json = 'Content-Type: application/json\r\n'
/** What is watched while it changes. */
export const watchedNamespace = 'kubeling-bench-watched'
export const watchedPath = `/api/v1/namespaces/${watchedNamespace}/pods`
const jsonPatch = 'Content-Type: application/json-patch+json\r\n'
const mergePatch = 'Content-Type: application/merge-patch+json\r\n'
const strategicPatch = 'Content-Type: application/strategic-merge-patch+json\r\n'
const applyPatch = 'Content-Type: application/apply-patch+yaml\r\n'

/** Where a body differs from request to request. */
const mark = '\u0000'

/** A body with a mark in one place becomes a function of what stands there. */
function template(object: object): (text: string) => string {
  const parts = JSON.stringify(object).split(JSON.stringify(mark).slice(1, -1))
  return (text) => parts.join(text)
}

const podNamed = template(sentPod(mark, namespace))
/** Clients that create many pods: client `who` makes those whose number has this rest. */
export const creators = 16
/** One pod in so many is on a given node, and has a given label. */
const oneIn = 100
const bucketPods = Array.from({ length: oneIn }, (_, bucket) => {
  const pod = sentPod(mark, namespace)
  const labels = { ...pod.metadata?.labels, bucket: String(bucket) }
  const spec = { ...(pod['spec'] as object), nodeName: `bench-node-${bucket}` }
  return template({ ...pod, metadata: { ...pod.metadata, labels }, spec })
})
const smallPod = template({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: mark, namespace, labels: { app: 'small' } },
  spec: { containers: [{ name: 'main', image: 'nginx:1.29', resources: { requests: { cpu: '1m', memory: '1Mi' } } }] },
})
const bucketPod = (at: number): string => bucketPods[at % oneIn]!(`pod-${at}`)
const configMapNamed = template({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: mark, namespace, labels: { app: 'bench' } },
  data: { text: 'x'.repeat(1000) },
})
const turnMerge = template({ metadata: { annotations: { turn: mark } } })
const stamp = template({ metadata: { annotations: { [sentAt]: mark } } })
const turnJsonPatch = template([{ op: 'add', path: '/metadata/annotations/turn', value: mark }])
const condition = template({ status: { conditions: [{ type: 'Ready', status: 'True', reason: `Turn${mark}` }] } })
const leaseSpec = (who: number, turn: number): object => ({
  holderIdentity: `lease-${who}`,
  leaseDurationSeconds: 40,
  renewTime: `${new Date(Date.UTC(2026, 0, 1) + turn * 1000).toISOString().slice(0, -1)}000Z`,
})

/** Pods that are there before anything is measured, one for each client. */
export const ownPod = (who: number): string => `own-${who}`

/** Bodies of a client's own objects as the server last answered them, for updates that carry the resourceVersion. */
class LastAnswers {
  readonly #bodies: string[] = []

  async of(connection: Connection, who: number, path: string): Promise<string> {
    return (this.#bodies[who] ??= (await connection.ask('GET', path, '', '', true)).body.toString())
  }

  async replace(connection: Connection, who: number, path: string, body: string): Promise<Response> {
    const response = await connection.ask('PUT', path, json, body, true)
    this.#bodies[who] = response.body.toString()
    return response
  }
}

const updatedPods = new LastAnswers()
const updatedLeases = new LastAnswers()

function patchOf(
  name: string,
  what: string,
  headers: string,
  body: (turn: number) => string,
  query = '',
  subresource = '',
): Operation {
  const path = (who: number): string => `${podsPath}/${ownPod(who)}${subresource}${query}`
  return { name, what, ask: (connection, who, turn) => connection.ask('PATCH', path(who), headers, body(turn)) }
}

export const operations: readonly Operation[] = [
  {
    name: 'create-configmap',
    what: 'create a ConfigMap of 1 KiB',
    ask: (connection, who, turn) => connection.ask('POST', configMapsPath, json, configMapNamed(`c-${who}-${turn}`)),
  },
  {
    name: 'create-pod',
    what: 'create a Pod',
    ask: (connection, who, turn) => connection.ask('POST', podsPath, json, podNamed(`p-${who}-${turn}`)),
  },
  {
    name: 'get-pod',
    what: 'get a Pod',
    ask: (connection, who, turn) => connection.ask('GET', `${podsPath}/${ownPod((who + turn) % 8)}`),
  },
  {
    name: 'update-pod',
    what: 'update a Pod, with its resourceVersion',
    async ask(connection, who, turn) {
      const path = `${podsPath}/updated-${who}`
      const last = await updatedPods.of(connection, who, path)
      return updatedPods.replace(connection, who, path, last.replace(/"turn":"\d+"/, `"turn":"${turn}"`))
    },
  },
  patchOf('json-patch-pod', 'JSON patch of a Pod', jsonPatch, (turn) => turnJsonPatch(String(turn))),
  patchOf('merge-patch-pod', 'merge patch of a Pod', mergePatch, (turn) => turnMerge(`m${turn}`)),
  patchOf('strategic-patch-pod', 'strategic merge patch of a Pod', strategicPatch, (turn) => turnMerge(`s${turn}`)),
  patchOf(
    'status-patch-pod',
    "strategic merge patch of a Pod's status",
    strategicPatch,
    (turn) => condition(String(turn)),
    '',
    '/status',
  ),
  {
    name: 'apply-pod',
    what: 'server-side apply of a Pod',
    ask: (connection, who, turn) =>
      connection.ask('PATCH', `${podsPath}/applied-${who}?fieldManager=bench`, applyPatch, appliedPod(who, turn)),
  },
  {
    name: 'update-lease',
    what: 'update a Lease',
    async ask(connection, who, turn) {
      const path = `${leasesPath}/lease-${who}`
      const last = await updatedLeases.of(connection, who, path)
      const next = last.replace(/"spec":\{[^}]*\}/, `"spec":${JSON.stringify(leaseSpec(who, turn))}`)
      return updatedLeases.replace(connection, who, path, next)
    },
  },
  {
    name: 'create-bucket-pod',
    what: 'create one of many Pods, on one of a hundred nodes',
    ask: (connection, who, turn) => connection.ask('POST', podsPath, json, bucketPod(turn * creators + who)),
  },
  {
    name: 'create-small-pod',
    what: 'create a Pod that waits for a node',
    ask: (connection, who, turn) => connection.ask('POST', podsPath, json, smallPod(`small-${who}-${turn}`)),
  },
  {
    name: 'stamp-pod',
    what: 'merge patch of a Pod that is watched',
    ask: (connection, who) =>
      connection.ask('PATCH', `${watchedPath}/${ownPod(who)}`, mergePatch, stamp(wallClock().toFixed(6))),
  },
  {
    name: 'delete-pod',
    what: 'delete a Pod at once',
    ask: (connection, who, turn) => connection.ask('DELETE', `${podsPath}/p-${who}-${turn}?gracePeriodSeconds=0`),
  },
  {
    name: 'delete-configmap',
    what: 'delete a ConfigMap',
    ask: (connection, who, turn) => connection.ask('DELETE', `${configMapsPath}/c-${who}-${turn}`),
  },
]

const appliedPods: ((turn: string) => string)[] = []

function appliedPod(who: number, turn: number): string {
  const body = (appliedPods[who] ??= template(withTurn(sentPod(`applied-${who}`, namespace), mark)))
  return body(`a${turn}`)
}

function withTurn(pod: ReturnType<typeof sentPod>, turn: string): object {
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, turn } } }
}

/** What must be there: path of the collection and object. */
export function prerequisites(clients: number): { readonly path: string; readonly object: object }[] {
  return Array.from({ length: clients }, (_, who) => [
    { path: podsPath, object: sentPod(ownPod(who), namespace) },
    { path: podsPath, object: withTurn(sentPod(`updated-${who}`, namespace), '0') },
    {
      path: leasesPath,
      object: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: `lease-${who}`, namespace },
        spec: leaseSpec(who, 0),
      },
    },
  ]).flat()
}
