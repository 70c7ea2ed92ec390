// What the filters of a request find out, and hand on.
import type Koa from 'koa'
import type { RequestInfo } from '../apimachinery/request-info.ts'
import type { UserInfo } from '../apimachinery/types.ts'

export interface RequestState {
  auditId: string
  query: URLSearchParams
  requestInfo: RequestInfo
  user: UserInfo
  /** Its path names a resource there is. */
  isServed: boolean
  /** Where watchers of a resource count what they send. */
  tallyWatch(of: { readonly group: string; readonly version: string; readonly resource: string }): { events: number }
  /** Sentences for Warning headers, each once. */
  warnings: Set<string>
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Filter = Koa.Middleware<RequestState>
