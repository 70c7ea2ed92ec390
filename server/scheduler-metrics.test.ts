// The scheduler's series in /metrics.
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { SchedulerMetrics } from './scheduler-metrics.ts'

describe('SchedulerMetrics', () => {
  async function lines(registry: Registry, name: string): Promise<string[]> {
    return (await registry.metrics()).split('\n').filter((line) => line.startsWith(name))
  }

  it('counts attempts by result, and preemption with each that fails', async () => {
    const registry = new Registry()
    const metrics = new SchedulerMetrics(registry)
    metrics.attempted('default-scheduler', 'scheduled', 0.002)
    metrics.attempted('default-scheduler', 'unschedulable', 0.001)
    metrics.attempted('default-scheduler', 'unschedulable', 0.001)
    expect(await lines(registry, 'scheduler_schedule_attempts_total')).to.deep.equal([
      'scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"} 1',
      'scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"} 2',
    ])
    expect(await lines(registry, 'scheduler_preemption_attempts_total')).to.deep.equal([
      'scheduler_preemption_attempts_total 2',
    ])
  })

  it('tells how long pods took by their attempts, and of many attempts together', async () => {
    const registry = new Registry()
    const metrics = new SchedulerMetrics(registry)
    for (const attempts of [1, 14, 15, 40]) metrics.bound(attempts, 0.5)
    expect(await lines(registry, 'scheduler_pod_scheduling_sli_duration_seconds_count')).to.deep.equal([
      'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"} 1',
      'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="14"} 1',
      'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="15+"} 2',
    ])
  })

  it('asks the scheduler that started last for its sizes', async () => {
    const registry = new Registry()
    const metrics = new SchedulerMetrics(registry)
    expect(await lines(registry, 'scheduler_pending_pods{')).to.deep.equal([])
    for (const active of [1, 2]) {
      metrics.started({
        pendingPods: () => ({ active, backoff: 0, unschedulable: 0, gated: 0 }),
        cacheSizes: () => ({ nodes: 1, pods: 0, assumed_pods: 0 }),
      })
    }
    expect((await lines(registry, 'scheduler_pending_pods{'))[0]).to.equal('scheduler_pending_pods{queue="active"} 2')
  })
})
