// A connection of HTTP/1.1 over TLS that costs little: one request at a time, written by hand, its answer cut by hand.
// Node's own client takes about as long for a request as the server that is measured, on a machine that both share.
import { connect, type TLSSocket } from 'node:tls'
import type { Endpoint } from './endpoint.ts'

export interface Response {
  readonly status: number
  /** Of the body as it came, compressed or not. */
  readonly bytes: number
  /** Empty unless it was asked for. */
  readonly body: Buffer
}

interface Pending {
  readonly keepsBody: boolean
  /** Of a stream: told of each piece of the body, from the moment when there are headers. */
  readonly onData: ((piece: Buffer) => void) | undefined
  readonly onHead: ((status: number) => void) | undefined
  readonly resolve: (response: Response) => void
  readonly reject: (error: Error) => void
}

type Framing = { kind: 'length'; left: number } | { kind: 'chunked'; left: number; isLast: boolean }

const endOfHead = Buffer.from('\r\n\r\n')
const nothing = Buffer.alloc(0)

export class Connection {
  readonly #socket: TLSSocket
  readonly #headers: string
  #pending: Pending | undefined
  #rest: Buffer = nothing
  #framing: Framing | undefined
  #status = 0
  #bytes = 0
  #pieces: Buffer[] = []
  #hasEnded = false

  private constructor(socket: TLSSocket, { host, port, token }: Endpoint) {
    this.#socket = socket
    this.#headers = `Host: ${host}:${port}\r\nUser-Agent: kubeling-bench\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}`
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('end', () => (this.#hasEnded = true))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  static open(endpoint: Endpoint): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { host, port, certificate, key } = endpoint
      const socket = connect({
        host,
        port,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...(certificate !== undefined && { cert: certificate }),
        ...(key !== undefined && { key }),
      })
      socket.setNoDelay(true)
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket, endpoint))
      })
    })
  }

  /** Servers close connections that have been idle for a while. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#hasEnded
  }

  /** @param headers whole lines, each with its line end; @param keepsBody else the answer's body is only counted */
  ask(method: string, path: string, headers = '', body = '', keepsBody = false): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#send({ keepsBody, onData: undefined, onHead: undefined, resolve, reject }, method, path, headers, body)
    })
  }

  /** A watch: resolves with the status once there are headers, and tells of each piece of the body from then on. */
  stream(path: string, headers: string, onData: (piece: Buffer) => void): Promise<number> {
    return new Promise((onHead, reject) => {
      this.#send({ keepsBody: false, onData, onHead, resolve: () => {}, reject }, 'GET', path, headers, '')
    })
  }

  close(): void {
    this.#pending = undefined
    this.#socket.destroy()
  }

  #send(pending: Pending, method: string, path: string, headers: string, body: string): void {
    if (!this.isOpen) return pending.reject(new Error('the connection is closed'))
    this.#pending = pending
    const length = body === '' && method !== 'POST' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#headers}${headers}${length}\r\n${body}`)
  }

  #fail(error: Error): void {
    this.#pending?.reject(error)
    this.#pending = undefined
  }

  #take(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = nothing
    while (data.length > 0) {
      const used = this.#framing === undefined ? this.#takeHead(data) : this.#takeBody(data, this.#framing)
      if (used === 0) {
        this.#rest = data
        return
      }
      data = data.subarray(used)
    }
  }

  /** @returns how many bytes were used; 0 when there are too few */
  #takeHead(data: Buffer): number {
    const end = data.indexOf(endOfHead)
    if (end < 0) return 0
    const head = data.toString('latin1', 0, end).toLowerCase()
    this.#status = Number(head.slice(9, 12))
    this.#bytes = 0
    this.#pieces = []
    const at = head.indexOf('\r\ncontent-length:')
    if (at >= 0) this.#framing = { kind: 'length', left: Number.parseInt(head.slice(at + 17), 10) }
    else if (head.includes('\r\ntransfer-encoding: chunked'))
      this.#framing = { kind: 'chunked', left: 0, isLast: false }
    else this.#framing = { kind: 'length', left: 0 }
    this.#pending?.onHead?.(this.#status)
    if (this.#framing.kind === 'length' && this.#framing.left === 0) this.#end()
    return end + 4
  }

  #takeBody(data: Buffer, framing: Framing): number {
    if (framing.left > 0) {
      const piece = data.length <= framing.left ? data : data.subarray(0, framing.left)
      framing.left -= piece.length
      this.#bytes += piece.length
      if (this.#pending?.onData !== undefined) this.#pending.onData(piece)
      else if (this.#pending?.keepsBody === true) this.#pieces.push(piece)
      if (framing.kind === 'length' && framing.left === 0) this.#end()
      return piece.length
    }
    if (framing.kind === 'length') return 0
    return this.#takeChunkSize(data, framing)
  }

  /** Also the line end behind the chunk before it: what is left of that is an empty line. */
  #takeChunkSize(data: Buffer, framing: Extract<Framing, { kind: 'chunked' }>): number {
    const end = data.indexOf(10)
    if (end < 0) return 0
    if (end <= 1) {
      if (framing.isLast) this.#end()
      return end + 1
    }
    framing.left = Number.parseInt(data.toString('latin1', 0, end), 16)
    framing.isLast = framing.left === 0
    return end + 1
  }

  #end(): void {
    this.#framing = undefined
    const pending = this.#pending
    this.#pending = undefined
    const [first = nothing] = this.#pieces
    const body = this.#pieces.length <= 1 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    pending?.resolve({ status: this.#status, bytes: this.#bytes, body })
  }
}
