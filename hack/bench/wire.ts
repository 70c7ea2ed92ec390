// What requests cost over TLS, eight clients at a time, each on a connection of its own: CPU of the server per request,
// which is stable on a machine that does other things too, and requests per second, which is not.
import type { AnyObject } from '../../server/apimachinery/types.ts'
import { figure, type About, type Figure } from './figure.ts'
import { sentPod } from './pod.ts'
import { BenchServer, type Answer } from './server.ts'

const clients = 8
const warmUps = 60
const requests = 250

interface Operation extends About {
  /** One request of client `who`, the `turn`-th. */
  ask(server: BenchServer, who: number, turn: number): Promise<Answer>
}

const pods = '/api/v1/namespaces/default/pods'
const configMaps = '/api/v1/namespaces/default/configmaps'
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
const text = 'x'.repeat(1000)

const configMap = (name: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { app: 'bench' } },
  data: { text },
})

/** The last answer each client got for its own object: what an update changes. */
class Own {
  readonly #objects: AnyObject[] = []

  async of(server: BenchServer, who: number, path: string, create: () => AnyObject): Promise<AnyObject> {
    let object = this.#objects[who]
    if (object === undefined) {
      object = parsed(await server.ask('POST', path, create()))
      this.#objects[who] = object
    }
    return object
  }

  keep(who: number, answer: Answer): Answer {
    this.#objects[who] = parsed(answer)
    return answer
  }
}

function parsed({ status, body }: Answer): AnyObject {
  if (status >= 300) throw new Error(body)
  return JSON.parse(body) as AnyObject
}

function annotated(object: AnyObject, turn: number): AnyObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, annotations: { ...metadata?.annotations, turn: String(turn) } } }
}

function patchOf(
  name: string,
  contentType: string,
  about: Pick<About, 'what' | 'bar'>,
  patch: (turn: number) => unknown,
): Operation {
  const path = (who: number): string => `${pods}/patched-${who}`
  return {
    name,
    unit: 'µs',
    ...about,
    ask: (server, who, turn) => server.ask('PATCH', path(who), patch(turn), contentType),
  }
}

function operations(): Operation[] {
  const updated = new Own()
  const leased = new Own()
  const merge = (turn: number): object => ({ metadata: { annotations: { turn: String(turn) } } })
  const jsonPatch = (turn: number): object => [{ op: 'add', path: '/metadata/annotations/turn', value: String(turn) }]
  const ready = (turn: number): object => ({
    status: { conditions: [{ type: 'Ready', status: turn % 2 === 0 ? 'True' : 'False', reason: `Turn${turn}` }] },
  })
  return [
    {
      name: 'create-configmap',
      what: 'create a ConfigMap of 1 KiB',
      unit: 'µs',
      bar: 300,
      ask: (server, who, turn) => server.ask('POST', configMaps, configMap(`c-${who}-${turn}`)),
    },
    {
      name: 'create-pod',
      what: 'create a Pod',
      unit: 'µs',
      bar: 500,
      ask: (server, who, turn) => server.ask('POST', pods, sentPod(`p-${who}-${turn}`)),
    },
    {
      name: 'get-pod',
      what: 'get a Pod',
      unit: 'µs',
      bar: 90,
      ask: (server, who, turn) => server.ask('GET', `${pods}/p-${who}-${turn}`),
    },
    {
      name: 'update-pod',
      what: 'update a Pod, with its resourceVersion',
      unit: 'µs',
      bar: 450,
      async ask(server, who, turn) {
        const own = await updated.of(server, who, pods, () => sentPod(`updated-${who}`))
        return updated.keep(who, await server.ask('PUT', `${pods}/updated-${who}`, annotated(own, turn)))
      },
    },
    patchOf('json-patch-pod', 'application/json-patch+json', { what: 'JSON patch of a Pod' }, jsonPatch),
    patchOf('merge-patch-pod', 'application/merge-patch+json', { what: 'merge patch of a Pod' }, merge),
    patchOf(
      'strategic-patch-pod',
      'application/strategic-merge-patch+json',
      { what: 'strategic merge patch of a Pod' },
      merge,
    ),
    {
      name: 'status-patch-pod',
      what: "strategic merge patch of a Pod's status",
      unit: 'µs',
      bar: 600,
      ask: (server, who, turn) =>
        server.ask('PATCH', `${pods}/patched-${who}/status`, ready(turn), 'application/strategic-merge-patch+json'),
    },
    {
      name: 'apply-pod',
      what: 'server-side apply of a Pod',
      unit: 'µs',
      bar: 1200,
      ask: (server, who, turn) =>
        server.ask(
          'PATCH',
          `${pods}/applied-${who}?fieldManager=bench`,
          annotated(sentPod(`applied-${who}`), turn),
          'application/apply-patch+yaml',
        ),
    },
    {
      name: 'update-lease',
      what: 'update a Lease',
      unit: 'µs',
      bar: 250,
      async ask(server, who, turn) {
        const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: `l-${who}` }, spec: {} }
        const own = await leased.of(server, who, leases, () => lease)
        const renewTime = new Date(Date.UTC(2026, 0, 1) + turn * 1000).toISOString().replace('Z', '000Z')
        const next = { ...own, spec: { holderIdentity: `l-${who}`, leaseDurationSeconds: 40, renewTime } }
        return leased.keep(who, await server.ask('PUT', `${leases}/l-${who}`, next))
      },
    },
    {
      name: 'delete-pod',
      what: 'delete a Pod at once',
      unit: 'µs',
      bar: 350,
      ask: (server, who, turn) => server.ask('DELETE', `${pods}/p-${who}-${turn}?gracePeriodSeconds=0`),
    },
    {
      name: 'delete-configmap',
      what: 'delete a ConfigMap',
      unit: 'µs',
      ask: (server, who, turn) => server.ask('DELETE', `${configMaps}/c-${who}-${turn}`),
    },
  ]
}

