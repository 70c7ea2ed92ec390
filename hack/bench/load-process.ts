// A process of the load: does jobs for the process that measures, and answers how it went.
import { Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { eventCounter } from './event-counter.ts'
import { Http2Client } from './http2-client.ts'
import type { GetJob, InformerJob, Job, Outcome, PostJob, Question, Reply, RequestJob, WatchJob } from './jobs.ts'
import { operations } from './operations.ts'
import { Deliveries } from './deliveries.ts'

let endpoint: Endpoint
const pool: Connection[] = []
let deliveries: Deliveries | undefined

type Result = Pick<Outcome, 'count'> & Partial<Outcome>

/** Connections that serve one job: those of jobs that run side by side are not shared. */
async function withConnections<T>(count: number, work: (taken: readonly Connection[]) => Promise<T>): Promise<T> {
  const taken = pool.splice(0).filter(({ isOpen }) => isOpen)
  pool.push(...taken.splice(count))
  while (taken.length < count) taken.push(await Connection.open(endpoint))
  try {
    return await work(taken)
  } finally {
    pool.unshift(...taken)
  }
}

function quantiles(times: number[]): Pick<Outcome, 'p50' | 'p99'> {
  const sorted = Float64Array.from(times).sort()
  return { p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }
}

function requests({ operation: name, clients, from, count, seconds }: RequestJob): Promise<Result> {
  const operation = operations.find((one) => one.name === name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return withConnections(clients, async (taken) => {
    const times: number[] = []
    let bytes = 0
    const turns: number[] = []
    const startedAt = performance.now()
    const client = async (connection: Connection, who: number): Promise<void> => {
      let turn = from
      for (let before = startedAt; turn < from + count && before - startedAt < seconds * 1000; turn++) {
        const response = await operation.ask(connection, who, turn)
        if (response.status >= 300) throw new Error(`${name}: ${response.status} ${response.body.toString()}`)
        const now = performance.now()
        times.push(now - before)
        bytes += response.bytes
        before = now
      }
      turns.push(turn)
    }
    await Promise.all(taken.map(client))
    return {
      count: times.length,
      bytes,
      turns: Math.max(...turns),
      turnsOfAll: Math.min(...turns),
      ...quantiles(times),
    }
  })
}

function gets({ path, headers, count }: GetJob): Promise<Result> {
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  return repeated(1, count, (connection) => connection.ask('GET', path, lines))
}

function posts({ path, bytes, clients, count }: PostJob): Promise<Result> {
  const body = 'x'.repeat(bytes)
  return repeated(clients, count, (connection) => connection.ask('POST', path, '', body))
}

function repeated(
  clients: number,
  count: number,
  ask: (connection: Connection) => Promise<{ status: number; bytes: number }>,
): Promise<Result> {
  return withConnections(clients, async (taken) => {
    const times: number[] = []
    let bytes = 0
    const client = async (connection: Connection): Promise<void> => {
      for (let turn = 0; turn < count; turn++) {
        const before = performance.now()
        const response = await ask(connection)
        if (response.status !== 200) throw new Error(`answer ${response.status}`)
        times.push(performance.now() - before)
        bytes += response.bytes
      }
    }
    await Promise.all(taken.map(client))
    return { count: times.length, bytes, ...quantiles(times) }
  })
}

async function watch(job: WatchJob): Promise<Result> {
  deliveries = new Deliveries(job.expected)
  await deliveries.open(endpoint, job)
  return { count: job.watches }
}

async function delivered(): Promise<Result> {
  const { count, bytes, lags, cpuMs } = await deliveries!.all()
  return { count, bytes, cpuMs, ...quantiles(lags) }
}

async function informers(job: InformerJob): Promise<Result> {
  const clients = await Promise.all(Array.from({ length: job.informers }, () => Http2Client.open(endpoint)))
  const startedAt = performance.now()
  const times: number[] = []
  let bytes = 0
  await Promise.all(
    clients.map(async (client) => {
      const received = await (job.mode === 'list' ? listAndWatch(client, job) : streamingList(client, job))
      bytes += received
      times.push(performance.now() - startedAt)
    }),
  )
  for (const client of clients) client.close()
  return { count: times.length, bytes, ...quantiles(times) }
}

/** As client-go's reflector does it: a list from the cache, and a watch from its revision. */
async function listAndWatch(client: Http2Client, job: InformerJob): Promise<number> {
  const { collection, accept, gzip, resourceVersion } = job
  const headers = { accept, ...(gzip && { 'accept-encoding': 'gzip' }) }
  const list = await client.get(`${collection}?resourceVersion=0`, headers, () => {})
  if (list.status !== 200) throw new Error(`list: ${list.status}`)
  const bytes = await list.ended
  const path = `${collection}?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`
  const { status } = await client.get(path, { accept }, () => {})
  if (status !== 200) throw new Error(`watch: ${status}`)
  return bytes
}

/** As its WatchList does it: in sync with the bookmark behind what is there. */
async function streamingList(client: Http2Client, { collection, accept, objects }: InformerJob): Promise<number> {
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const { promise, resolve } = Promise.withResolvers<void>()
  const countOf = eventCounter(accept)
  let events = 0
  let bytes = 0
  const { status } = await client.get(`${collection}?${query}`, { accept }, (piece) => {
    bytes += piece.length
    events += countOf(piece)
    if (events > objects) resolve()
  })
  if (status !== 200) throw new Error(`watch: ${status}`)
  await promise
  return bytes
}

function perform(job: Job): Promise<Result> {
  switch (job.kind) {
    case 'requests':
      return requests(job)
    case 'gets':
      return gets(job)
    case 'posts':
      return posts(job)
    case 'watch':
      return watch(job)
    case 'delivered':
      return delivered()
    case 'informers':
      return informers(job)
  }
}

async function answer(id: number, job: Job): Promise<void> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let reply: Reply
  try {
    const result = await perform(job)
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (performance.now() - startedAt) / 1000
    const defaults = { seconds, p50: 0, p99: 0, bytes: 0, turns: 0, turnsOfAll: 0, cpuMs: (user + system) / 1000 }
    reply = { id, outcome: { ...defaults, ...result } }
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) }
  }
  process.send!(reply)
}

process.on('message', (question: Question) => {
  if ('endpoint' in question) ({ endpoint } = question)
  else void answer(question.id, question.job)
})
process.on('disconnect', () => process.exit())
