// The download of a snapshot, and who may have it.
import { expect } from 'chai'
import { readSnapshot } from '../storage/snapshot-file.ts'
import { authorizerFor, TestServer } from './testing.ts'

describe('snapshotDownload', () => {
  let server: TestServer

  beforeEach(async () => {
    server = await TestServer.start({ authorizer: authorizerFor() })
  })

  afterEach(() => server.close())

  it('gives a whole snapshot', async () => {
    const { status, bytes, headers } = await server.send('/debug/snapshot')
    expect([status, headers['content-type']]).to.deep.equal([200, 'application/octet-stream'])
    const records = readSnapshot(
      (async function* () {
        yield bytes
      })(),
    )
    let next = await records.next()
    while (next.done !== true) next = await records.next()
    expect(next.value.revision).to.equal(server.api.store.revision)
  })

  it('is refused to whoever may not read the path, and to other methods', async () => {
    const jane = { authorization: 'Bearer jane-token' }
    expect((await server.send('/debug/snapshot', { headers: jane })).status).to.equal(403)
    expect((await server.send('/debug/snapshot', { method: 'POST' })).status).to.equal(405)
  })
})
