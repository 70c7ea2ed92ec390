// /healthz, /livez and /readyz: named checks, one by one or all together.
// Source: apiserver/pkg/server/healthz (v1.36)
import type { Context } from './context.ts'
import { setWarnings } from './send.ts'

export interface HealthCheck {
  readonly name: string
  /** Throws what is wrong. */
  check(): void
}

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz'

export type HealthChecks = Readonly<Record<HealthEndpoint, readonly HealthCheck[]>>

/** Answers `/livez`, `/livez?verbose`, `/livez?exclude=etcd` and `/livez/etcd`; false if there is no such check. */
export function serveHealth(ctx: Context, endpoint: HealthEndpoint, name: string, checks: HealthChecks): boolean {
  const all = checks[endpoint]
  if (name !== '') {
    const one = all.find((check) => check.name === name)
    if (one === undefined) return false
    const problem = problemOf(one)
    if (problem === undefined) return text(ctx, 200, 'ok')
    return text(ctx, 500, `internal server error: ${problem}\n`)
  }
  const excluded = new Set(ctx.state.query.getAll('exclude').flatMap((value) => value.split(',')))
  const lines: string[] = []
  const unknown = [...excluded].filter((one) => !all.some((check) => check.name === one))
  let failed = false
  for (const check of all) {
    if (excluded.has(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`)
      continue
    }
    const problem = problemOf(check)
    if (problem !== undefined) failed = true
    lines.push(problem === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`)
  }
  if (unknown.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${unknown.map((one) => JSON.stringify(one)).join(', ')}`,
    )
  if (failed) return text(ctx, 500, `${lines.join('\n')}\n${endpoint} check failed\n`)
  if (ctx.state.query.has('verbose')) return text(ctx, 200, `${lines.join('\n')}\n${endpoint} check passed\n`)
  return text(ctx, 200, 'ok')
}

/** What is wrong, undefined if nothing. */
export function problemOf(check: HealthCheck): string | undefined {
  try {
    check.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function text(ctx: Context, status: number, body: string): true {
  ctx.status = status
  ctx.type = 'text/plain; charset=utf-8'
  ctx.set('X-Content-Type-Options', 'nosniff')
  setWarnings(ctx)
  ctx.body = body
  return true
}
