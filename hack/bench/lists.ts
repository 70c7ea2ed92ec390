// What lists of 10,000 pods cost: CPU of the server for each, one client that reads to the end.
import type { Bench, Group, Target } from './bench.ts'
import { figure, median, type Figure } from './figure.ts'
import type { Load } from './load.ts'
import { apiServerAlone } from './own-server.ts'
import { podsPath } from './operations.ts'
import { cleanUp, createPods, prepareNamespaces } from './population.ts'

const podCount = 10_000
const rounds = 3
const protobuf = 'application/vnd.kubernetes.protobuf'
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const metadataOnly = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

interface List {
  readonly name: string
  readonly what: string
  readonly query?: string
  readonly accept?: string
  readonly gzip?: boolean
  /** Milliseconds of CPU. */
  readonly bar?: number
  /** Lists in one round; more where one is too short to be seen. */
  readonly count: number
}

const all: readonly List[] = [
  { name: 'list-json', what: 'all, JSON', bar: 150, count: 4 },
  { name: 'list-json-gzip', what: 'all, JSON, gzip', gzip: true, count: 4 },
  { name: 'list-json-cached', what: 'all, JSON, resourceVersion=0', query: '?resourceVersion=0', count: 4 },
  { name: 'list-protobuf', what: 'all, protobuf', accept: protobuf, bar: 120, count: 4 },
  { name: 'list-protobuf-gzip', what: 'all, protobuf, gzip', accept: protobuf, gzip: true, count: 4 },
  { name: 'list-table', what: 'all as Table', accept: table, count: 4 },
  { name: 'list-metadata', what: 'all, metadata only', accept: metadataOnly, count: 4 },
  { name: 'page-json', what: 'a page of 500, JSON', query: '?limit=500', count: 25 },
  { name: 'page-protobuf', what: 'a page of 500, protobuf', query: '?limit=500', accept: protobuf, count: 25 },
  { name: 'page-gzip', what: 'a page of 500, JSON, gzip', query: '?limit=500', gzip: true, count: 25 },
  {
    name: 'page-table',
    what: 'a page of 500 as Table (kubectl get)',
    query: '?limit=500',
    accept: table,
    bar: 8,
    count: 25,
  },
  {
    name: 'by-node',
    what: '1 % by spec.nodeName',
    query: '?fieldSelector=spec.nodeName%3Dbench-node-7',
    bar: 2,
    count: 100,
  },
  { name: 'by-label', what: '1 % by label', query: '?labelSelector=bucket%3D7', bar: 4, count: 100 },
]

interface Samples {
  readonly cpu: number[]
  readonly took: number[]
  bytes: number
}

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareNamespaces(target)
  const load = target.load()
  const count = bench.scaled(podCount)
  const objects = count.toLocaleString('en-US')
  await createPods(bench, load, 0, count)
  const samples = all.map((): Samples => ({ cpu: [], took: [], bytes: 0 }))
  const paged: Samples = { cpu: [], took: [], bytes: 0 }
  for (let round = 0; round <= rounds; round++) {
    for (const [at, list] of all.entries()) {
      bench.progress(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: ${list.what}`)
      await one(target, load, list, round === 0 ? undefined : samples[at]!)
    }
    bench.progress('all in pages of 500')
    await pageThrough(target, round === 0 ? undefined : paged)
  }
  await cleanUp(target)
  const figures: Figure[] = []
  for (const [at, { name, what, bar }] of all.entries()) {
    const { cpu, took, bytes } = samples[at]!
    const limit = (await bench.limits.echo(0, Math.round(bytes), 1, bytes > 1e7 ? 3 : 20)).cpuMicroseconds / 1000
    const details = { 'p50 ms': median(took), 'MB on the wire': bytes / 1e6 }
    if (cpu.length > 0)
      figures.push({
        ...figure({ name, what: `list of ${objects} pods, ${what}: CPU`, unit: 'ms', bar, limit }, cpu),
        details,
      })
    else
      figures.push({
        ...figure({ name: `${name}-time`, what: `list of ${objects} pods, ${what}: time`, unit: 'ms' }, took),
        details,
      })
  }
  const about = {
    name: 'list-paged',
    what: `list of ${objects} pods, all in pages of 500, JSON: CPU`,
    unit: 'ms',
  } as const
  const details = { 'p50 ms': median(paged.took), MB: paged.bytes / 1e6 }
  if (paged.cpu.length > 0) figures.push({ ...figure(about, paged.cpu), details })
  return figures
}

/** From the first page to the last, as kubectl and client-go do it. */
async function pageThrough({ api, cost }: Target, samples: Samples | undefined): Promise<void> {
  const before = cost()?.cpuMs()
  const startedAt = performance.now()
  let bytes = 0
  let token = ''
  do {
    const { status, body } = await api.ask('GET', `${podsPath}?limit=500&continue=${token}`)
    if (status !== 200) throw new Error(`page: ${status} ${body}`)
    bytes += body.length
    token = /"continue":\s*"([^"]+)"/.exec(body.slice(0, 1000))?.[1] ?? ''
  } while (token !== '')
  const after = cost()?.cpuMs()
  if (samples === undefined) return
  if (before !== undefined && after !== undefined) samples.cpu.push(after - before)
  samples.took.push(performance.now() - startedAt)
  samples.bytes = bytes
}

async function one(target: Target, load: Load, list: List, samples: Samples | undefined): Promise<void> {
  const { query = '', accept = 'application/json', gzip = false, count } = list
  const headers = { accept, ...(gzip && { 'accept-encoding': 'gzip' }) }
  const before = target.cost()?.cpuMs()
  const outcome = await load.run({ kind: 'gets', path: `${podsPath}${query}`, headers, count })
  const after = target.cost()?.cpuMs()
  if (samples === undefined) return
  if (before !== undefined && after !== undefined) samples.cpu.push((after - before) / count)
  samples.took.push(outcome.p50)
  samples.bytes = outcome.bytes / count
}

export const lists: Group = {
  name: 'lists',
  what: 'lists of 10,000 pods: whole, pages, by node, by label, Table, metadata; JSON and protobuf; gzip',
  run: measure,
}
