// The series of /metrics.
import { expect } from 'chai'
import { ServerMetrics } from './metrics.ts'

const list = {
  verb: 'list',
  isLongRunning: false,
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  scope: 'namespace',
}

describe('ServerMetrics', () => {
  async function lines(metrics: ServerMetrics, name: string): Promise<string[]> {
    return (await metrics.text()).split('\n').filter((line) => line.startsWith(name))
  }

  it('counts requests, and how long they took', async () => {
    const metrics = new ServerMetrics()
    metrics.requestStarted(list)
    expect(await lines(metrics, 'apiserver_current_inflight_requests{request_kind="readOnly"}')).to.deep.equal([
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    ])
    metrics.requestEnded({ ...list, code: 200 }, 0.03)
    const labels =
      'verb="LIST",component="apiserver",group="",version="v1",resource="pods",subresource="",scope="namespace"'
    expect(await lines(metrics, 'apiserver_request_total')).to.deep.equal([
      `apiserver_request_total{${labels},code="200"} 1`,
    ])
    expect(await lines(metrics, 'apiserver_current_inflight_requests')).to.include(
      'apiserver_current_inflight_requests{request_kind="readOnly"} 0',
    )
    const buckets = await lines(metrics, 'apiserver_request_duration_seconds_bucket')
    expect(buckets.find((line) => line.includes('le="0.025"'))).to.match(/ 0$/)
    expect(buckets.find((line) => line.includes('le="0.05"'))).to.match(/ 1$/)
  })

  it('knows what changes something', async () => {
    const metrics = new ServerMetrics()
    for (const verb of ['create', 'patch', 'deletecollection', 'get'])
      metrics.requestStarted({ verb, isLongRunning: false })
    expect(await lines(metrics, 'apiserver_current_inflight_requests')).to.deep.equal([
      'apiserver_current_inflight_requests{request_kind="mutating"} 3',
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    ])
  })

  it('keeps watches apart', async () => {
    const metrics = new ServerMetrics()
    const watch = { ...list, verb: 'watch', isLongRunning: true }
    metrics.requestStarted(watch)
    expect(await lines(metrics, 'apiserver_longrunning_requests')).to.deep.equal([
      'apiserver_longrunning_requests{verb="WATCH"} 1',
    ])
    metrics.requestEnded({ ...watch, code: 200 }, 60)
    expect(await lines(metrics, 'apiserver_longrunning_requests')).to.deep.equal([
      'apiserver_longrunning_requests{verb="WATCH"} 0',
    ])
    expect(await lines(metrics, 'apiserver_request_duration_seconds_count')).to.deep.equal([])
  })

  it('is apart from that of other clusters in the process', async () => {
    const [one, other] = [new ServerMetrics(), new ServerMetrics()]
    one.requestStarted(list)
    one.requestEnded({ ...list, code: 200 }, 0)
    expect(await lines(other, 'apiserver_request_total{')).to.deep.equal([])
  })
})
