// Clients that go away before they are answered, in both versions of HTTP.
import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import { connect, createServer as createHTTP2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { isGone, type Context } from './context.ts'

const goneOf = (res: unknown): boolean => isGone({ res } as Pick<Context, 'res'>)

/** Before and after the client goes. */
async function seen(server: Server, ask: (port: number) => () => void): Promise<boolean[]> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hangUp = ask((server.address() as AddressInfo).port)
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  const before = goneOf(response)
  hangUp()
  await once(response, 'close')
  const after = goneOf(response)
  server.close()
  return [before, after]
}

describe('isGone', () => {
  it('tells of a connection of HTTP/1.1 that is closed', async () => {
    const ask = (port: number) => {
      const sent = request({ host: '127.0.0.1', port, agent: false }).on('error', () => {})
      sent.end()
      return () => void sent.destroy()
    }
    expect(await seen(createServer(), ask)).to.deep.equal([false, true])
  })

  it('tells of a stream of HTTP/2 that is reset', async () => {
    const ask = (port: number) => {
      const session = connect(`http://127.0.0.1:${port}`)
      const stream = session.request({ ':path': '/' }).on('error', () => {})
      stream.on('close', () => session.close())
      return () => stream.close(8)
    }
    expect(await seen(createHTTP2Server(), ask)).to.deep.equal([false, true])
  })
})
