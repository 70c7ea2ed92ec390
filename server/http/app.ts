// The filter chain, in the order in which a request travels it, and the TLS port it listens on.
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import Koa from 'koa'
import type { Authenticator } from '../authentication/authenticator.ts'
import type { Authorizer } from '../authorization/authorizer.ts'
import type { ClusterClock } from '../apimachinery/cluster-clock.ts'
import type { Snapshot } from '../storage/store.ts'
import { clusterClock } from './clock.ts'
import { chain, type Context, type Handler, type RequestState } from './context.ts'
import { documents, type Documents } from './documents.ts'
import { authentication } from './filters/authentication.ts'
import { authorization } from './filters/authorization.ts'
import { deadline } from './filters/deadline.ts'
import { errors } from './filters/errors.ts'
import { impersonation } from './filters/impersonation.ts'
import { logging, type RequestLog } from './filters/logging.ts'
import { metrics, type Metrics } from './filters/metrics.ts'
import { requestInfo } from './filters/request-info.ts'
import { profiling } from './profiling.ts'
import { notFound, resourceRoutes, type Services } from './routes.ts'
import { schedulerExplanation, type ExplainScheduling } from './scheduler-explanation.ts'
import { snapshotDownload } from './snapshot.ts'

export interface AppOptions {
  readonly authenticators: readonly Authenticator[]
  readonly allowAnonymous: boolean
  readonly authorizer: Authorizer
  readonly services: Services
  readonly documents: Documents
  readonly metrics: Metrics
  /** The picture of now, for backups. */
  snapshot(): Snapshot
  /** For people who want to know why a pod goes where it goes. */
  readonly explainScheduling: ExplainScheduling
  /** For people who stop time, and move it on. */
  readonly clock: ClusterClock
  /** Whether profiles of the process can be had. */
  readonly profiling: boolean
  log(message: string, error: unknown): void
  /** Told of every request; absent where nobody wants to know. */
  readonly logRequest: RequestLog | undefined
}

/** Answers requests, of either version of HTTP. */
export type RequestHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void

export function createApp(options: AppOptions): RequestHandler {
  return requestHandler(
    chain(
      [
        requestInfo,
        ...(options.logRequest === undefined ? [] : [logging(options.logRequest)]),
        metrics(options.metrics),
        errors(options.log),
        deadline,
        authentication(options.authenticators, options.allowAnonymous),
        impersonation(options.authorizer),
        authorization(options.authorizer),
        resourceRoutes(options.services),
        documents(options.documents),
        snapshotDownload(() => options.snapshot()),
        schedulerExplanation(options.explainScheduling),
        clusterClock(options.clock),
        ...(options.profiling ? [profiling] : []),
      ],
      notFound,
    ),
    options.log,
  )
}

/** @param log told of what a handler throws: there should be nothing left to throw */
export function requestHandler(handle: Handler, log: AppOptions['log']): RequestHandler {
  const koa = new LastWord()
  return (request, response) => {
    // The compatible forms of HTTP/2 do all that is asked of them here.
    const ctx = koa.createContext<RequestState>(request as IncomingMessage, response as ServerResponse)
    ctx.res.statusCode = 404
    const failed = (error: unknown): void => {
      log(`${ctx.method} ${ctx.path} failed`, error)
      ctx.res.destroy()
    }
    const finished = (): void => {
      if (ctx.respond !== false) koa.answer(ctx)
    }
    try {
      const answered = handle(ctx)
      if (answered instanceof Promise) answered.then(finished).catch(failed)
      else finished()
    } catch (error) {
      failed(error)
    }
  }
}

/**
 * Koa, for its contexts and for answers that are set on them: documents, texts, streams. What is asked for all the time is
 * written to the response by itself; that is half of what a small answer costs.
 */
class LastWord extends Koa<RequestState> {
  readonly #respond: ReturnType<Koa['callback']>
  #answered: Context | undefined
  #status = 0

  constructor() {
    super()
    this.silent = true
    // It begins every answer as a 404.
    this.use((ctx) => void (ctx.res.statusCode = this.#status))
    this.#respond = this.callback()
  }

  /** Called by Koa for the request it answers. */
  override createContext<State = RequestState>(
    request: IncomingMessage,
    response: ServerResponse,
  ): Koa.ParameterizedContext<State> {
    const given = this.#answered
    this.#answered = undefined
    return (given as Koa.ParameterizedContext<State> | undefined) ?? super.createContext(request, response)
  }

  /** Sends what was set on a context. */
  answer(ctx: Context): void {
    this.#answered = ctx
    this.#status = ctx.res.statusCode
    void this.#respond(ctx.req, ctx.res)
  }
}

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

const uploadBytesPerStream = 256 * 1024
const streamsPerConnection = 100

/** Node's own values would close an idle connection after 5 s, just when a client writes to it, and refuse long selectors. */
const transport = {
  /** Source: apiserver/pkg/server, SecureServingInfo.Serve (v1.36) */
  keepAliveTimeout: 90_000,
  maxHeaderSize: 1024 * 1024,
  settings: {
    maxConcurrentStreams: streamsPerConnection,
    initialWindowSize: uploadBytesPerStream,
    maxFrameSize: uploadBytesPerStream,
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
  const sockets = trackSockets(server)
  const sessions = trackSessions(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
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
  server.on('clientError', (_error: Error, socket: Socket) => socket.destroy())
  return sockets
}

function trackSessions(server: Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  return sessions
}
