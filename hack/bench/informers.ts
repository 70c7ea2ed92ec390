// Informers of 10,000 pods, over HTTP/2 as client-go has them: one, and fifty at once. In sync means: all objects are
// there, and the watch that keeps them up to date is open.
import type { Bench, Group, Target } from './bench.ts'
import { figure, type Figure } from './figure.ts'
import type { InformerJob, Outcome } from './jobs.ts'
import { podsPath } from './operations.ts'
import { apiServerAlone } from './own-server.ts'
import { cleanUp, createPods, prepareNamespaces } from './population.ts'

const podCount = 10_000
const atOnce = 50
const rounds = 3
const protobuf = 'application/vnd.kubernetes.protobuf'

interface Kind extends Pick<InformerJob, 'mode' | 'accept' | 'gzip'> {
  readonly name: string
  readonly what: string
  /** Milliseconds of CPU for one. */
  readonly bar?: number
}

const kinds: readonly Kind[] = [
  { name: 'list', what: 'list and watch, protobuf', mode: 'list', accept: protobuf, gzip: false, bar: 100 },
  { name: 'list-gzip', what: 'list and watch, protobuf, gzip', mode: 'list', accept: protobuf, gzip: true },
  { name: 'list-json', what: 'list and watch, JSON', mode: 'list', accept: 'application/json', gzip: false },
  {
    name: 'stream',
    what: 'streaming list, protobuf',
    mode: 'stream',
    accept: `${protobuf};stream=watch`,
    gzip: false,
    bar: 100,
  },
  { name: 'stream-json', what: 'streaming list, JSON', mode: 'stream', accept: 'application/json', gzip: false },
]

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareNamespaces(target)
  const load = target.load()
  const objects = bench.scaled(podCount)
  await createPods(bench, load, 0, objects)
  const { items } = (await target.api.must('GET', podsPath)) as { items?: unknown[] }
  const resourceVersion = await target.api.revisionOf(podsPath)
  const run = async ({ mode, accept, gzip }: Kind, informers: number): Promise<Sync> => {
    const before = target.cost()?.cpuMs()
    const job = { kind: 'informers', collection: podsPath, resourceVersion, objects: items!.length } as const
    const outcome = await load.run({ ...job, informers, mode, accept, gzip })
    return { outcome, cpuMs: cpuSince(target, before) }
  }
  const figures: Figure[] = []
  for (const kind of kinds) {
    await run(kind, 1)
    bench.progress(`one informer: ${kind.what}`)
    const syncs: Sync[] = []
    for (let round = 0; round < rounds; round++) syncs.push(await run(kind, 1))
    const { outcome } = syncs.at(-1)!
    const limit = (await bench.limits.echo(0, outcome.bytes, 1, 3)).cpuMicroseconds / 1000
    const about = { name: `informer-${kind.name}`, what: `one informer, ${kind.what}: CPU`, unit: 'ms' } as const
    const costs = syncs.flatMap(({ cpuMs }) => cpuMs ?? [])
    const details = { 'in sync after ms': outcome.p99, MB: outcome.bytes / 1e6, 'client ms': outcome.cpuMs }
    if (costs.length > 0) figures.push({ ...figure({ ...about, limit, bar: kind.bar }, costs), details })
  }
  for (const kind of kinds.filter(({ name }) => name !== 'list-json' && name !== 'stream-json')) {
    bench.progress(`${atOnce} informers at once: ${kind.what}`)
    figures.push(...crowdFigures(kind, await run(kind, atOnce), target))
  }
  await cleanUp(target)
  return figures
}

interface Sync {
  readonly outcome: Outcome
  readonly cpuMs: number | undefined
}

function cpuSince({ cost }: Target, before: number | undefined): number | undefined {
  const after = cost()?.cpuMs()
  return before === undefined || after === undefined ? undefined : after - before
}

function crowdFigures({ name, what }: Kind, { outcome, cpuMs }: Sync, { cost }: Target): Figure[] {
  const peak = cost()?.peakMiB()
  const details = {
    MB: outcome.bytes / 1e6,
    'client s': outcome.cpuMs / 1000,
    ...(cpuMs !== undefined && { 'server ms each': cpuMs / atOnce }),
  }
  const time = {
    name: `informers-${name}`,
    what: `${atOnce} informers at once, ${what}: all in sync after`,
    unit: 's',
    bar: 30,
  } as const
  const memory = {
    name: `informers-${name}-memory`,
    what: `the same: most memory so far`,
    unit: 'MiB',
    bar: 1430,
  } as const
  return [{ ...figure(time, [outcome.seconds]), details }, ...(peak === undefined ? [] : [figure(memory, [peak])])]
}

export const informers: Group = {
  name: 'informers',
  what: 'informers of 10,000 pods, one and 50 at once: list and watch, streaming list; protobuf, JSON, gzip',
  run: measure,
}
