// The filter chain, in the order in which a request travels it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
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
