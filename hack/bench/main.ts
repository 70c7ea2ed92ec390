// The command line of the benchmark: JSON on standard output, Markdown tables and what it is doing on standard error.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { Bench, type Group, type Settings } from './bench.ts'
import { boot } from './boot.ts'
import { codec } from './codec.ts'
import { converge } from './converge.ts'
import { readKubeconfig } from './endpoint.ts'
import { table, round, type Figure } from './figure.ts'
import { heartbeats } from './heartbeats.ts'
import { informers } from './informers.ts'
import { largeCluster } from './large-cluster.ts'
import { Limits, type MachineSpeed } from './limits.ts'
import { lists } from './lists.ts'
import { memory } from './memory.ts'
import { machineBusyMs, ProcessCost } from './process-cost.ts'
import { watches } from './watches.ts'
import { wire } from './wire.ts'

const groups: readonly Group[] = [
  boot,
  codec,
  wire,
  lists,
  watches,
  informers,
  heartbeats,
  memory,
  converge,
  largeCluster,
]

/** A group, and how fast the machine was before and after it. */
interface Report {
  readonly group: string
  readonly before: MachineSpeed
  readonly after: MachineSpeed
  /** Cores' worth of work that others did meanwhile. */
  readonly othersCores: number
  readonly seconds: number
  readonly figures: readonly Figure[]
}

const help = `Usage: npm run -s bench -- [GROUP...] [options]        (or: make bench FLAGS="GROUP... options")

Measures kubeling, or any server of the Kubernetes API. Without a group, all of them run, which takes about ten minutes.

Groups:
${groups.map(({ name, what, isOwnOnly }) => `  ${name.padEnd(14)} ${what}${isOwnOnly === true ? ' *' : ''}`).join('\n')}
  * starts servers of this checkout itself: not with --kubeconfig

Options:
  --full               the large sizes too: 50,000 pods, 1,000 nodes with 30,000 pods
  --scale NUMBER       size of everything: 0.1 for a quick look. The bars are made for 1, with others there are none
  --duration SECONDS   how long each kind of request is measured (default 6)
  --kubeconfig FILE    measure the server of its current context instead of starting one
  --server-pid PIDS    the processes that server consists of, with commas, such as etcd's and kube-apiserver's:
                       without them there is no CPU and no memory to tell of
  --json FILE          the JSON into a file, not to standard output; the tables are on standard error in any case
  --check              exit with 1 when a bar is missed
  --help               this text

How to read it:
  CPU      of all threads of the server, per operation. It varies least on a machine that does other things too.
  rate     of 8 clients, each on its own connection, each waiting for its answer, on the same machine as the server.
  client   CPU of the load's own process per operation. While it is well below the time between two answers, it is the
           server that is measured.
  limit    what the platform does at most, measured right afterwards: a bare Node HTTPS server that takes and answers as
           many bytes, and for writes a synced LevelDB batch of as many objects. The ratio says what is left to gain.
  machine  before and after each group, without any server: JSON.parse of a pod, a bare HTTPS echo, a synced batch.
           Where these differ, or others use the machine's cores, compare ratios, not times.

Examples:
  npm run -s bench -- wire                       single requests alone
  npm run -s bench -- --scale 0.1 lists          a quick look
  npm run -s bench -- --kubeconfig real.yaml --server-pid 4711,4712 wire lists watches
`

