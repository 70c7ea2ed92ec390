// The TLS port: both versions of HTTP, the limits of a connection, and what is said to clients that nobody understands.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { RequestHandler } from './app.ts'
import { endDeadConnections } from './dead-connections.ts'
import { acceptUpgrades } from './upgrade.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** PEM. */
  readonly certificate: string
  readonly key: string
  readonly clientAuthority: string
}

export interface Listener {
  readonly port: number
  /** Refuses new connections, ends idle ones, and cuts what is still open. */
  close(): Promise<void>
}

/** What a client may send on a stream before anybody has read it: most bodies are smaller. */
const uploadBytesPerStream = 256 * 1024
const streamsPerConnection = 100
const headerBytes = 1024 * 1024

/**
 * As the real server has it. Node's own values would close an idle connection after 5 s, just when a client writes to it,
 * refuse long selectors, and cut off an upload that takes more than 5 minutes.
 * Source: apiserver/pkg/server, SecureServingInfo.Serve (v1.36); Go net/http
 */
const transport = {
  keepAliveTimeout: 90_000,
  headersTimeout: 32_000,
  requestTimeout: 0,
  maxHeaderSize: headerBytes,
  maxHeaderListPairs: 4096,
  /** It is missed where the answer can say so. */
  requireHostHeader: false,
  settings: {
    maxConcurrentStreams: streamsPerConnection,
    initialWindowSize: uploadBytesPerStream,
    maxFrameSize: uploadBytesPerStream,
    maxHeaderListSize: headerBytes + 320,
  },
  /** In MB: what the answers of a connection's streams may have waiting. Slow watchers are cut off one by one. */
  maxSessionMemory: 256,
  noDelay: true,
  /** Clients that vanish without a word are noticed, and their watches end. */
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

/** HTTP/2 and HTTP/1.1 on one TLS port, by ALPN. @throws the socket's error, for instance EADDRINUSE */
export async function listen(handle: RequestHandler, options: ListenOptions): Promise<Listener> {
  const server = createSecureServer(
    {
      cert: options.certificate,
      key: options.key,
      ca: options.clientAuthority,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
      ...transport,
    },
    handle,
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Whoever is refused before may send what was announced, or not: nobody could tell what comes next. See readBody.
    response.shouldKeepAlive = false
    handle(request, response)
  })
  acceptUpgrades(server, handle)
  const sockets = trackSockets(server)
  const sessions = trackSessions(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const stopLooking = endDeadConnections(sockets)
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      stopLooking()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function trackSockets(server: Http2SecureServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  // A client that goes away in the middle of a handshake or a request is nothing to report.
  server.on('tlsClientError', () => {})
  server.on('clientError', refuseUnreadable)
  return sockets
}

function trackSessions(server: Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(uploadBytesPerStream * streamsPerConnection)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  return sessions
}

/** Time for a client to read a refusal while it still sends. */
const lingerMs = 500

/** By the code of Node's parser. Source: Go net/http, conn.serve */
const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_INVALID_VERSION: '505 HTTP Version Not Supported: unsupported protocol version',
  HPE_INVALID_HEADER_TOKEN: '400 Bad Request: invalid header name',
}

const refused = new WeakSet<Socket>()

/** What Go says to what is no request, and then closes. Further bytes of the same nonsense are told here again. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (refused.has(socket)) return
  const isParsed = error.code?.startsWith('HPE_') === true
  // In the middle of a body, or of an answer, there is no way to say anything.
  const isAnswering = Boolean((socket as { _httpMessage?: unknown })._httpMessage)
  if (!isParsed || isAnswering || !socket.writable) return void socket.destroy()
  refused.add(socket)
  const status = refusals[error.code!] ?? '400 Bad Request'
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`
  socket.end(head + status)
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
