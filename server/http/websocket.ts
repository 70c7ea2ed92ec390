// WebSockets as the real server speaks them: the handshake, frames, and what it says to a client's own frames.
// Source: golang.org/x/net/websocket, hybi.go and server.go; RFC 6455
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerProtocolPrefix } from './filters/authentication.ts'

/** Source: apimachinery/pkg/util/httpstream/wsstream, IsWebSocketRequest (v1.36) */
export function isWebSocketRequest({ connection = '', upgrade = '' }: IncomingHttpHeaders): boolean {
  return /(^|.*,\s*)upgrade($|\s*,)/i.test(connection) && upgrade.toLowerCase() === 'websocket'
}

const acceptedVersion = '13'
const keySuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The head of the answer, and whether it is a yes. What is refused is not even told in HTTP's usual form. */
export function shakeHands(headers: IncomingHttpHeaders): { readonly accepted: boolean; readonly head: string } {
  const refuse = (head: string) => ({ accepted: false, head })
  const key = headers['sec-websocket-key'] ?? ''
  if (key === '') return refuse('HTTP/1.1 400 Bad Request\r\n\r\nmismatch challenge/response')
  if (headers['sec-websocket-version'] !== acceptedVersion) {
    const version = `Sec-WebSocket-Version: ${acceptedVersion}`
    return refuse(`HTTP/1.1 400 Bad Request\r\n${version}\r\n\r\nmissing or bad WebSocket Version`)
  }
  if (!isOrigin(headers.origin ?? '')) return refuse('HTTP/1.1 403 Forbidden\r\n\r\n')
  const protocols = protocolsOf(headers['sec-websocket-protocol'] ?? '')
  if (protocols.length > 1) return refuse('HTTP/1.1 400 Bad Request\r\n\r\n')
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1')
      .update(key + keySuffix)
      .digest('base64')}`,
    ...protocols.map((protocol) => `Sec-WebSocket-Protocol: ${protocol}`),
  ]
  return { accepted: true, head: `${lines.join('\r\n')}\r\n\r\n` }
}

/** Browsers say where a page came from; others must, too. */
function isOrigin(origin: string): boolean {
  return origin.startsWith('/') || URL.canParse(origin)
}

/** A token that came this way is for nobody else to see. */
function protocolsOf(header: string): string[] {
  if (header.trim() === '') return []
  return header
    .split(',')
    .map((one) => one.trim())
    .filter((one) => !one.startsWith(bearerProtocolPrefix))
}

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 }
const isLast = 0x80
const isMasked = 0x80
const maskBytes = 4
const closeNormal = 1000
const closeProtocolError = 1002
/** Longer ones are not answered. */
const maxControlBytes = 125

/** The head of a message of so many bytes, which is one frame. */
export function messageHead(type: 'text' | 'binary', size: number): Buffer {
  return frameHead(opcodes[type], size)
}

function frameHead(opcode: number, size: number): Buffer {
  const head = Buffer.alloc(size < 126 ? 2 : size < 0x10000 ? 4 : 10)
  head[0] = isLast | opcode
  head[1] = size < 126 ? size : size < 0x10000 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(size, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2)
  return head
}

const frameOf = (opcode: number, payload: Buffer): Buffer => Buffer.concat([frameHead(opcode, payload.length), payload])

function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return frameOf(opcodes.close, payload)
}

/** Says goodbye, and ends the connection. */
export function closeWebSocket(socket: Duplex): void {
  if (socket.writable) socket.end(closeFrame(closeNormal))
}

/** Reads what the client of a one-way stream says: pings are answered, data is ignored, and a close ends it. */
export function hearClient(socket: Duplex): void {
  let held: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    for (;;) {
      const frame = readFrame(held)
      if (frame === undefined) return
      held = held.subarray(frame.bytes)
      if (!frame.masked) {
        // A client has to mask what it sends.
        if (socket.writable) socket.write(closeFrame(closeProtocolError))
        return closeWebSocket(socket)
      }
      if (frame.opcode === opcodes.close) return closeWebSocket(socket)
      if (frame.opcode === opcodes.ping && frame.payload.length <= maxControlBytes && socket.writable)
        socket.write(frameOf(opcodes.pong, frame.payload))
    }
  })
  socket.on('end', () => socket.end())
}

interface Frame {
  readonly opcode: number
  readonly masked: boolean
  readonly payload: Buffer
  /** Of all of it. */
  readonly bytes: number
}

/** Undefined while it is not whole. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined
  const opcode = bytes[0]! & 0x0f
  const masked = (bytes[1]! & isMasked) !== 0
  const short = bytes[1]! & ~isMasked
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + lengthBytes + (masked ? maskBytes : 0)
  if (bytes.length < start) return undefined
  const size = lengthBytes === 0 ? short : bytes.readUIntBE(lengthBytes === 8 ? 4 : 2, lengthBytes === 8 ? 6 : 2)
  if (bytes.length < start + size) return undefined
  const payload = Buffer.from(bytes.subarray(start, start + size))
  if (masked) for (let at = 0; at < size; at++) payload[at]! ^= bytes[start - maskBytes + (at % maskBytes)]!
  return { opcode, masked, payload, bytes: start + size }
}
