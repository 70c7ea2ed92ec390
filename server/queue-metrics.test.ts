// The series of work queues in /metrics, and what queues are called there.
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { QueueMetrics, queueNameOf } from './queue-metrics.ts'

describe('QueueMetrics', () => {
  it('calls queues as the real controllers do', () => {
    expect(queueNameOf('deployment-controller')).to.equal('deployment')
    expect(queueNameOf('horizontal-pod-autoscaler-controller')).to.equal('horizontalpodautoscaler')
    expect(queueNameOf('ttl-controller')).to.equal('ttlcontroller')
  })

  it('tells of work that is under way', async () => {
    const registry = new Registry()
    const observer = new QueueMetrics(registry).observe('job-controller')
    const value = async (name: string): Promise<number> => {
      const line = (await registry.metrics()).split('\n').find((one) => one.startsWith(`workqueue_${name}_seconds{`))
      return Number(line!.split(' ')[1])
    }
    const [first, second] = [performance.now() - 5000, performance.now() - 2000]
    for (const at of [first, second]) {
      observer.added()
      observer.started(at, 0)
    }
    expect(await value('unfinished_work')).to.be.within(7, 60)
    expect(await value('longest_running_processor')).to.be.within(5, 30)
    observer.ended(first, 5)
    expect(await value('longest_running_processor')).to.be.within(2, 4.9)
    observer.ended(second, 2)
    expect(await value('unfinished_work')).to.equal(0)
  })
})
