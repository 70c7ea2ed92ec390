// A thousand nodes: what they cost at rest, with and without pods, and how fast their scheduler works through a backlog.
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench, Group, Target } from './bench.ts'
import { figure, type Figure } from './figure.ts'
import { Mirror } from './mirror.ts'
import { creators, podsPath } from './operations.ts'
import { apiServerAlone } from './own-server.ts'
import { prepareNamespaces } from './population.ts'

const nodes = 1000
const backlog = 5000
const fullPods = 30_000
const idleMs = 30_000
const settleMs = 10_000
const sampleMs = 50

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open({ nodes, flags: ['--bare'] })
  await delay(settleMs)
  bench.progress(`${nodes} nodes at rest`)
  const figures = await atRest(target, `${nodes} nodes without pods`, 'idle')
  figures.push(...(await scheduling(bench, target)))
  if (!bench.settings.full) return figures
  bench.progress(`${fullPods} pods on ${nodes} nodes`)
  await create(target, bench.scaled(backlog), bench.scaled(fullPods))
  await allRun(target)
  await delay(settleMs)
  figures.push(...(await atRest(target, `${nodes} nodes with ${fullPods.toLocaleString('en-US')} pods`, 'idle-full')))
  return figures
}

async function atRest({ cost }: Target, what: string, name: string): Promise<Figure[]> {
  const processes = cost()
  if (processes === undefined) return []
  const before = processes.cpuMs()
  const startedAt = performance.now()
  await delay(idleMs)
  const share = ((processes.cpuMs() - before) / (performance.now() - startedAt)) * 100
  return [
    figure({ name, what: `${what}: share of a core`, unit: '%', bar: 25 }, [share]),
    figure({ name: `${name}-memory`, what: `${what}: resident memory`, unit: 'MiB', bar: 1430 }, [
      processes.residentMiB(),
    ]),
  ]
}

/** Pods that wait for a scheduler, made while there is none; then it starts, and nothing else with it. */
async function scheduling(bench: Bench, target: Target): Promise<Figure[]> {
  const own = target.own!
  const pods = bench.scaled(backlog)
  await own.restart(apiServerAlone)
  await prepareNamespaces(target)
  bench.progress(`a backlog of ${pods} pods for ${nodes} nodes`)
  await create(target, 0, pods)
  const isDone = sampleBound(target, pods)
  await own.restart({ flags: ['--bare', '--disable=controllers,kubelet'], nodes: 0 })
  const { seconds, cpuMs } = await isDone
  await own.restart({ nodes, flags: ['--bare'] })
  const what = `a backlog of ${pods} pods scheduled to ${nodes} nodes`
  return [
    figure({ name: 'scheduling-rate', what: `${what}: pods`, unit: '/s', bar: 1000 }, [pods / seconds]),
    figure({ name: 'scheduling-cpu', what: `${what}: CPU per pod`, unit: 'ms' }, [cpuMs / pods]),
  ]
}

/**
 * From the moment when none was bound yet until all are, as the metrics tell it: they are answered before the server is
 * ready, and cost it next to nothing.
 */
async function sampleBound({ api, own }: Target, pods: number): Promise<{ seconds: number; cpuMs: number }> {
  let cost = own!.cost
  let since = { at: performance.now(), cpuMs: 0 }
  for (;;) {
    const answer = await api.ask('GET', '/metrics').catch(() => undefined)
    const count = /^scheduler_pod_scheduling_attempts_count (\d+)$/m.exec(answer?.body ?? '')?.[1]
    const now = { at: performance.now(), cpuMs: own!.cost.cpuMs() }
    // The server before this one answers too, until it ends.
    if (count === '0' || cost !== own!.cost) since = now
    cost = own!.cost
    if (Number(count) >= pods) return { seconds: (now.at - since.at) / 1000, cpuMs: now.cpuMs - since.cpuMs }
    await delay(sampleMs)
  }
}

async function create(target: Target, from: number, upTo: number): Promise<void> {
  await target.load().run({
    kind: 'requests',
    operation: 'create-small-pod',
    clients: creators,
    from: Math.floor(from / creators),
    count: Math.ceil((upTo - from) / creators),
    seconds: Infinity,
  })
}

async function allRun(target: Target): Promise<void> {
  const others = await Mirror.of(target.api, `${podsPath}?fieldSelector=status.phase!%3DRunning`)
  await others.until((objects) => objects.length === 0)
  others.close()
}

export const largeCluster: Group = {
  name: 'large-cluster',
  what: '1,000 nodes: CPU and memory at rest, a backlog of pods for the scheduler (--full: 30,000 pods at rest)',
  isOwnOnly: true,
  run: measure,
}
