// Mixed writes, watchers that come and go, and compaction, for as long as $KUBELING_SOAK_SECONDS says (2 by default; 1800 for
// the real thing): no event is missing, doubled or out of order, memory stays flat, and so does the data folder.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from './command.ts'
import { BareClient, tokenFileText } from './soak/client.ts'
import { Witness } from './soak/witness.ts'
import { listStored, Writer } from './soak/writer.ts'

const seconds = Number(process.env['KUBELING_SOAK_SECONDS'] ?? 2)
const isLong = seconds >= 60
/** So many of each fit on the machine of a test; the long run is to strain it. */
const writerCount = isLong ? 32 : 12
const witnessCount = isLong ? 300 : 12
const namesPerWriter = isLong ? 50 : 10
const compactionInterval = isLong ? '60s' : '500ms'
/** V8 lets its heap grow to a multiple of what lives in it before it is done with growing: it takes so long. */
const warmUpSeconds = 75
/** Whatever the load: some 30 MB of it are kept; the rest are connections, and what V8 has not collected yet. */
const maxMemoryBytes = 800e6
const agreeWithinMs = 60_000
/** LevelDB's own: its log, its newest tables, and old ones until it has merged them. */
const folderSlackBytes = 48 * 1024 * 1024
/** Written for each event: the object of some 1,000 bytes as JSON and its head. */
const bytesPerEvent = 1_500

interface Sample {
  readonly atSeconds: number
  readonly memoryBytes: number
  readonly folderBytes: number
  readonly acknowledged: number
}

describe('a server under load for long', function () {
  this.timeout(seconds * 1000 + 120_000)

  it(`neither loses nor doubles an event, nor grows, in ${seconds} s`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeling-soak-'))
    const tokens = join(folder, 'tokens.csv')
    writeFileSync(tokens, tokenFileText)
    const args = ['up', '--port', '0', '--bare', '--disable=controllers,scheduler,kubelet', '--durability', 'relaxed']
    args.push('--etcd-compaction-interval', compactionInterval, '--token-auth-file', tokens)
    const writers = Array.from({ length: writerCount }, (_, at) => new Writer(`w${at}`, namesPerWriter))
    const witnesses = Array.from({ length: witnessCount }, () => new Witness())
    try {
      await using server = new Command([...args, '--data-dir', join(folder, 'data')])
      using client = new BareClient(await server.ready())
      const samples = await strain(client, writers, witnesses)
      const { stored } = await listStored(client)
      expect(writers.flatMap((writer) => writer.check(stored))).to.deep.equal([])
      await allAgree(client, witnesses, stored)
      expect(witnesses.flatMap(({ faults }) => faults)).to.deep.equal([])
      report(samples, witnesses)
      checkGrowth(samples)
      expect(server.stderr).to.equal('')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Writes and watches until the time is over; what the server uses meanwhile. */
async function strain(
  client: BareClient,
  writers: readonly Writer[],
  witnesses: readonly Witness[],
): Promise<Sample[]> {
  const startedAt = performance.now()
  const elapsed = (): number => (performance.now() - startedAt) / 1000
  const samples: Sample[] = []
  const sampling = (async () => {
    while (elapsed() < seconds) {
      await delay(Math.min(10_000, (seconds * 1000) / 10))
      samples.push({
        atSeconds: elapsed(),
        ...(await figuresOf(client)),
        acknowledged: sum(writers, (one) => one.acknowledged),
      })
    }
  })()
  const writing = writers.map(async (writer) => {
    while (elapsed() < seconds) await writer.write(client)
  })
  // They are cut short by the end, and not shorter and shorter before it: the load is to be the same all the time.
  const end = AbortSignal.timeout(seconds * 1000)
  const upTo = (mostMs: number): Promise<void> =>
    delay(Math.random() * mostMs, undefined, { signal: end }).catch(() => {})
  const watching = witnesses.map(async (witness) => {
    while (elapsed() < seconds) {
      // Some are away for so long that their history is gone when they come back, most are not.
      await stay(witness, client, upTo(isLong ? 20_000 : 1000))
      if (Math.random() < 0.1) await upTo(isLong ? 200_000 : 1500)
      // And some forget where they were.
      if (Math.random() < 0.05) await witness.list(client)
    }
  })
  await Promise.all([sampling, ...writing, ...watching])
  return samples
}

/** Follows a watch until then, again if it ends before. */
async function stay(witness: Witness, client: BareClient, until: Promise<void>): Promise<void> {
  let isOver = false
  const leaving = until.then(() => {
    isOver = true
    witness.leave()
  })
  while (!isOver) await witness.follow(client)
  await leaving
}

/** Every witness catches up with what is stored now that nobody writes. */
async function allAgree(
  client: BareClient,
  witnesses: readonly Witness[],
  stored: Parameters<Witness['agrees']>[0],
): Promise<void> {
  let isOver = false
  const following = witnesses.map(async (witness) => {
    while (!isOver) await witness.follow(client)
  })
  const deadline = performance.now() + agreeWithinMs
  while (!witnesses.every((one) => one.agrees(stored)) && performance.now() < deadline) await delay(5)
  isOver = true
  for (const one of witnesses) one.leave()
  await Promise.all(following)
  const behind = witnesses.filter((one) => !one.agrees(stored)).length
  expect(behind, 'watchers that have not seen what is stored').to.equal(0)
}

async function figuresOf(client: BareClient): Promise<Pick<Sample, 'memoryBytes' | 'folderBytes'>> {
  const { body } = await client.ask('GET', '/metrics')
  const value = (name: string): number => Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(body)![1])
  return { memoryBytes: value('process_resident_memory_bytes'), folderBytes: value('apiserver_storage_size_bytes') }
}

function checkGrowth(samples: readonly Sample[]): void {
  const last = samples.at(-1)!
  const rate = last.acknowledged / last.atSeconds
  const historySeconds = isLong ? 2 * 60 : 1
  // All keys, and history of up to two intervals.
  const held = (writerCount * namesPerWriter + rate * historySeconds) * bytesPerEvent
  for (const { folderBytes } of samples) expect(folderBytes).to.be.lessThan(3 * held + folderSlackBytes)
  for (const { memoryBytes } of samples) expect(memoryBytes).to.be.lessThan(maxMemoryBytes)
  if (seconds < 2 * warmUpSeconds) return
  const warm = samples.filter(({ atSeconds }) => atSeconds > warmUpSeconds)
  const late = warm.splice(warm.length / 2)
  expect(mean(late)).to.be.lessThan(1.15 * mean(warm))
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((total, { memoryBytes }) => total + memoryBytes, 0) / samples.length
}

/** A long run is for its figures. */
function report(samples: readonly Sample[], witnesses: readonly Witness[]): void {
  if (!isLong) return
  for (const { atSeconds, memoryBytes, folderBytes, acknowledged } of samples) {
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
    console.log(
      `${atSeconds.toFixed(0)} s: ${acknowledged} writes, ${megabytes(memoryBytes)} MB, folder ${megabytes(folderBytes)} MB`,
    )
  }
  const events = sum(witnesses, (one) => one.events)
  const lists = sum(witnesses, (one) => one.lists)
  console.log(`${events} events seen by ${witnesses.length} watchers, which listed ${lists} times`)
}

function sum<T>(of: readonly T[], what: (one: T) => number): number {
  return of.reduce((total, one) => total + what(one), 0)
}
