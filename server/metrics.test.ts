// The series of /metrics and what moves them.
import { expect } from 'chai'
import { FakeClock } from './apimachinery/clock.ts'
import { WorkQueue } from './client/work-queue.ts'
import type { RequestLabels } from './http/filters/metrics.ts'
import { ServerMetrics } from './metrics.ts'

const list: RequestLabels = {
  component: 'apiserver',
  group: '',
  resource: 'pods',
  scope: 'namespace',
  subresource: '',
  verb: 'LIST',
  version: 'v1',
}
const watch: RequestLabels = { ...list, verb: 'WATCH' }
const figures = { code: 200, dryRun: '', seconds: 0.03, bytes: 5000 }

describe('ServerMetrics', () => {
  async function lines(metrics: ServerMetrics, name: string): Promise<string[]> {
    return (await metrics.text()).split('\n').filter((line) => line.startsWith(name))
  }

  it('counts requests, how long they took and how much they answered', async () => {
    const metrics = new ServerMetrics()
    metrics.requestEnded(list, figures)
    expect(await lines(metrics, 'apiserver_request_total')).to.deep.equal([
      'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="namespace",subresource="",verb="LIST",version="v1"} 1',
    ])
    const buckets = await lines(metrics, 'apiserver_request_duration_seconds_bucket')
    expect(buckets.find((line) => line.includes('le="0.025"'))).to.match(/ 0$/)
    expect(buckets.find((line) => line.includes('le="0.05"'))).to.match(/ 1$/)
    const sizes = await lines(metrics, 'apiserver_response_sizes_bucket')
    expect(sizes.find((line) => line.includes('le="10000"'))).to.match(/ 1$/)
  })

  it('knows what is under way', async () => {
    const metrics = new ServerMetrics()
    for (const kind of ['mutating', 'mutating', 'readOnly'] as const) metrics.inflight(kind, 1)
    metrics.inflight('mutating', -1)
    metrics.longRunning(watch, 1)
    expect(await lines(metrics, 'apiserver_current_inflight_requests')).to.deep.equal([
      'apiserver_current_inflight_requests{request_kind="mutating"} 1',
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    ])
    expect(await lines(metrics, 'apiserver_longrunning_requests')).to.deep.equal([
      'apiserver_longrunning_requests{component="apiserver",group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"} 1',
    ])
    metrics.longRunning(watch, -1)
    expect((await lines(metrics, 'apiserver_longrunning_requests'))[0]).to.match(/ 0$/)
  })

  it('sums up what watchers sent, however often it is asked', async () => {
    const metrics = new ServerMetrics()
    const of = { group: 'apps', version: 'v1', resource: 'deployments' }
    metrics.watchTally(of).events += 2
    metrics.watchTally(of).events += 3
    for (let turn = 0; turn < 2; turn++) {
      expect(await lines(metrics, 'apiserver_watch_events_total')).to.deep.equal([
        'apiserver_watch_events_total{group="apps",resource="deployments",version="v1"} 5',
      ])
    }
  })

  it('tells of the sizes of events, in buckets whose bounds are written as Go writes them', async () => {
    const metrics = new ServerMetrics()
    metrics.watchTally({ group: '', version: 'v1', resource: 'pods' }).sizes.observe(3000)
    const buckets = await lines(metrics, 'apiserver_watch_events_sizes_bucket')
    expect(buckets[2]).to.equal(
      'apiserver_watch_events_sizes_bucket{le="4096",group="",resource="pods",version="v1"} 1',
    )
    metrics.requestEnded(list, figures)
    const bounds = (await lines(metrics, 'apiserver_response_sizes_bucket')).map(
      (line) => /le="([^"]+)"/.exec(line)![1],
    )
    expect(bounds).to.deep.equal(['1000', '10000', '100000', '1e+06', '1e+07', '1e+08', '1e+09', '+Inf'])
  })

  it('tells of the store', async () => {
    const metrics = new ServerMetrics()
    metrics.readsStorage({ counts: () => [[{ group: 'apps', resource: 'deployments' }, 3]], bytes: () => 4096 })
    metrics.written({ group: '', resource: 'pods' }, 'create', 0.01)
    expect(await lines(metrics, 'apiserver_storage_objects')).to.deep.equal([
      'apiserver_storage_objects{resource="deployments.apps"} 3',
    ])
    expect(await lines(metrics, 'apiserver_resource_objects')).to.deep.equal([
      'apiserver_resource_objects{group="apps",resource="deployments"} 3',
    ])
    expect(await lines(metrics, 'apiserver_storage_size_bytes')).to.deep.equal([
      'apiserver_storage_size_bytes{storage_cluster_id="etcd-0"} 4096',
    ])
    expect(await lines(metrics, 'etcd_request_duration_seconds_count')).to.deep.equal([
      'etcd_request_duration_seconds_count{group="",operation="create",resource="pods"} 1',
    ])
  })

  it('tells of queues', async () => {
    const metrics = new ServerMetrics()
    const observer = metrics.observeQueue('deployment-controller')
    const clock = new FakeClock()
    const queue = new WorkQueue(clock, { work: async () => {}, observer })
    for (const key of ['a', 'a', 'b']) queue.add(key)
    expect(await lines(metrics, 'workqueue_depth')).to.deep.equal(['workqueue_depth{name="deployment"} 2'])
    queue.start()
    await queue.settled()
    expect(await lines(metrics, 'workqueue_depth')).to.deep.equal(['workqueue_depth{name="deployment"} 0'])
    expect(await lines(metrics, 'workqueue_adds_total')).to.deep.equal(['workqueue_adds_total{name="deployment"} 2'])
    for (const name of ['queue', 'work']) {
      expect(await lines(metrics, `workqueue_${name}_duration_seconds_count`)).to.deep.equal([
        `workqueue_${name}_duration_seconds_count{name="deployment"} 2`,
      ])
    }
    await queue.close()
  })

  it('is apart from that of other clusters in the process', async () => {
    const [one, other] = [new ServerMetrics(), new ServerMetrics()]
    one.requestEnded(list, figures)
    expect(await lines(other, 'apiserver_request_total{')).to.deep.equal([])
  })
})