const { values, positionals } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    duration: { type: 'string', default: '6' },
    kubeconfig: { type: 'string' },
    'server-pid': { type: 'string', default: '' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

if (values.help) {
  console.log(help)
} else {
  await run(settingsOf(), chosen())
}

function chosen(): Group[] {
  const unknown = positionals.filter((name) => groups.every((group) => group.name !== name))
  if (unknown.length > 0) refuse(`no such group: ${unknown.join(', ')}`)
  const isRemote = values.kubeconfig !== undefined
  const asked = groups.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const cannot = asked.filter(({ isOwnOnly }) => isRemote && isOwnOnly === true).map(({ name }) => name)
  if (cannot.length > 0 && positionals.length > 0) refuse(`not with --kubeconfig: ${cannot.join(', ')}`)
  return asked.filter(({ name }) => !cannot.includes(name))
}

function settingsOf(): Settings {
  const positive = (option: 'scale' | 'duration'): number => {
    const value = Number(values[option])
    if (!(value > 0)) refuse(`--${option} must be a positive number`)
    return value
  }
  const pids = values['server-pid'].split(',').filter((pid) => pid !== '')
  if (pids.some((pid) => !/^\d+$/.test(pid))) refuse('--server-pid takes numbers with commas')
  return {
    seconds: positive('duration'),
    scale: positive('scale'),
    full: values.full,
    ...(values.kubeconfig !== undefined && {
      remote: { endpoint: readKubeconfig(values.kubeconfig), pids: pids.map(Number) },
    }),
  }
}

function refuse(message: string): never {
  console.error(`${message}; see --help`)
  process.exit(2)
}

async function run(settings: Settings, selected: readonly Group[]): Promise<void> {
  using limits = await Limits.start()
  const reports: Report[] = []
  for (const group of selected) {
    const tell = (text: string): void => progress(`${group.name}: ${text}`)
    tell('how fast the machine is')
    const before = await limits.speed()
    const others = othersClock()
    const startedAt = performance.now()
    const measured = await group.run(new Bench(settings, limits, tell))
    const figures = settings.scale === 1 ? measured : measured.map(withoutBar)
    const seconds = (performance.now() - startedAt) / 1000
    const othersCores = others()
    tell('how fast the machine is')
    const after = await limits.speed()
    reports.push({ group: group.name, before, after, othersCores, seconds, figures })
    progress('')
    console.error(markdown(reports.at(-1)!))
  }
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), memoryGiB: totalmem() / 2 ** 30 }
  const json = JSON.stringify({ node: process.version, machine, settings: shown(settings), reports }, null, 2)
  if (values.json === undefined) console.log(json)
  else writeFileSync(values.json, `${json}\n`)
  const missed = reports.flatMap(({ figures }) => figures.filter(({ isMet }) => isMet === false))
  if (missed.length > 0) console.error(`${missed.length} bars missed: ${missed.map(({ name }) => name).join(', ')}`)
  if (values.check && missed.length > 0) process.exitCode = 1
}

function withoutBar(figure: Figure): Figure {
  const { bar: _bar, isMet: _isMet, ...rest } = figure
  return rest
}

/** Without credentials. */
function shown({ remote, ...rest }: Settings): object {
  return { ...rest, ...(remote !== undefined && { server: `${remote.endpoint.host}:${remote.endpoint.port}` }) }
}

function markdown({ group, before, after, othersCores, seconds, figures }: Report): string {
  const pair = (field: keyof MachineSpeed): string => `${round(before[field])} → ${round(after[field])}`
  const machine = [
    `JSON.parse of a pod ${pair('parseMicroseconds')} µs`,
    `bare HTTPS echo ${pair('echoCPUMicroseconds')} µs of CPU, ${pair('echoPerSecond')} per second`,
    `synced batch ${pair('syncMilliseconds')} ms`,
    `others used ${round(othersCores)} of ${availableParallelism()} cores`,
  ]
  return `## ${group} (${Math.round(seconds)} s)\n\nMachine before → after: ${machine.join('; ')}.\n\n${table(figures)}\n`
}

/** How many cores' worth of work others have done since: what the machine did, less what this program and its own did. */
function othersClock(): () => number {
  const startedAt = performance.now()
  const busy = machineBusyMs()
  const own = ownCPUMs()
  return () => Math.max(0, machineBusyMs() - busy - (ownCPUMs() - own)) / (performance.now() - startedAt)
}

/** Of this process and of its children that have ended; those that run still are counted by process-cost. */
function ownCPUMs(): number {
  return ProcessCost.ofFamily(process.pid)
}

/** One line that is written over; nothing where standard error is no terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
