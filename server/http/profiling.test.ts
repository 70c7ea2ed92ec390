// Profiles of the process, and who may have them.
import { expect } from 'chai'
import { authorizerFor, TestServer } from './testing.ts'

describe('profiling', () => {
  let server: TestServer

  beforeEach(async () => {
    server = await TestServer.start({ authorizer: authorizerFor() })
  })

  afterEach(() => server.close())

  it('tells where the time goes, to one client at a time', async () => {
    const first = server.send('/debug/pprof/profile?seconds=1')
    const second = await server.send('/debug/pprof/profile?seconds=1')
    expect(second).to.include({ status: 500, text: 'Could not enable CPU profiling: cpu profiling already in use\n' })
    const { status, headers, text } = await first
    expect(status).to.equal(200)
    expect(headers['content-disposition']).to.equal('attachment; filename="kubeling.cpuprofile"')
    expect(JSON.parse(text)).to.include.keys('nodes', 'samples', 'timeDeltas')
  })

  it('stops when the client has gone, and can be asked again', async () => {
    const gone = server.open('/debug/pprof/profile?seconds=60', { signal: AbortSignal.timeout(100) })
    expect(await gone.catch((error: Error) => error.name)).to.equal('AbortError')
    const again = async (): Promise<number> => (await server.send('/debug/pprof/profile?seconds=1')).status
    let status = await again()
    while (status === 500) status = await again()
    expect(status).to.equal(200)
  })

  it('shows the memory', async () => {
    const { headers, text } = await server.send('/debug/pprof/heap')
    expect(headers['content-type']).to.equal('application/octet-stream')
    expect(text.startsWith('{"snapshot":')).to.equal(true)
  })

  it('is refused to whoever may not read the path', async () => {
    const jane = { authorization: 'Bearer jane-token' }
    expect(await server.refusal('/debug/pprof/heap', { headers: jane })).to.equal(
      '403 Forbidden: forbidden: User "jane" cannot get path "/debug/pprof/heap"',
    )
  })

  it('is not there where it is switched off', async () => {
    const other = await TestServer.start({ profiling: false })
    expect((await other.send('/debug/pprof/heap')).status).to.equal(404)
    await other.close()
  })
})
