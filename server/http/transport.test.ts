// The TLS port: both versions of HTTP, users by certificate, and an end that ends everything.
import { expect } from 'chai'
import {
  connect,
  type ClientHttp2Session,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
  type Settings,
} from 'node:http2'
import { request } from 'node:https'
import { createConnection } from 'node:net'
import { connect as connectTLS } from 'node:tls'
import {
  newCertificateAuthority,
  newClientCertificate,
  newServingCertificate,
  type KeyPair,
} from '../authentication/certificates.ts'
import { clientCertificates } from '../authentication/client-certificate.ts'
import type { StatusError } from '../apimachinery/errors.ts'
import type { UserInfo } from '../apimachinery/types.ts'
import { requestHandler, type RequestHandler } from './app.ts'
import { readBody } from './body.ts'
import { chain, type Filter, type Handler } from './context.ts'
import { authentication } from './filters/authentication.ts'
import { listen, type Listener } from './transport.ts'

const now = Date.now()

describe('listen', () => {
  let authority: KeyPair
  let serving: KeyPair
  let jane: KeyPair
  let stranger: KeyPair
  let listener: Listener

  before(async () => {
    authority = await newCertificateAuthority('kubernetes', now)
    serving = await newServingCertificate(authority, ['127.0.0.1', 'localhost'], now)
    jane = await newClientCertificate(authority, { name: 'jane', groups: ['dev', 'ops'] }, now)
    stranger = await newClientCertificate(
      await newCertificateAuthority('kubernetes', now),
      { name: 'admin', groups: ['system:masters'] },
      now,
    )
  })

  function options(port = 0) {
    return {
      host: '127.0.0.1',
      port,
      certificate: serving.certificate,
      key: serving.key,
      clientAuthority: authority.certificate,
    }
  }

  beforeEach(async () => {
    listener = await listen(answering(chain([refused, authentication([clientCertificates], true)], answer)), options())
  })

  afterEach(() => listener.close())

  /** In place of the filter that makes a Status of them. */
  const refused: Filter = (next) => (ctx) => {
    try {
      return next(ctx)
    } catch (error) {
      ctx.body = { refused: (error as StatusError).code }
    }
  }

  const answering = (handle: Handler): RequestHandler => requestHandler(handle, () => {})

  const answer: Handler = (ctx) => {
    ctx.status = 200
    if (ctx.path === '/echo') return readBody(ctx).then((body) => void (ctx.body = body))
    if (ctx.path === '/forever') {
      ctx.respond = false
      ctx.res.write('begun')
      return
    }
    ctx.body = { httpVersion: ctx.req.httpVersion, user: ctx.state.user }
  }

  interface Answer {
    httpVersion: string
    user: UserInfo
  }

  function get(client?: KeyPair): Promise<Answer> {
    const pair = client === undefined ? {} : { cert: client.certificate, key: client.key }
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: listener.port, ca: authority.certificate, agent: false, ...pair },
        (message) => {
          let text = ''
          message.on('data', (chunk: Buffer) => (text += chunk.toString()))
          message.on('end', () => resolve(JSON.parse(text) as Answer))
        },
      )
      sent.on('error', reject)
      sent.end()
    })
  }

  function session(more: SecureClientSessionOptions = {}): ClientHttp2Session {
    return connect(`https://127.0.0.1:${listener.port}`, { ca: authority.certificate, ...more })
  }

  function getOver(client: ClientHttp2Session, headers: OutgoingHttpHeaders = { ':path': '/' }): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = client.request(headers)
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => resolve(JSON.parse(text) as Answer))
      stream.on('error', reject)
    })
  }

  it('speaks HTTP/1.1 and HTTP/2 on one port', async () => {
    expect(await get()).to.include({ httpVersion: '1.1' })
    const client = session()
    expect(await getOver(client)).to.include({ httpVersion: '2.0' })
    client.close()
  })

  it('knows users by a certificate of its authority, in both', async () => {
    const user = { name: 'jane', groups: ['dev', 'ops', 'system:authenticated'] }
    expect((await get(jane)).user).to.deep.include(user)
    const client = session({ cert: jane.certificate, key: jane.key })
    const answers = await Promise.all([getOver(client), getOver(client)])
    for (const answer of answers) expect(answer.user).to.deep.include(user)
    client.close()
  })

  it('knows nobody by no certificate', async () => {
    expect((await get()).user.name).to.equal('system:anonymous')
  })

  it('refuses who has a certificate of another authority', async () => {
    expect(await get(stranger)).to.deep.equal({ refused: 401 })
  })

  it('does not mind a client that speaks no TLS', async () => {
    const socket = createConnection(listener.port, '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()).on('error', () => {}))
    socket.end('GET / HTTP/1.1\r\n\r\n')
    socket.resume()
    await closed
    expect(await get()).to.include({ httpVersion: '1.1' })
  })

  /** All that comes back for bytes as they are, until the server closes, or until it has said `enough`. */
  function exchange(sent: string, enough?: string): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      const socket = connectTLS({ host: '127.0.0.1', port: listener.port, ca: authority.certificate }, () =>
        socket.write(sent),
      )
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (enough !== undefined && text.includes(enough)) socket.destroy()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
  }

  const head = 'GET / HTTP/1.1\r\nHost: a\r\n'
  const refusals: { name: string; sent: string; status: string }[] = [
    { name: 'no HTTP', sent: 'hello\r\n\r\n', status: '400 Bad Request' },
    { name: 'a name that is none', sent: `${head}A B: c\r\n\r\n`, status: '400 Bad Request: invalid header name' },
    {
      name: 'a version there is not',
      sent: 'GET / HTTP/3.7\r\n\r\n',
      status: '505 HTTP Version Not Supported: unsupported protocol version',
    },
    {
      name: 'headers above 1 MiB',
      sent: `${head}A: ${'a'.repeat(1_100_000)}\r\n\r\n`,
      status: '431 Request Header Fields Too Large',
    },
  ]
  for (const { name, sent, status } of refusals) {
    it(`says to ${name}: ${status}`, async () => {
      expect(await exchange(sent)).to.equal(
        `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
      )
    })
  }

  it('takes long paths and headers, in both', async () => {
    expect(await exchange(`${head}A: ${'a'.repeat(900_000)}\r\n\r\n`, '}}')).to.include('HTTP/1.1 200 OK')
    const client = session()
    expect(await getOver(client, { ':path': `/?${'a'.repeat(50_000)}` })).to.include({ httpVersion: '2.0' })
    client.close()
  })

  it('says at the beginning of HTTP/2 what a client may send', async () => {
    const client = session()
    const settings = await new Promise<Settings>((resolve) => client.once('remoteSettings', resolve))
    expect(settings).to.include({
      maxConcurrentStreams: 100,
      initialWindowSize: 256 * 1024,
      maxHeaderListSize: 1048896,
    })
    client.close()
  })

  it('asks for a body that waits to be asked for, when somebody wants it', async () => {
    const announced = 'Content-Length: 2\r\nExpect: 100-continue\r\n\r\n'
    expect(await exchange(`POST /echo HTTP/1.1\r\nHost: a\r\n${announced}`, 'Continue\r\n\r\n')).to.equal(
      'HTTP/1.1 100 Continue\r\n\r\n',
    )
    const answer = await exchange(`POST / HTTP/1.1\r\nHost: a\r\n${announced}`)
    expect(answer).to.match(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).to.include('Connection: close')
  })

  it('refuses a port that is taken', async () => {
    let code: string | undefined
    await listen(answering(answer), options(listener.port)).catch((error: NodeJS.ErrnoException) => (code = error.code))
    expect(code).to.equal('EADDRINUSE')
  })

  it('closes with requests under way, in both', async () => {
    const client = session()
    const stream = client.request({ ':path': '/forever' })
    const ends = [client, stream].map(
      (one) => new Promise<void>((resolve) => one.on('close', () => resolve()).on('error', () => {})),
    )
    await new Promise<void>((resolve) => stream.once('data', () => resolve()))
    const first = request({
      host: '127.0.0.1',
      port: listener.port,
      path: '/forever',
      ca: authority.certificate,
      agent: false,
    })
    ends.push(new Promise<void>((resolve) => first.on('close', () => resolve()).on('error', () => {})))
    await new Promise<void>((resolve) =>
      first.on('response', (message) => message.once('data', () => resolve()).on('error', () => {})).end(),
    )
    await listener.close()
    await Promise.all(ends)
  })
})
