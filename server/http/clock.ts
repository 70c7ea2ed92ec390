// GET /debug/clock: what time it is in the cluster. PUT stops it, speeds it up, or takes a step.
//
// It is no path of a real server. Like /metrics it is allowed by nonResourceURLs, to system:masters by default.
import type { ClusterClock } from '../apimachinery/cluster-clock.ts'
import { newBadRequest, newMethodNotAllowed } from '../apimachinery/errors.ts'
import { parseDuration } from '../apimachinery/go-duration.ts'
import { readBody } from './body.ts'
import type { Filter } from './context.ts'

const path = '/debug/clock'

export interface ClockState {
  /** RFC 3339. */
  readonly now: string
  /** Seconds of the cluster for each real one; 0: stopped. */
  readonly speed: number
}

/** What can be asked for, one of them or both: the speed counts from the end of the step. */
interface Change {
  readonly speed?: number
  /** `5m0s` */
  readonly step?: string
}

export function clusterClock(clock: ClusterClock): Filter {
  return (next) => async (ctx) => {
    if (ctx.path !== path) return next(ctx)
    if (ctx.method === 'PUT') await change(clock, readChange(await readBody(ctx)))
    else if (ctx.method !== 'GET') throw newMethodNotAllowed()
    const state: ClockState = { now: new Date(clock.now()).toISOString(), speed: clock.speed }
    ctx.set('Cache-Control', 'no-store')
    ctx.body = state
  }
}

/** Resolves when the cluster has done what became due within the step. */
async function change(clock: ClusterClock, { speed, step }: Change): Promise<void> {
  try {
    // A speed that is none is refused before time moves.
    if (speed !== undefined && step !== undefined) clock.setSpeed(speed)
    if (step !== undefined) await clock.step(parseDuration(step))
    if (speed !== undefined) clock.setSpeed(speed)
  } catch (error) {
    if (error instanceof RangeError) throw newBadRequest(error.message)
    throw error
  }
}

function readChange(body: Buffer): Change {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    // One sentence for all that is wrong with it.
  }
  const { speed, step } = (value ?? {}) as { speed?: unknown; step?: unknown }
  const isSpeed = speed === undefined || typeof speed === 'number'
  const isStep = step === undefined || typeof step === 'string'
  if (!isSpeed || !isStep || (speed === undefined && step === undefined)) {
    throw newBadRequest('the body is JSON with a speed, such as {"speed": 60}, or a step, such as {"step": "5m"}')
  }
  return { ...(speed === undefined ? {} : { speed }), ...(step === undefined ? {} : { step }) }
}
