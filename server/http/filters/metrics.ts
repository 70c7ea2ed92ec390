// Counts requests and their duration under the real server's names.
// Source: apiserver/pkg/endpoints/metrics (v1.36)
import type { Filter } from '../context.ts'
import { isLongRunning as runsLong } from '../long-running.ts'

export interface Metrics {
  requestStarted(labels: { verb: string; isLongRunning: boolean }): void
  requestEnded(
    labels: {
      verb: string
      isLongRunning: boolean
      code: number
      group: string
      version: string
      resource: string
      subresource: string
      scope: string
    },
    seconds: number,
  ): void
}

export function metrics(sink: Metrics): Filter {
  return async (ctx, next) => {
    const { verb, group, version, resource, subresource, namespace, name } = ctx.state.requestInfo
    const isLongRunning = runsLong({ verb, subresource })
    const started = performance.now()
    sink.requestStarted({ verb, isLongRunning })
    ctx.res.once('close', () => {
      const seconds = (performance.now() - started) / 1000
      const common = { verb, isLongRunning, code: ctx.status }
      // Paths are anybody's to make up: without this, each would be a series of its own for ever.
      if (!ctx.state.isServed) return sink.requestEnded({ ...common, ...noResource }, seconds)
      const scope = name !== '' ? 'resource' : namespace !== '' ? 'namespace' : resource === '' ? '' : 'cluster'
      sink.requestEnded({ ...common, group, version, resource, subresource, scope }, seconds)
    })
    await next()
  }
}

const noResource = { group: '', version: '', resource: '', subresource: '', scope: '' }
