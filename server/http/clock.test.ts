// The clock of a cluster over the wire, and who may move it.
import { expect } from 'chai'
import { ClusterClock } from '../apimachinery/cluster-clock.ts'
import { authorizerFor, TestServer } from './testing.ts'

describe('clusterClock', () => {
  let server: TestServer
  let clock: ClusterClock

  beforeEach(async () => {
    clock = new ClusterClock({ startMs: Date.UTC(2026, 0, 1), speed: 0 })
    server = await TestServer.start({ authorizer: authorizerFor(), clock })
  })

  afterEach(async () => {
    clock.close()
    await server.close()
  })

  const put = (body: unknown) => server.send('/debug/clock', { method: 'PUT', body })

  it('tells the time and the speed', async () => {
    const { status, text } = await server.send('/debug/clock')
    expect([status, JSON.parse(text)]).to.deep.equal([200, { now: '2026-01-01T00:00:00.000Z', speed: 0 }])
  })

  it('takes a step, and answers when it is over', async () => {
    const fired: number[] = []
    clock.after(60_000, () => fired.push(clock.now()))
    const { text } = await put({ step: '5m' })
    expect(JSON.parse(text)).to.deep.equal({ now: '2026-01-01T00:05:00.000Z', speed: 0 })
    expect(fired).to.deep.equal([Date.UTC(2026, 0, 1, 0, 1)])
  })

  it('changes the speed', async () => {
    await put({ speed: 60 })
    expect(clock.speed).to.equal(60)
  })

  it('says what is wrong with a request', async () => {
    for (const body of [
      'no JSON',
      {},
      { speed: 'fast' },
      { step: 5 },
      { step: 'soon' },
      { step: '-5m' },
      { speed: -1 },
    ])
      expect((await put(body)).status, JSON.stringify(body)).to.equal(400)
    expect((await server.send('/debug/clock', { method: 'POST' })).status).to.equal(405)
    expect(clock.now()).to.equal(Date.UTC(2026, 0, 1))
  })

  it('is not moved by whoever may not use the path', async () => {
    const headers = { authorization: 'Bearer jane-token' }
    expect((await server.send('/debug/clock', { method: 'PUT', headers, body: { step: '5m' } })).status).to.equal(403)
    expect((await server.send('/debug/clock', { headers })).status).to.equal(403)
  })
})
