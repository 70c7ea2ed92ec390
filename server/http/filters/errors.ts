// The one place where a thrown error becomes bytes.
import { newInternalError, StatusError } from '../../apimachinery/errors.ts'
import type { Status } from '../../apimachinery/types.ts'
import { ClientGoneError } from '../body.ts'
import { writeStatus } from '../response.ts'
import type { Context, Filter } from '../context.ts'

/** @param log told of what should never happen: anything thrown that is not a Status */
export function errors(log: (message: string, error: unknown) => void): Filter {
  return (next) => (ctx) => {
    try {
      const answered = next(ctx)
      return answered instanceof Promise ? answered.catch((error: unknown) => answerError(ctx, error, log)) : answered
    } catch (error) {
      return answerError(ctx, error, log)
    }
  }
}

function answerError(ctx: Context, error: unknown, log: (message: string, error: unknown) => void): void {
  if (error instanceof ClientGoneError) {
    ctx.respond = false
    return
  }
  const status = statusOf(error)
  if (!(error instanceof StatusError)) log(`${ctx.method} ${ctx.path} failed`, error)
  if (ctx.headerSent) {
    ctx.res.destroy()
    return
  }
  writeStatus(ctx, status)
}

function statusOf(error: unknown): Status {
  return error instanceof StatusError ? error.status : newInternalError(error).status
}
