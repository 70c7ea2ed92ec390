// GET /debug/scheduler/{namespace}/{pod}: what the scheduler thinks of a pod, with every node's verdict and scores.
//
// It is no path of a real server. Like /metrics it is allowed by nonResourceURLs, to system:masters by default.
import { newMethodNotAllowed, newNotFound } from '../apimachinery/errors.ts'
import type { Filter } from './context.ts'

const pattern = /^\/debug\/scheduler\/([^/]+)\/([^/]+)$/

/** What there is to say about a pod; nothing if there is no such pod, or no scheduler. */
export type ExplainScheduling = (namespace: string, pod: string) => Promise<object | undefined>

export function schedulerExplanation(explain: ExplainScheduling): Filter {
  return (next) => async (ctx) => {
    const match = pattern.exec(ctx.path)
    if (match === null) return next(ctx)
    if (ctx.method !== 'GET') throw newMethodNotAllowed()
    const [, namespace = '', pod = ''] = match
    const explanation = await explain(namespace, pod)
    if (explanation === undefined) throw newNotFound({ group: '', resource: 'pods' }, pod)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = explanation
  }
}
