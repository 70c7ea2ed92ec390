// A line in the log for every request, when it is over.
// Source: apiserver/pkg/server/httplog (v1.36)
import type { Filter } from '../context.ts'
import { canonicalVerb } from './metrics.ts'

/** From this verbosity on every request is told of. */
export const requestVerbosity = 3

/** Told of each request by name and values, in the order in which they are printed. */
export type RequestLog = (message: string, values: Readonly<Record<string, string | number>>) => void

export function logging(log: RequestLog): Filter {
  return (next) => (ctx) => {
    const { req, res, state } = ctx
    const { remoteAddress = '', remotePort = 0 } = req.socket
    const started = performance.now()
    res.on('close', () => {
      log('HTTP', {
        verb: canonicalVerb(ctx),
        URI: req.url!,
        latency: `${(performance.now() - started).toFixed(3)}ms`,
        userAgent: req.headers['user-agent'] ?? '',
        'audit-ID': state.auditId,
        srcIP: remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`,
        resp: res.statusCode,
      })
    })
    return next(ctx)
  }
}
