// What the kubelets of a cluster write all the time: Lease updates, and status patches of their pods beside them.
import type { Bench, Group } from './bench.ts'
import { figure, median, type Figure } from './figure.ts'
import type { Outcome } from './jobs.ts'
import { apiServerAlone } from './own-server.ts'
import { cleanUp, prepareObjects } from './population.ts'

const leaseClients = 16
const statusClients = 8
const rounds = 3

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareObjects(target, leaseClients)
  const load = target.load()
  const turns = { 'update-lease': 0, 'status-patch-pod': 0 }
  const run = async (operation: keyof typeof turns, clients: number, seconds: number): Promise<Outcome> => {
    const from = turns[operation]
    const outcome = await load.run({ kind: 'requests', operation, clients, from, count: Infinity, seconds })
    turns[operation] = outcome.turns
    return outcome
  }
  const costs: number[] = []
  const rates: number[] = []
  const latencies: Record<'lease' | 'status', number[]> = { lease: [], status: [] }
  for (let round = 0; round <= rounds; round++) {
    bench.progress(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    const seconds = bench.settings.seconds / (round === 0 ? 2 : rounds)
    const before = target.cost()?.cpuMs()
    const [lease, status] = await Promise.all([
      run('update-lease', leaseClients, seconds),
      run('status-patch-pod', statusClients, seconds),
    ])
    const after = target.cost()?.cpuMs()
    if (round === 0) continue
    const count = lease.count + status.count
    if (before !== undefined && after !== undefined) costs.push(((after - before) * 1000) / count)
    rates.push(count / seconds)
    latencies.lease.push(lease.p99)
    latencies.status.push(status.p99)
  }
  await cleanUp(target)
  const what = `Lease updates of ${leaseClients} clients beside status patches of ${statusClients}`
  const echo = await bench.limits.echo(400, 3000, leaseClients + statusClients, bench.scaled(150, 10))
  const store = await bench.limits.store(leaseClients + statusClients, bench.scaled(50, 5))
  const limit = echo.cpuMicroseconds + store.cpuMicroseconds
  const perSecond = 1 / (1 / echo.perSecond + 1 / store.perSecond)
  const details = { 'lease p99 ms': median(latencies.lease), 'status p99 ms': median(latencies.status) }
  return [
    ...(costs.length === 0 ? [] : [figure({ name: 'heartbeats', what: `${what}: CPU`, unit: 'µs', limit }, costs)]),
    {
      ...figure({ name: 'heartbeats-rate', what: `${what}: rate`, unit: '/s', limit: perSecond }, rates),
      details,
    },
  ]
}

export const heartbeats: Group = {
  name: 'heartbeats',
  what: 'Lease updates and status patches, mixed, as fast as they go',
  run: measure,
}
