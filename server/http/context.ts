// What the filters of a request find out, and hand on.
import type Koa from 'koa'
import type { RequestInfo } from '../apimachinery/request-info.ts'
import type { UserInfo } from '../apimachinery/types.ts'

/** Watchers of one resource count here what they send. */
export interface WatchTally {
  events: number
  /** Of each event. */
  readonly sizes: { observe(bytes: number): void }
}

export interface RequestState {
  auditId: string
  query: URLSearchParams
  requestInfo: RequestInfo
  user: UserInfo
  /** Its path names a resource there is. */
  isServed: boolean
  /** Where watchers of a resource count what they send. */
  tallyWatch(of: { readonly group: string; readonly version: string; readonly resource: string }): WatchTally
  /** Sentences for Warning headers, each once. */
  warnings: Set<string>
}

export type Context = Koa.ParameterizedContext<RequestState>

/** Whether nobody waits for the answer any more: its `close` has been told already. A response of HTTP/2 does not say so itself. */
export function isGone({ res }: Pick<Context, 'res'>): boolean {
  const { stream } = res as { stream?: { readonly destroyed: boolean } }
  return stream === undefined ? res.destroyed : stream.destroyed
}

/** Answers a request, at once where nothing has to be waited for. Throws a refusal, or rejects with it. */
export type Handler = (ctx: Context) => void | Promise<void>

/** Goes before a handler. The chain of them is made once; a request that passes through costs no promise for each. */
export type Filter = (next: Handler) => Handler

export function chain(filters: readonly Filter[], last: Handler): Handler {
  return filters.reduceRight((next, filter) => filter(next), last)
}
