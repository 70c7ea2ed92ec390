// /debug/pprof: where the server spends its time, and what is in its memory, in the forms that V8 and its tools have.
//
// The paths are those of a real server, the content is not Go's: `profile` is a .cpuprofile, `heap` a .heapsnapshot, both for
// the developer tools of a browser. Like /metrics they are allowed by nonResourceURLs, to system:masters by default; a heap
// holds all Secrets.
// Source: apiserver/pkg/server/routes, Profiling; Go net/http/pprof (v1.36)
import { setTimeout as delay } from 'node:timers/promises'
import { getHeapSnapshot } from 'node:v8'
import type { Context, Filter } from './context.ts'

const root = '/debug/pprof'
const defaultSeconds = 30
/** Of a timer. */
const longestDelayMs = 2 ** 31 - 1

const index = `profiles of this process, for a browser's developer tools:
  ${root}/profile?seconds=30   CPU, a .cpuprofile
  ${root}/heap                 memory, a .heapsnapshot
`

export const profiling: Filter = (next) => {
  let isProfiled = false

  async function profile(ctx: Context): Promise<void> {
    if (isProfiled) return refuse(ctx, 500, 'Could not enable CPU profiling: cpu profiling already in use')
    isProfiled = true
    try {
      const gone = new AbortController()
      ctx.res.on('close', () => gone.abort())
      const text = await profileFor(secondsOf(ctx), gone.signal)
      attach(ctx, 'kubeling.cpuprofile')
      ctx.body = text
    } finally {
      isProfiled = false
    }
  }

  return (ctx) => {
    const { path } = ctx.state.requestInfo
    if (path !== root && !path.startsWith(`${root}/`)) return next(ctx)
    switch (path) {
      case root:
        ctx.status = 302
        ctx.set('Location', `${root}/`)
        ctx.type = 'text/html; charset=utf-8'
        ctx.body = `<a href="${root}/">Found</a>.\n\n`
        return undefined
      case `${root}/`:
        ctx.body = index
        return undefined
      case `${root}/profile`:
        return profile(ctx)
      case `${root}/heap`:
        attach(ctx, 'kubeling.heapsnapshot')
        // The picture is taken at once, and nothing else happens meanwhile; it is sent as fast as the client reads.
        ctx.body = getHeapSnapshot()
        return undefined
      default:
        return refuse(ctx, 404, 'Unknown profile')
    }
  }
}

/** As Go reads it: what is no number above zero means the default. */
function secondsOf({ state }: Context): number {
  const text = state.query.get('seconds') ?? ''
  const seconds = /^\+?\d+$/.test(text) ? Number(text) : 0
  return seconds > 0 ? seconds : defaultSeconds
}

/** Ends early where nobody waits for it any more. @returns JSON */
async function profileFor(seconds: number, gone: AbortSignal): Promise<string> {
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await delay(Math.min(seconds * 1000, longestDelayMs), undefined, { signal: gone }).catch(() => {})
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
  }
}

function attach(ctx: Context, name: string): void {
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Content-Type', 'application/octet-stream')
  ctx.set('Content-Disposition', `attachment; filename="${name}"`)
}

function refuse(ctx: Context, status: number, message: string): void {
  ctx.status = status
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('X-Go-Pprof', '1')
  ctx.type = 'text/plain; charset=utf-8'
  ctx.body = `${message}\n`
}
