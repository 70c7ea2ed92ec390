// The parameter `timeout` of requests that are not long-running: only checked, as every answer here is given at once.
// Source: apiserver/pkg/endpoints/filters, request_deadline.go (v1.36)
import { newBadRequest } from '../../apimachinery/errors.ts'
import { parseDuration } from '../../apimachinery/go-duration.ts'
import { isLongRunning } from '../long-running.ts'
import type { Filter } from '../context.ts'

export const deadline: Filter = (next) => (ctx) => {
  const timeout = ctx.state.query.get('timeout') ?? ''
  if (timeout !== '' && !isLongRunning(ctx.state.requestInfo)) checkTimeout(timeout)
  return next(ctx)
}

/** @throws StatusError 400 */
function checkTimeout(timeout: string): void {
  try {
    parseDuration(timeout)
  } catch (error) {
    throw newBadRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
}
