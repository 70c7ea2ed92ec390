// The TLS port: both versions of HTTP, users by certificate, and an end that ends everything.
import { expect } from 'chai'
import { connect, type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2'
import { request } from 'node:https'
import { createConnection } from 'node:net'
import {
  newCertificateAuthority,
  newClientCertificate,
  newServingCertificate,
  type KeyPair,
} from '../authentication/certificates.ts'
import { clientCertificates } from '../authentication/client-certificate.ts'
import type { StatusError } from '../apimachinery/errors.ts'
import type { UserInfo } from '../apimachinery/types.ts'
import { listen, requestHandler, type Listener, type RequestHandler } from './app.ts'
import { chain, type Filter, type Handler } from './context.ts'
import { authentication } from './filters/authentication.ts'

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
    listener = await listen(answering(chain([refusals, authentication([clientCertificates], true)], answer)), options())
  })

  afterEach(() => listener.close())

  /** In place of the filter that makes a Status of them. */
  const refusals: Filter = (next) => (ctx) => {
    try {
      return next(ctx)
    } catch (error) {
      ctx.body = { refused: (error as StatusError).code }
    }
  }

  const answering = (handle: Handler): RequestHandler => requestHandler(handle, () => {})

  const answer: Handler = (ctx) => {
    ctx.status = 200
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

  function getOver(client: ClientHttp2Session): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = client.request({ ':path': '/' })
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
