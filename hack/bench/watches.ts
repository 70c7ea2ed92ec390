// What watches cost: events to many watchers while eight clients write as fast as they can, and watches that come back
// and have missed events.
import type { Bench, Group, Target } from './bench.ts'
import { figure, type Figure } from './figure.ts'
import type { Outcome, Protocol } from './jobs.ts'
import type { Load } from './load.ts'
import { watchedPath } from './operations.ts'
import { apiServerAlone } from './own-server.ts'
import { cleanUp, prepareWatched } from './population.ts'

const writers = 8
/** Of HTTP/2, shared by the watches: as many clients that watch many things each. */
const connections = 10
const rounds = 2
const missed = 500
const returning = 200

interface FanOut {
  readonly watches: number
  readonly protocol: Protocol
  readonly writes: number
  readonly bars?: { readonly cpu: number; readonly rate: number }
}

const fanOuts: readonly FanOut[] = [
  { watches: 100, protocol: 'http1', writes: 1000 },
  { watches: 100, protocol: 'http2', writes: 1000 },
  { watches: 500, protocol: 'http1', writes: 480, bars: { cpu: 12, rate: 80_000 } },
  { watches: 500, protocol: 'http2', writes: 480, bars: { cpu: 12, rate: 80_000 } },
]

const nameOf = { http1: 'HTTP/1.1', http2: 'HTTP/2' } as const

class Watches {
  readonly #target: Target
  readonly #watching: Load
  readonly #writing: Load
  #turn = 0

  constructor(target: Target) {
    this.#target = target
    this.#watching = target.load()
    this.#writing = target.load()
  }

  /** Changes of watched pods by all writers. */
  async write(count: number): Promise<Outcome> {
    const each = Math.ceil(count / writers)
    const from = this.#turn
    this.#turn += each
    return this.#writing.run({
      kind: 'requests',
      operation: 'stamp-pod',
      clients: writers,
      from,
      count: each,
      seconds: Infinity,
    })
  }

  /** @param writes a multiple of the number of writers */
  async fanOut(watches: number, protocol: Protocol, writes: number): Promise<Measured> {
    const path = await this.#pathFromNow()
    await this.#watching.run({ kind: 'watch', path, watches, protocol, connections, expected: watches * writes })
    return this.#delivered(() => this.write(writes))
  }

  /** All at once, from a revision that so many events have followed. */
  async comeBack(watches: number, protocol: Protocol, events: number): Promise<Measured> {
    const path = await this.#pathFromNow()
    await this.write(events)
    return this.#delivered(() =>
      this.#watching.run({ kind: 'watch', path, watches, protocol, connections, expected: watches * events }),
    )
  }

  async #pathFromNow(): Promise<string> {
    return `${watchedPath}?watch=true&resourceVersion=${await this.#target.api.revisionOf(watchedPath)}`
  }

  /** From the beginning of what is done until all events have arrived. */
  async #delivered(action: () => Promise<Outcome>): Promise<Measured> {
    const { cost } = this.#target
    const before = cost()?.cpuMs()
    const startedAt = performance.now()
    await action()
    const { count, bytes, p50, p99, cpuMs } = await this.#watching.run({ kind: 'delivered' })
    const seconds = (performance.now() - startedAt) / 1000
    const after = cost()?.cpuMs()
    return {
      seconds,
      perSecond: count / seconds,
      bytesEach: bytes / count,
      cpuMicroseconds: before === undefined || after === undefined ? undefined : ((after - before) * 1000) / count,
      p50,
      p99,
      clientMicroseconds: (cpuMs * 1000) / count,
    }
  }
}

interface Measured {
  readonly seconds: number
  readonly perSecond: number
  readonly bytesEach: number
  /** Of the server, per event, with everything else that it did. */
  readonly cpuMicroseconds: number | undefined
  /** From the moment when the writer sent it until the last watch has it. */
  readonly p50: number
  readonly p99: number
  readonly clientMicroseconds: number
}

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareWatched(target, writers)
  const watches = new Watches(target)
  bench.progress('warming up')
  await watches.write(bench.scaled(2000, 80))
  const figures: Figure[] = []
  for (const one of fanOuts) figures.push(...(await fanOutFigures(bench, watches, one)))
  figures.push(...(await reconnectFigures(bench, watches)))
  await cleanUp(target)
  return figures
}

async function fanOutFigures(bench: Bench, watches: Watches, one: FanOut): Promise<Figure[]> {
  const { watches: count, protocol, bars } = one
  const writes = Math.ceil(bench.scaled(one.writes, writers) / writers) * writers
  const what = `event to ${count} watches over ${nameOf[protocol]}, the writes included`
  const measured: Measured[] = []
  for (let round = 0; round <= rounds; round++) {
    bench.progress(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: ${what}`)
    const result = await watches.fanOut(
      count,
      protocol,
      round === 0 ? Math.ceil(writes / 4 / writers) * writers : writes,
    )
    if (round > 0) measured.push(result)
  }
  const last = measured.at(-1)!
  const limit = await bench.limits.fanOut(count, protocol, connections, Math.round(last.bytesEach), writes)
  const name = `fan-out-${count}-${protocol}`
  const costs = measured.flatMap(({ cpuMicroseconds }) => cpuMicroseconds ?? [])
  const cost = { name, what: `${what}: CPU`, unit: 'µs', limit: limit.cpuMicroseconds, bar: bars?.cpu } as const
  const rate = {
    name: `${name}-rate`,
    what: `${what}: rate`,
    unit: '/s',
    limit: limit.perSecond,
    bar: bars?.rate,
  } as const
  const details = {
    'lag p50 ms': last.p50,
    'lag p99 ms': last.p99,
    'client µs': last.clientMicroseconds,
    'bytes each': last.bytesEach,
  }
  return [
    ...(costs.length === 0 ? [] : [figure(cost, costs)]),
    {
      ...figure(
        rate,
        measured.map(({ perSecond }) => perSecond),
      ),
      details,
    },
  ]
}

async function reconnectFigures(bench: Bench, watches: Watches): Promise<Figure[]> {
  const figures: Figure[] = []
  const events = Math.ceil(bench.scaled(missed, writers) / writers) * writers
  for (const protocol of ['http1', 'http2'] as const) {
    const what = `${returning} watches come back over ${nameOf[protocol]}, each has missed ${events} events`
    const measured: Measured[] = []
    for (let round = 0; round < rounds; round++) {
      bench.progress(what)
      measured.push(await watches.comeBack(returning, protocol, events))
    }
    const { bytesEach, clientMicroseconds } = measured.at(-1)!
    const limit = await bench.limits.fanOut(returning, protocol, connections, Math.round(bytesEach), events)
    const costs = measured.flatMap(({ cpuMicroseconds }) => cpuMicroseconds ?? [])
    const name = `reconnect-${protocol}`
    const time = {
      name,
      what: `${what}: time`,
      unit: 's',
      bar: 3,
      limit: (returning * events) / limit.perSecond,
    } as const
    const cost = {
      name: `${name}-cpu`,
      what: `${what}: CPU per event`,
      unit: 'µs',
      limit: limit.cpuMicroseconds,
    } as const
    figures.push({
      ...figure(
        time,
        measured.map(({ seconds }) => seconds),
      ),
      details: { 'client µs': clientMicroseconds },
    })
    if (costs.length > 0) figures.push(figure(cost, costs))
  }
  return figures
}

export const watches: Group = {
  name: 'watches',
  what: 'events to 100 and 500 watches over HTTP/1.1 and HTTP/2, and 200 watches that come back with missed events',
  run: measure,
}
