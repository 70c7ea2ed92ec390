// What single requests cost over TLS, eight clients at a time, each on a connection of its own: CPU of the server per
// request, requests per second, and how long one takes.
import type { Bench, Group, Target } from './bench.ts'
import { figure, median, type Figure } from './figure.ts'
import type { Cost } from './limits.ts'
import type { Load } from './load.ts'
import { operations, type Operation } from './operations.ts'
import { cleanUp, prepareObjects } from './population.ts'
import { apiServerAlone } from './own-server.ts'

const clients = 8
/** Requests of each kind before anything counts: V8 has compiled what they need by then. */
const warmUps = 2000
const rounds = 3

interface Bars {
  /** Microseconds of CPU. */
  readonly cpu?: number
  /** Per second. */
  readonly rate?: number
}

/** In the order in which they run; deletions find what the creations of their round left. */
const measured: Readonly<Record<string, Bars>> = {
  'create-configmap': { cpu: 300, rate: 2500 },
  'create-pod': { cpu: 500, rate: 1500 },
  'get-pod': { cpu: 90, rate: 6000 },
  'update-pod': { cpu: 450, rate: 1500 },
  'json-patch-pod': {},
  'merge-patch-pod': {},
  'strategic-patch-pod': {},
  'status-patch-pod': { cpu: 600, rate: 1200 },
  'apply-pod': { cpu: 1200, rate: 700 },
  'update-lease': { cpu: 250 },
  'delete-pod': { cpu: 350, rate: 1500 },
  'delete-configmap': {},
}

/** Of what the operation sends and gets, in bytes: what a bare server is asked for to compare. */
const sizes: Readonly<Record<string, readonly [sent: number, received: number]>> = {
  'create-configmap': [1150, 1600],
  'create-pod': [2300, 5400],
  'get-pod': [0, 5400],
  'update-pod': [5400, 5400],
  'json-patch-pod': [80, 5400],
  'merge-patch-pod': [60, 5400],
  'strategic-patch-pod': [60, 5400],
  'status-patch-pod': [90, 5700],
  'apply-pod': [2300, 5400],
  'update-lease': [700, 700],
  'delete-pod': [0, 5400],
  'delete-configmap': [0, 250],
}

interface Samples {
  readonly cpu: number[]
  readonly rate: number[]
  readonly p50: number[]
  readonly p99: number[]
  readonly clientCPU: number[]
}

/** Turns that an operation has behind it: all clients those below `done`, none those from `next` on. */
interface Turns {
  readonly from: number
  readonly done: number
  readonly next: number
}

class Rounds {
  readonly #bench: Bench
  readonly #target: Target
  readonly #load: Load
  readonly #turns = new Map<string, Turns>()

  constructor(bench: Bench, target: Target) {
    this.#bench = bench
    this.#target = target
    this.#load = target.load()
  }

  /** Measures for so long, or until so many turns; a deletion ends with what the creation before it has left. */
  async run({ name }: Operation, seconds: number, most: number, samples?: Samples): Promise<void> {
    const created = name.startsWith('delete') ? this.#turns.get(name.replace('delete', 'create')) : undefined
    const from = created?.from ?? this.#turns.get(name)?.next ?? 0
    const count = created === undefined ? most : Math.min(most, created.done - from)
    const before = this.#target.cost()?.cpuMs()
    const outcome = await this.#load.run({ kind: 'requests', operation: name, clients, from, count, seconds })
    const after = this.#target.cost()?.cpuMs()
    this.#turns.set(name, { from, done: outcome.turnsOfAll, next: outcome.turns })
    if (samples === undefined) return
    if (before !== undefined && after !== undefined) samples.cpu.push(((after - before) * 1000) / outcome.count)
    samples.rate.push(outcome.count / outcome.seconds)
    samples.p50.push(outcome.p50)
    samples.p99.push(outcome.p99)
    samples.clientCPU.push((outcome.cpuMs * 1000) / outcome.count)
  }

  tell(what: string, operation: Operation): void {
    this.#bench.progress(`${what}: ${operation.what}`)
  }
}

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareObjects(target, clients)
  const all = Object.keys(measured).map((name) => operations.find((one) => one.name === name)!)
  const samples = new Map<Operation, Samples>(
    all.map((one) => [one, { cpu: [], rate: [], p50: [], p99: [], clientCPU: [] }]),
  )
  const runs = new Rounds(bench, target)
  for (const operation of all) {
    runs.tell('warming up', operation)
    await runs.run(operation, Infinity, bench.scaled(warmUps / clients, 4))
  }
  for (let round = 1; round <= rounds; round++) {
    for (const operation of all) {
      runs.tell(`round ${round} of ${rounds}`, operation)
      await runs.run(operation, bench.settings.seconds / rounds, Infinity, samples.get(operation))
    }
  }
  await cleanUp(target)
  const figures: Figure[] = []
  for (const [operation, sample] of samples) figures.push(...(await figuresOf(bench, operation, sample)))
  return figures
}

async function figuresOf(bench: Bench, { name, what }: Operation, samples: Samples): Promise<Figure[]> {
  const limit = await limitOf(bench, name)
  const { cpu, rate } = measured[name]!
  const cost = { name, what: `${what}: CPU`, unit: 'µs', limit: limit.cpuMicroseconds, bar: cpu } as const
  const speed = { name: `${name}-rate`, what: `${what}: rate`, unit: '/s', limit: limit.perSecond, bar: rate } as const
  const details = {
    'p50 ms': median(samples.p50),
    'p99 ms': median(samples.p99),
    'client µs': median(samples.clientCPU),
  }
  return [...(samples.cpu.length === 0 ? [] : [figure(cost, samples.cpu)]), { ...figure(speed, samples.rate), details }]
}

/** A bare HTTPS server that reads and answers as many bytes, and for a write a synced batch of eight objects too. */
async function limitOf(bench: Bench, name: string): Promise<Cost> {
  const [sent, received] = sizes[name]!
  const echo = await bench.limits.echo(sent, received, clients, bench.scaled(300, 20))
  if (name.startsWith('get')) return echo
  const store = await bench.limits.store(clients, bench.scaled(100, 10))
  return {
    cpuMicroseconds: echo.cpuMicroseconds + store.cpuMicroseconds,
    // One thread does both.
    perSecond: 1 / (1 / echo.perSecond + 1 / store.perSecond),
  }
}

export const wire: Group = {
  name: 'wire',
  what: 'single requests, 8 clients: create, get, update, patches, apply, delete of ConfigMaps, Pods and Leases',
  run: measure,
}
