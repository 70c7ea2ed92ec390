// WebSockets as the real server speaks them: the handshake, frames, and what it says to a client's own frames.
// Source: golang.org/x/net/websocket, hybi.go and server.go; RFC 6455
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

/** A subprotocol that is a token: browsers can send no other header. */
export const bearerProtocolPrefix = 'base64url.bearer.authorization.k8s.io.'

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
const maskBit = 0x80
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
  /** Of a frame that nobody reads, still to come. */
  let ignoredBytes = 0
  const hear = (bytes: Buffer): void => {
    const ignored = Math.min(ignoredBytes, bytes.length)
    ignoredBytes -= ignored
    const rest = bytes.subarray(ignored)
    held = held.length === 0 ? rest : Buffer.concat([held, rest])
    for (;;) {
      const head = readHead(held)
      if (head === undefined) return
      if (!head.isMasked || head.opcode === opcodes.close) return hangUp(head)
      const end = head.bytes + head.size
      if (head.opcode === opcodes.ping && head.size <= maxControlBytes) {
        if (held.length < end) return
        answerPing(socket, unmasked(held, head))
      }
      ignoredBytes = Math.max(0, end - held.length)
      held = held.subarray(end)
    }
  }
  const hangUp = ({ isMasked }: FrameHead): void => {
    socket.off('data', hear)
    // What else it says is not heard, but that it is gone.
    socket.resume()
    // A client has to mask what it sends.
    if (!isMasked && socket.writable) socket.write(closeFrame(closeProtocolError))
    closeWebSocket(socket)
  }
  socket.on('data', hear)
  socket.on('end', () => socket.end())
}

/** Who asks without listening to the answers is not listened to. */
function answerPing(socket: Duplex, payload: Buffer): void {
  if (!socket.writable || socket.write(frameOf(opcodes.pong, payload)) || socket.isPaused()) return
  socket.pause()
  socket.once('drain', () => socket.resume())
}

interface FrameHead {
  readonly opcode: number
  readonly isMasked: boolean
  /** Of the head, with the mask at its end. */
  readonly bytes: number
  /** Of the payload. */
  readonly size: number
}

/** Undefined while it is not whole. */
function readHead(held: Buffer): FrameHead | undefined {
  if (held.length < 2) return undefined
  const opcode = held[0]! & 0x0f
  const isMasked = (held[1]! & maskBit) !== 0
  const short = held[1]! & ~maskBit
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const bytes = 2 + lengthBytes + (isMasked ? maskBytes : 0)
  if (held.length < bytes) return undefined
  const size = lengthBytes === 0 ? short : held.readUIntBE(lengthBytes === 8 ? 4 : 2, lengthBytes === 8 ? 6 : 2)
  return { opcode, isMasked, bytes, size }
}

function unmasked(held: Buffer, { bytes, size }: FrameHead): Buffer {
  const payload = Buffer.from(held.subarray(bytes, bytes + size))
  for (let at = 0; at < size; at++) payload[at]! ^= held[bytes - maskBytes + (at % maskBytes)]!
  return payload
}
