// Watches over WebSockets: the handshake, messages, and what is said to a client's own frames.
import { expect } from 'chai'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Duplex, PassThrough, Writable } from 'node:stream'
import { configMap } from '../endpoints/testing.ts'
import { decodeProtobufWatchFrame } from './codec/protobuf.ts'
import { configMaps, TestServer } from './testing.ts'
import { hearClient } from './websocket.ts'

interface Message {
  readonly opcode: number
  readonly payload: Buffer
}

/** A client that reads frames of up to 64 KiB. */
class Client {
  readonly headers: IncomingHttpHeaders
  readonly #socket: Duplex
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer

  constructor(headers: IncomingHttpHeaders, socket: Duplex, head: Buffer) {
    this.headers = headers
    this.#socket = socket
    this.#held = head
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  send(opcode: number, text: string, isMasked = true): void {
    const payload = Buffer.from(text)
    const head = [0x80 | opcode, (isMasked ? 0x80 : 0) | payload.length, ...(isMasked ? [0, 0, 0, 0] : [])]
    this.#socket.write(Buffer.concat([Buffer.from(head), payload]))
  }

  /** Undefined: the connection is over. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const short = this.#held[1] ?? 0
      const start = short === 126 ? 4 : 2
      if (this.#held.length >= start) {
        const size = short === 126 ? this.#held.readUInt16BE(2) : short
        if (this.#held.length >= start + size) {
          const message = { opcode: this.#held[0]! & 0x0f, payload: this.#held.subarray(start, start + size) }
          this.#held = this.#held.subarray(start + size)
          return message
        }
      }
      const { done, value } = await this.#chunks.next()
      if (done === true) return undefined
      this.#held = Buffer.concat([this.#held, value])
    }
  }
}

const text = 1
const binary = 2
const close = 8
const ping = 9
const pong = 10
const normal = Buffer.from([0x03, 0xe8])
const protocolError = Buffer.from([0x03, 0xea])

describe('a watch over a WebSocket', () => {
  let server: TestServer
  const sockets: Duplex[] = []

  beforeEach(async () => {
    server = await TestServer.start()
    await server.api.create('configmaps', configMap('a', { k: 'v' }))
  })

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await server.close()
  })

  const handshake = {
    authorization: 'Bearer admin-token',
    connection: 'Upgrade',
    upgrade: 'websocket',
    origin: 'https://example.com',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }

  const send = (path: string, headers: object) => {
    const own = Object.fromEntries(Object.entries({ ...handshake, ...headers }).filter(([, value]) => value !== ''))
    const sent = request({ host: '127.0.0.1', port: server.port, path, agent: false, headers: own })
    sent.end()
    return sent
  }

  const open = async (query = '', headers = {}, path = `${configMaps}?watch=1&`): Promise<Client> => {
    const [message, socket, head] = (await once(send(path + query, headers), 'upgrade')) as [
      IncomingMessage,
      Duplex,
      Buffer,
    ]
    sockets.push(socket)
    return new Client(message.headers, socket, head)
  }

  const refusal = async (headers: object, query = ''): Promise<string> => {
    const [message] = (await once(send(`${configMaps}?watch=1&${query}`, headers), 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of message) body += String(chunk)
    return `${message.statusCode} ${body}`
  }

  it('has a text message for each event', async () => {
    const client = await open()
    expect(client.headers).to.deep.equal({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    })
    const first = (await client.next())!
    expect(first.opcode).to.equal(text)
    expect(JSON.parse(first.payload.toString())).to.deep.include({ type: 'ADDED' })
    expect(first.payload.at(-1)).to.equal(0x0a)
    await server.api.create('configmaps', configMap('b', { k: 'v'.repeat(300) }))
    await server.api.delete('configmaps', 'b')
    expect(JSON.parse((await client.next())!.payload.toString())).to.deep.include({ type: 'ADDED' })
    expect(JSON.parse((await client.next())!.payload.toString())).to.deep.include({ type: 'DELETED' })
  })

  it('has binary messages of protobuf, without a length of their own', async () => {
    const client = await open('', { accept: 'application/vnd.kubernetes.protobuf' })
    const { opcode, payload } = (await client.next())!
    expect(opcode).to.equal(binary)
    expect(decodeProtobufWatchFrame(payload)).to.deep.include({ type: 'ADDED' })
  })

  it('is to be had on the old path, too', async () => {
    const client = await open('', {}, '/api/v1/watch/namespaces/default/configmaps')
    expect((await client.next())!.opcode).to.equal(text)
  })

  it('says goodbye when its time is over', async () => {
    const client = await open('timeoutSeconds=5')
    await client.next()
    server.api.clock.step(5_000)
    expect(await client.next()).to.deep.equal({ opcode: close, payload: normal })
    expect(await client.next()).to.equal(undefined)
  })

  it('answers pings, and has nothing to say to data', async () => {
    const client = await open()
    await client.next()
    client.send(text, 'hello')
    client.send(ping, 'hi')
    expect(await client.next()).to.deep.equal({ opcode: pong, payload: Buffer.from('hi') })
  })

  it('keeps nothing of data, however much of it is announced', async () => {
    const socket = new PassThrough()
    const told: Buffer[] = []
    const client = Duplex.from({
      readable: socket,
      writable: new Writable({ write: (bytes: Buffer, _, done) => (told.push(bytes), done()) }),
    })
    hearClient(client)
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 1, 2, 3, 4])
    for (const at of head) socket.write(Buffer.from([at]))
    const before = performance.now()
    const part = Buffer.alloc(0x10000)
    for (let sent = 0; sent < 0x10000000; sent += part.length) if (!socket.write(part)) await once(socket, 'drain')
    expect(performance.now() - before).to.be.lessThan(5_000)
    socket.write(Buffer.from([0x89, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]))
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(Buffer.concat(told).toString('latin1')).to.equal('\x8a\x02hi')
  }).timeout(10_000)

  it('ends with a close, and with a frame that is not masked', async () => {
    const polite = await open()
    await polite.next()
    polite.send(close, '')
    expect(await polite.next()).to.deep.equal({ opcode: close, payload: normal })
    expect(await polite.next()).to.equal(undefined)
    const rude = await open()
    await rude.next()
    rude.send(text, 'AB', false)
    expect(await rude.next()).to.deep.equal({ opcode: close, payload: protocolError })
    expect(await rude.next()).to.deep.equal({ opcode: close, payload: normal })
  })

  it('has the one protocol that is asked for beside a token', async () => {
    const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('admin-token').toString('base64url')}`
    const client = await open('', { authorization: '', 'sec-websocket-protocol': `${token}, base64.binary.k8s.io` })
    expect(client.headers['sec-websocket-protocol']).to.equal('base64.binary.k8s.io')
    expect(await refusal({ authorization: '', 'sec-websocket-protocol': token })).to.match(/^401 /)
    expect(await refusal({ 'sec-websocket-protocol': 'a, b' })).to.equal('400 ')
  })

  it('is refused before the handshake, as every watch is', async () => {
    expect(await refusal({}, 'labelSelector=((')).to.match(/^400 .*"reason":"BadRequest"/)
    expect(await refusal({ authorization: 'Bearer x' })).to.match(/^401 /)
  })

  it('is refused in the handshake', async () => {
    expect(await refusal({ origin: '' })).to.equal('403 ')
    expect(await refusal({ origin: 'null' })).to.equal('403 ')
    expect(await refusal({ 'sec-websocket-key': '' })).to.equal('400 mismatch challenge/response')
    expect(await refusal({ 'sec-websocket-version': '8' })).to.equal('400 missing or bad WebSocket Version')
  })

  it('is an answer of HTTP where no upgrade is asked for in full', async () => {
    const message = (await once(send(`${configMaps}?watch=1`, { connection: 'close' }), 'response')) as [
      IncomingMessage,
    ]
    expect(message[0].statusCode).to.equal(200)
    message[0].destroy()
  })

  it('stops when the client goes', async () => {
    const sent = send(`${configMaps}?watch=1`, {})
    const [, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex]
    expect(server.api.clock.pendingTimers).to.be.greaterThan(0)
    socket.destroy()
    while (server.api.clock.pendingTimers > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})
