// Tells of each request what the real server counts, under its labels.
// Source: apiserver/pkg/endpoints/metrics, MonitorRequest, CleanScope, CanonicalVerb (v1.36)
import type { RequestInfo } from '../../apimachinery/request-info.ts'
import { isGone, type Context, type Filter, type WatchTally } from '../context.ts'
import { isLongRunning } from '../long-running.ts'

/** What a request asked for. */
export interface RequestLabels {
  readonly component: string
  readonly group: string
  readonly resource: string
  readonly scope: string
  readonly subresource: string
  readonly verb: string
  readonly version: string
}

export interface RequestFigures {
  readonly code: number
  readonly dryRun: string
  readonly seconds: number
  /** Of the answer's body, where its length was known. */
  readonly bytes: number | undefined
}

export interface Metrics {
  /** @param delta 1 when a request that is not long-running begins, -1 when it ends */
  inflight(kind: 'mutating' | 'readOnly', delta: 1 | -1): void
  longRunning(labels: RequestLabels, delta: 1 | -1): void
  requestEnded(labels: RequestLabels, figures: RequestFigures): void
  watchTally(of: { readonly group: string; readonly version: string; readonly resource: string }): WatchTally
}

export function metrics(sink: Metrics): Filter {
  // Made once. V8 remembers the latest function of a member in its old space: with one of each request's own, a quarter of
  // all requests lived on until the next full collection, and each small one had ten times as much to do.
  const tallyWatch: Context['state']['tallyWatch'] = (facts) => sink.watchTally(facts)
  return (next) => (ctx) => {
    const { requestInfo } = ctx.state
    const isLong = isLongRunning(requestInfo)
    const kind = mutating.has(requestInfo.verb) ? 'mutating' : 'readOnly'
    const started = performance.now()
    if (!isLong) sink.inflight(kind, 1)
    ctx.state.tallyWatch = tallyWatch
    ctx.res.on('close', () => {
      if (!isLong) sink.inflight(kind, -1)
      const labels = labelsOf(ctx)
      if (labels === undefined) return
      const seconds = (performance.now() - started) / 1000
      const bytes = lengthOf(ctx)
      sink.requestEnded(labels, { code: ctx.res.statusCode, dryRun: dryRunOf(ctx), seconds, bytes })
    })
    const answered = next(ctx)
    if (!isLong) return answered
    const begun = (): void => {
      const streaming = isGone(ctx) ? undefined : labelsOf(ctx)
      if (streaming === undefined) return
      sink.longRunning(streaming, 1)
      ctx.res.on('close', () => sink.longRunning(streaming, -1))
    }
    return answered instanceof Promise ? answered.then(begun) : begun()
  }
}

function lengthOf({ res }: Context): number | undefined {
  const length = res.getHeader('Content-Length')
  return length === undefined ? undefined : Number(length)
}

const mutating = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const probes = new Set(['/healthz', '/livez', '/readyz'])
const connecting = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Only of resources that are served, and of probes: other paths are anybody's to make up, and each would be a series of
 * its own for ever.
 */
function labelsOf(ctx: Context): RequestLabels | undefined {
  const { requestInfo, isServed } = ctx.state
  if (isServed) {
    const { group, resource, subresource, version } = requestInfo
    const scope = scopeOf(requestInfo)
    return { component: 'apiserver', group, resource, scope, subresource, verb: verbOf(ctx, scope), version }
  }
  if (!probes.has(ctx.path)) return undefined
  return {
    component: '',
    group: '',
    resource: '',
    scope: '',
    subresource: ctx.path,
    verb: verbOf(ctx, ''),
    version: '',
  }
}

function scopeOf({ name, verb, namespace }: RequestInfo): string {
  if (name !== '' || verb === 'create') return 'resource'
  return namespace === '' ? 'cluster' : 'namespace'
}

/** What a request is called where requests are told of: LIST, WATCH, APPLY, and otherwise its method. */
export function canonicalVerb(ctx: Context): string {
  const { isServed, requestInfo } = ctx.state
  return verbOf(ctx, isServed ? scopeOf(requestInfo) : '')
}

function verbOf(ctx: Context, scope: string): string {
  const { verb, subresource } = ctx.state.requestInfo
  if (verb === 'watch') return 'WATCH'
  if (connecting.has(subresource)) return 'CONNECT'
  const method = ctx.req.method === 'HEAD' ? 'GET' : ctx.req.method!
  if (method === 'GET') return scope === 'cluster' || scope === 'namespace' ? 'LIST' : 'GET'
  if (method === 'PATCH' && ctx.req.headers['content-type'] === 'application/apply-patch+yaml') return 'APPLY'
  return methods.has(method) ? method : 'other'
}

function dryRunOf(ctx: Context): string {
  const { query } = ctx.state
  if (query.size === 0) return ''
  const asked = query.getAll('dryRun')
  if (asked.length === 0) return ''
  return asked.every((one) => one === 'All') ? 'All' : 'invalid'
}
