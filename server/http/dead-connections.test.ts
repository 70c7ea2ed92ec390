// Clients of HTTP/2 that reset their connection in the middle of an answer.
import { expect } from 'chai'
import { once } from 'node:events'
import { connect, createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { connect as connectTCP, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { newCertificateAuthority, newServingCertificate } from '../authentication/certificates.ts'
import { endDeadConnections } from './dead-connections.ts'

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('endDeadConnections', () => {
  it('ends what nobody reads any more, and nothing else', async () => {
    const authority = await newCertificateAuthority('a', Date.now())
    const { certificate, key } = await newServingCertificate(authority, ['127.0.0.1'], Date.now())
    const server = createSecureServer({ cert: certificate, key })
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    let sessions = 0
    server.on('session', (session) => {
      sessions++
      session.on('error', () => {}).on('close', () => sessions--)
    })
    const port = await portOf(server)
    const stop = endDeadConnections(sockets, 10)

    // The proxy reads the beginning of an answer, and then resets the connection.
    let toServer: Socket | undefined
    const proxy = createServer((fromClient) => {
      toServer = connectTCP(port, '127.0.0.1')
      fromClient.pipe(toServer)
      fromClient.on('error', () => {})
      toServer.on('error', () => {})
      toServer.on('data', (bytes) => {
        fromClient.write(bytes)
        if (toServer!.bytesRead > 100_000) toServer!.pause()
      })
    })
    const ca = authority.certificate
    const settings = { initialWindowSize: 2 ** 30 }
    const client = connect(`https://127.0.0.1:${await portOf(proxy)}`, { ca, settings }).on('error', () => {})
    client.on('connect', () => client.setLocalWindowSize(2 ** 30))
    client
      .request({ ':path': '/' })
      .on('error', () => {})
      .resume()
    const [, response] = (await once(server, 'request')) as [Http2ServerRequest, Http2ServerResponse]
    let isClosed = false
    response.on('close', () => (isClosed = true))
    let written = 0
    const part = Buffer.alloc(256 * 1024)
    const write = (): void =>
      void response.write(part, 'latin1', (error?: Error | null) => {
        written++
        if (error === undefined || error === null) write()
      })
    write()
    const other = connect(`https://127.0.0.1:${port}`, { ca })
    await once(other, 'connect')
    while (toServer?.isPaused() !== true) await new Promise((resolve) => setImmediate(resolve))
    // All buffers on the way are full.
    for (let before = -1; before !== written;) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(isClosed).to.equal(false)
    toServer.resetAndDestroy()
    while (!isClosed || sessions > 1) await new Promise((resolve) => setImmediate(resolve))
    expect(sockets.size).to.equal(1)
    expect(other.closed).to.equal(false)

    stop()
    client.destroy()
    other.close()
    proxy.close()
    server.close()
    await once(server, 'close')
  })
})
