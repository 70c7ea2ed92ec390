// A client of HTTP/2 as client-go's transport is one: large windows, many streams on a connection.
import { connect, type ClientHttp2Session } from 'node:http2'
import type { Endpoint } from './endpoint.ts'

const streamWindow = 4 * 2 ** 20
const connectionWindow = 2 ** 30

export interface Stream {
  readonly status: number
  /** Resolves when the other side has ended it, with the bytes of the body. */
  readonly ended: Promise<number>
}

export class Http2Client {
  readonly #session: ClientHttp2Session
  readonly #endpoint: Endpoint

  private constructor(session: ClientHttp2Session, endpoint: Endpoint) {
    this.#session = session
    this.#endpoint = endpoint
  }

  static open(endpoint: Endpoint): Promise<Http2Client> {
    return new Promise((resolve, reject) => {
      const { host, port, certificate, key } = endpoint
      const session = connect(`https://${host}:${port}`, {
        rejectUnauthorized: false,
        settings: { initialWindowSize: streamWindow, enablePush: false },
        ...(certificate !== undefined && { cert: certificate }),
        ...(key !== undefined && { key }),
      })
      session.once('error', reject)
      session.once('connect', () => {
        session.off('error', reject)
        session.on('error', () => {})
        session.setLocalWindowSize(connectionWindow)
        resolve(new Http2Client(session, endpoint))
      })
    })
  }

  /** Resolves once there are headers; told of each piece of the body as it came. */
  get(path: string, headers: Readonly<Record<string, string>>, onData: (piece: Buffer) => void): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const { token } = this.#endpoint
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const stream = this.#session.request({
        ':path': path,
        'user-agent': 'kubeling-bench',
        ...authorization,
        ...headers,
      })
      const { promise: ended, resolve: end } = Promise.withResolvers<number>()
      let bytes = 0
      stream.on('error', reject)
      stream.on('response', (answer) => resolve({ status: answer[':status'] ?? 0, ended }))
      stream.on('data', (piece: Buffer) => {
        bytes += piece.length
        onData(piece)
      })
      stream.on('end', () => end(bytes))
    })
  }

  close(): void {
    this.#session.destroy()
  }
}