async function turns(server: BenchServer, { name, ask }: Operation, from: number, count: number): Promise<void> {
  const client = async (who: number): Promise<void> => {
    for (let turn = from; turn < from + count; turn++) {
      const { status, body } = await ask(server, who, turn)
      if (status >= 300) throw new Error(`${name}: ${status} ${body}`)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, who) => client(who)))
}

export async function wireFigures(runs: number): Promise<Figure[]> {
  await using server = await BenchServer.start({
    flags: ['--bare', '--disable=controllers,scheduler,kubelet', '--disable-admission-plugins=ServiceAccount'],
    nodes: 0,
  })
  for (let who = 0; who < clients; who++) parsed(await server.ask('POST', pods, sentPod(`patched-${who}`)))
  const costs = new Map<string, number[]>()
  const rates = new Map<string, number[]>()
  const all = operations()
  const rounds = Math.min(runs, 4)
  for (let round = 0; round <= rounds; round++) {
    for (const operation of all) {
      const count = round === 0 ? warmUps : requests
      const from = round === 0 ? 0 : warmUps + (round - 1) * requests
      const cpuBefore = server.cpuMs()
      const startedAt = performance.now()
      await turns(server, operation, from, count)
      const seconds = (performance.now() - startedAt) / 1000
      const cpu = server.cpuMs() - cpuBefore
      if (round === 0) continue
      push(costs, operation.name, (cpu * 1000) / (count * clients))
      push(rates, operation.name, (count * clients) / seconds)
    }
  }
  const multiple = (name: string, what: string, bar: number): Figure => {
    const update = costs.get('update-pod')!
    return figure(
      { name: `${name}-multiple`, what: `${what}, of an update of the same Pod`, unit: '×', bar },
      costs.get(name)!.map((cost, at) => cost / update[at]!),
    )
  }
  return [
    ...all.map((operation) =>
      figure({ ...about(operation), what: `${operation.what}: CPU of the server` }, costs.get(operation.name)!),
    ),
    multiple('json-patch-pod', 'JSON patch', 2),
    multiple('merge-patch-pod', 'merge patch', 2),
    multiple('strategic-patch-pod', 'strategic merge patch', 2),
    multiple('apply-pod', 'server-side apply', 3),
    ...all.map(({ name, what }) =>
      figure({ name: `${name}-rate`, what: `${what}: rate`, unit: '/s' }, rates.get(name)!),
    ),
  ]
}

function about({ name, what, unit, bar }: Operation): About {
  return bar === undefined ? { name, what, unit } : { name, what, unit, bar }
}

function push(lists: Map<string, number[]>, name: string, value: number): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [value])
  else list.push(value)
}
