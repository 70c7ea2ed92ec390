// What lists and watches of 10,000 pods cost: CPU of the server per list, and per event delivered.
import { request } from 'node:https'
import { figure, type Figure, type Unit } from './figure.ts'
import { sentPod } from './pod.ts'
import { BenchServer } from './server.ts'

const podCount = 10_000
const creators = 16
const pods = '/api/v1/namespaces/default/pods'
const protobuf = 'application/vnd.kubernetes.protobuf'
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

interface List {
  readonly name: string
  readonly what: string
  readonly path: string
  readonly accept?: string
  /** Milliseconds of CPU. */
  readonly bar?: number
}

const lists: readonly List[] = [
  { name: 'list-json', what: 'list of 10,000 pods, JSON', path: '/api/v1/pods', bar: 150 },
  { name: 'list-protobuf', what: 'list of 10,000 pods, protobuf', path: '/api/v1/pods', accept: protobuf, bar: 120 },
  { name: 'page-json', what: 'first page of 500 pods, JSON', path: '/api/v1/pods?limit=500' },
  { name: 'page-protobuf', what: 'first page of 500 pods, protobuf', path: '/api/v1/pods?limit=500', accept: protobuf },
  { name: 'table', what: 'Table of 500 pods', path: '/api/v1/pods?limit=500', accept: table, bar: 8 },
  {
    name: 'by-node',
    what: '1 % of the pods by spec.nodeName',
    path: '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7',
    bar: 2,
  },
  { name: 'by-label', what: '1 % of the pods by label', path: '/api/v1/pods?labelSelector=bucket%3D7', bar: 4 },
]

async function createPods(server: BenchServer): Promise<void> {
  const creator = async (who: number): Promise<void> => {
    for (let at = who; at < podCount; at += creators) {
      const pod = sentPod(`pod-${at}`)
      pod.metadata!.labels = { ...pod.metadata!.labels, bucket: String(at % 100) }
      ;(pod['spec'] as Record<string, unknown>)['nodeName'] = `node-${at % 100}`
      const { status, body } = await server.ask('POST', pods, pod)
      if (status !== 201) throw new Error(body)
    }
  }
  await Promise.all(Array.from({ length: creators }, (_, who) => creator(who)))
}

/** CPU of the server for one list, over as many as are needed to see it. */
async function costOf(server: BenchServer, { path, accept = 'application/json', bar = 50 }: List): Promise<number> {
  const count = bar < 20 ? 50 : 5
  const before = server.cpuMs()
  for (let at = 0; at < count; at++) {
    const status = await server.drain(path, accept)
    if (status !== 200) throw new Error(`${path}: ${status}`)
  }
  return (server.cpuMs() - before) / count
}

interface FanOut {
  readonly perEvent: number
  readonly rate: number
}

/** Watches of one namespace, and writers that change pods in it as fast as they can. */
async function fanOut(server: BenchServer, watches: number, writes: number): Promise<FanOut> {
  let delivered = 0
  let done: () => void = () => {}
  const all = new Promise<void>((resolve) => (done = resolve))
  const expected = watches * writes
  const opened = await Promise.all(
    Array.from({ length: watches }, () =>
      openWatch(server, (events) => {
        delivered += events
        if (delivered >= expected) done()
      }),
    ),
  )
  const before = server.cpuMs()
  const startedAt = performance.now()
  const writers = 8
  await Promise.all(
    Array.from({ length: writers }, async (_, who) => {
      for (let turn = who; turn < writes; turn += writers) {
        const patch = { metadata: { annotations: { turn: `${watches}-${turn}` } } }
        const path = `/api/v1/namespaces/fan/pods/pod-${who}`
        const { status, body } = await server.ask('PATCH', path, patch, 'application/merge-patch+json')
        if (status !== 200) throw new Error(body)
      }
    }),
  )
  await all
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = server.cpuMs() - before
  for (const close of opened) close()
  return { perEvent: (cpu * 1000) / expected, rate: expected / seconds }
}

/** Resolves once the stream is open. Events are lines of their own. */
function openWatch(server: BenchServer, onEvents: (count: number) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const path = '/api/v1/namespaces/fan/pods?watch=true&resourceVersion='
    const outgoing = request(server.requestOptions('GET', `${path}${server.resourceVersion}`), (incoming) => {
      incoming.on('data', (chunk: Buffer) => {
        let lines = 0
        for (const byte of chunk) if (byte === 10) lines++
        if (lines > 0) onEvents(lines)
      })
      incoming.on('error', () => {})
      resolve(() => outgoing.destroy())
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

export async function readFigures(runs: number): Promise<Figure[]> {
  await using server = await BenchServer.start({
    flags: [
      '--bare',
      '--in-memory',
      '--disable=controllers,scheduler,kubelet',
      '--disable-admission-plugins=ServiceAccount',
    ],
    nodes: 0,
  })
  await createPods(server)
  const rounds = Math.min(runs, 3)
  const figures: Figure[] = []
  for (const list of lists) {
    await costOf(server, list)
    const costs: number[] = []
    for (let round = 0; round < rounds; round++) costs.push(await costOf(server, list))
    figures.push(figure(about(list.name, `${list.what}: CPU of the server`, 'ms', list.bar), costs))
  }
  const resident = server.residentMB()
  if (resident !== undefined)
    figures.push(figure(about('memory-10000', 'resident memory with 10,000 pods', 'MB', 315), [resident]))
  await server.ask('POST', '/api/v1/namespaces', { metadata: { name: 'fan' } })
  for (let at = 0; at < 8; at++) await server.ask('POST', '/api/v1/namespaces/fan/pods', sentPod(`pod-${at}`, 'fan'))
  for (const watches of [100, 500]) {
    await server.noteResourceVersion()
    const { perEvent, rate } = await fanOut(server, watches, watches === 100 ? 2000 : 800)
    const bar = watches === 500 ? 12 : undefined
    figures.push(
      figure(
        about(`fan-out-${watches}`, `event to ${watches} watches, the write included: CPU of the server`, 'µs', bar),
        [perEvent],
      ),
    )
    figures.push(figure(about(`fan-out-${watches}-rate`, `events to ${watches} watches: rate`, '/s'), [rate]))
  }
  return figures
}

function about(name: string, what: string, unit: Unit, bar?: number) {
  return bar === undefined ? { name, what, unit } : { name, what, unit, bar }
}
