// How the frames of a watch reach its client: in chunks of HTTP/1.1, on a stream of HTTP/2, or over a WebSocket.
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { closeWebSocket } from './websocket.ts'

/** Where a watch writes to. */
export interface WatchTransport {
  /** Bytes that were wrapped under this name can be sent by every transport that has it. */
  readonly framing: string
  readonly isClosed: boolean
  /** What stands before and after frames of so many bytes. */
  wrapping(size: number): { readonly before: Buffer; readonly after: Buffer }
  /**
   * @param done called when the bytes are needed no more, with an error where nobody knows
   * @returns false: the client is to read first; `onDrain` is called when it has
   */
  send(bytes: Buffer, done?: (error?: Error | null) => void): boolean
  onDrain(callback: () => void): void
  /** After what was sent, the answer is complete. */
  end(): void
  /** Cuts the answer off. */
  destroy(): void
}

/** @param response whose head is sent already */
export function transportOf(response: ServerResponse): WatchTransport {
  // Koa calls both by one name.
  const { stream } = response as { stream?: ServerHttp2Stream }
  if (stream !== undefined) return new PlainTransport(response, stream)
  const { socket } = response
  const hasChunks = response.getHeader('Transfer-Encoding') === 'chunked'
  return socket !== null && hasChunks ? new ChunkedTransport(response, socket) : new PlainTransport(response, response)
}

/** A stream of HTTP/2; and an answer that ends with its connection, or that waits until others on it are complete. */
class PlainTransport implements WatchTransport {
  readonly framing = 'plain'
  readonly #response: ServerResponse
  readonly #writable: ServerResponse | ServerHttp2Stream

  constructor(response: ServerResponse, writable: ServerResponse | ServerHttp2Stream) {
    this.#response = response
    this.#writable = writable
  }

  get isClosed(): boolean {
    return this.#writable.destroyed
  }

  wrapping(): typeof bare {
    return bare
  }

  send(bytes: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.#writable.write(bytes, done)
  }

  onDrain(callback: () => void): void {
    this.#writable.on('drain', callback)
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/**
 * HTTP/1.1: whole chunks, with their heads, go to the socket as one. Node's own answer would write each chunk in three
 * pieces for each watcher, and put them together again for TLS.
 */
class ChunkedTransport implements WatchTransport {
  readonly framing = 'chunked'
  readonly #response: ServerResponse
  readonly #socket: Socket

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response
    this.#socket = socket
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  wrapping(size: number): { before: Buffer; after: Buffer } {
    return { before: Buffer.from(`${size.toString(16)}\r\n`), after: chunkEnd }
  }

  send(bytes: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.#socket.write(bytes, done)
  }

  onDrain(callback: () => void): void {
    const socket = this.#socket
    socket.on('drain', callback)
    // The connection may serve other requests afterwards.
    this.#response.once('close', () => socket.off('drain', callback))
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/** The messages of a WebSocket, and nothing around them. */
export class WebSocketTransport implements WatchTransport {
  readonly framing = 'plain'
  readonly #socket: Socket

  /** @param socket that has shaken hands */
  constructor(socket: Socket) {
    this.#socket = socket
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded
  }

  wrapping(): typeof bare {
    return bare
  }

  send(bytes: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.#socket.write(bytes, done)
  }

  onDrain(callback: () => void): void {
    this.#socket.on('drain', callback)
  }

  end(): void {
    closeWebSocket(this.#socket)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

const nothing = Buffer.alloc(0)
const bare = { before: nothing, after: nothing }
const chunkEnd = Buffer.from('\r\n')
