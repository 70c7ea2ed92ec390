// Measures what a person waits for, and the memory it takes: JSON on standard output, a Markdown table on standard error.
// Usage: npm run -s bench [-- --runs N]
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startCluster } from '../../server/index.ts'
import { BenchServer, isReady, type Answer } from './server.ts'

interface Figure {
  readonly name: string
  readonly what: string
  readonly unit: 'ms' | 'MB'
  /** At most this; absent where there is no bar. */
  readonly bar?: number
  readonly min: number
  readonly median: number
  readonly max: number
  readonly runs: number
}

const { runs: runsText } = parseArgs({ options: { runs: { type: 'string', default: '7' } } }).values
const runs = Number(runsText)
const settleMs = 3000

function figure(about: Pick<Figure, 'name' | 'what' | 'unit' | 'bar'>, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const round = (value: number): number => Math.round(value * 10) / 10
  const median = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
  return { ...about, min: round(sorted[0]!), median: round(median), max: round(sorted.at(-1)!), runs: sorted.length }
}

async function times(count: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let run = 0; run < count; run++) values.push(await measure())
  return values
}

async function boot(env: NodeJS.ProcessEnv = {}): Promise<number> {
  await using server = await BenchServer.start({ env })
  return server.readyMs
}

/** With an empty compile cache: the very first start after an installation. */
async function firstBoot(): Promise<number> {
  const cache = mkdtempSync(join(tmpdir(), 'kubeling-bench-cache-'))
  try {
    return await boot({ NODE_COMPILE_CACHE: cache })
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

async function library(): Promise<number> {
  const startedAt = performance.now()
  await using cluster = await startCluster()
  void cluster
  return performance.now() - startedAt
}

function demoBackend(name: string): object {
  const labels = { app: name, tier: 'backend' }
  const containers = [{ name, image: `${name}:latest`, ports: [{ containerPort: 8080 }] }]
  const template = { metadata: { labels }, spec: { containers } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  }
}

async function rollout(server: BenchServer, name: string): Promise<number> {
  const areReady = ({ body }: Answer): boolean =>
    (JSON.parse(body) as { items: Parameters<typeof isReady>[0][] }).items.filter(isReady).length === 3
  const startedAt = performance.now()
  const { status, body } = await server.ask('POST', '/apis/apps/v1/namespaces/default/deployments', demoBackend(name))
  if (status !== 201) throw new Error(body)
  await server.until(`/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`, areReady)
  return performance.now() - startedAt
}

// Once without counting: the compile cache is written when the process ends.
await boot()
const boots = await times(runs, () => boot())
const firstBoots = await times(Math.min(runs, 3), firstBoot)

await times(3, library)
const libraries = await times(runs * 3, library)

const memory: number[] = []
const rollouts: number[] = []
for (let run = 0; run < Math.min(runs, 5); run++) {
  await using server = await BenchServer.start()
  await delay(settleMs)
  const resident = server.residentMB()
  if (resident !== undefined) memory.push(resident)
  rollouts.push(await rollout(server, 'demo-backend'))
}

const figures = [
  figure(
    { name: 'boot', what: 'process start to /readyz and a Ready node, new data folder', unit: 'ms', bar: 600 },
    boots,
  ),
  figure({ name: 'first-boot', what: 'the same, the first time after an installation', unit: 'ms' }, firstBoots),
  figure({ name: 'start-cluster', what: 'startCluster() in a warm process', unit: 'ms', bar: 100 }, libraries),
  ...(memory.length === 0
    ? []
    : [figure({ name: 'idle-memory', what: 'resident memory of an idle cluster', unit: 'MB', bar: 130 }, memory)]),
  figure({ name: 'demo-backend', what: 'Deployment of 3 replicas, POST to all Ready', unit: 'ms', bar: 500 }, rollouts),
]
console.log(JSON.stringify({ node: process.version, cores: availableParallelism(), figures }, null, 2))
console.error('\n| figure | median | min to max | bar |\n| --- | --- | --- | --- |')
for (const { what, unit, median, min, max, bar } of figures) {
  console.error(`| ${what} | ${median} ${unit} | ${min} to ${max} | ${bar === undefined ? '' : `≤ ${bar} ${unit}`} |`)
}
