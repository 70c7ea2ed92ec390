// From what the metrics propose to what is done: not too fast, not to and fro, not beyond the limits.
// Source: kubernetes pkg/controller/podautoscaler, normalizeDesiredReplicas, normalizeDesiredReplicasWithBehaviors (v1.36)
import type * as autoscaling from '../../api/autoscaling.ts'
import type { Frozen } from '../../apimachinery/types.ts'

export type Autoscaler = Frozen<autoscaling.HorizontalPodAutoscaler>
type Rules = Frozen<autoscaling.HPAScalingRules>

/** For so long a proposal to scale down has to last. */
const DOWNSCALE_WINDOW_SECONDS = 300
const UP_FACTOR = 2
const UP_MINIMUM = 4

interface Timed {
  readonly replicas: number
  /** In milliseconds. */
  readonly time: number
}

/** What is remembered of one autoscaler. */
export interface Memory {
  /** What metrics have proposed. */
  recommendations: readonly Timed[]
  /** By how many replicas it was scaled. */
  ups: readonly Timed[]
  downs: readonly Timed[]
}

export function newMemory(currentReplicas: number, now: number): Memory {
  return { recommendations: [{ replicas: currentReplicas, time: now }], ups: [], downs: [] }
}

export interface Finding {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export interface Limited {
  readonly replicas: number
  /** Conditions AbleToScale and ScalingLimited. */
  readonly ableToScale: Finding
  readonly scalingLimited: Finding
}

interface Request {
  readonly current: number
  readonly desired: number
  readonly min: number
  readonly max: number
}

/** Notes the proposal, too. */
export function limit(autoscaler: Autoscaler, memory: Memory, request: Request, now: number): Limited {
  const { behavior } = autoscaler.spec ?? {}
  const stabilized =
    behavior === undefined ? stabilize(memory, request, now) : stabilizeWithRules(memory, request, behavior, now)
  remember(memory, request.desired, stabilized.windowMs, now)
  const wanted = { ...request, desired: stabilized.replicas }
  const bound = behavior === undefined ? bySimpleRate(wanted) : byRules(memory, wanted, behavior, now)
  return {
    replicas: bound.replicas,
    ableToScale: {
      status: 'True',
      ...(stabilized.replicas === request.desired
        ? { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
        : { reason: stabilized.reason, message: stabilized.message }),
    },
    scalingLimited: {
      status: bound.replicas === stabilized.replicas ? 'False' : 'True',
      reason: bound.reason,
      message: bound.message,
    },
  }
}

interface Bound {
  readonly replicas: number
  readonly reason: string
  readonly message: string
}

const lastHigher = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const lastLower = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}

/** The highest of the last five minutes. */
function stabilize({ recommendations }: Memory, { desired }: Request, now: number): Bound & { windowMs: number } {
  const windowMs = DOWNSCALE_WINDOW_SECONDS * 1000
  const recent = recommendations.filter(({ time }) => time >= now - windowMs).map(({ replicas }) => replicas)
  return { replicas: Math.max(desired, ...recent), ...lastHigher, windowMs }
}

function stabilizeWithRules(
  { recommendations }: Memory,
  { current, desired }: Request,
  { scaleUp, scaleDown }: Frozen<autoscaling.HorizontalPodAutoscalerBehavior>,
  now: number,
): Bound & { windowMs: number } {
  const upMs = (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000
  const downMs = (scaleDown?.stabilizationWindowSeconds ?? DOWNSCALE_WINDOW_SECONDS) * 1000
  const within = (ms: number): number[] =>
    recommendations.filter(({ time }) => time > now - ms).map(({ replicas }) => replicas)
  const lowest = Math.min(desired, ...within(upMs))
  const highest = Math.max(desired, ...within(downMs))
  const replicas = Math.min(Math.max(current, lowest), highest)
  return { replicas, ...(desired >= current ? lastLower : lastHigher), windowMs: Math.max(upMs, downMs) }
}

/** What is too old to count is forgotten. */
function remember(memory: Memory, replicas: number, windowMs: number, now: number): void {
  const recent = memory.recommendations.filter(({ time }) => time >= now - windowMs)
  memory.recommendations = [...recent, { replicas, time: now }]
}

const withinRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const tooFew = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' }
const tooMany = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const tooFastUp = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const tooFastDown = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** At most twice as many at a time, but four always. */
function bySimpleRate({ current, desired, min, max }: Request): Bound {
  const fastest = Math.max(UP_FACTOR * current, UP_MINIMUM)
  const most = Math.min(max, fastest)
  if (desired < min) return { replicas: min, ...tooFew }
  if (desired > most) return { replicas: most, ...(max > fastest ? tooFastUp : tooMany) }
  return { replicas: desired, ...withinRange }
}

function byRules(
  memory: Memory,
  { current, desired, min, max }: Request,
  { scaleUp, scaleDown }: Frozen<autoscaling.HorizontalPodAutoscalerBehavior>,
  now: number,
): Bound {
  if (desired > current) {
    const fastest = Math.max(current, furthest(memory, current, scaleUp, 'up', now))
    const most = Math.min(max, fastest)
    if (desired > most) return { replicas: most, ...(max > fastest ? tooFastUp : tooMany) }
  } else if (desired < current) {
    const fastest = Math.min(current, furthest(memory, current, scaleDown, 'down', now))
    const least = Math.max(min, fastest)
    if (desired < least) return { replicas: least, ...(min < fastest ? tooFastDown : tooFew) }
  }
  return { replicas: desired, ...withinRange }
}

/** How far the policies let it go in this direction, counted from where each policy's period began. */
function furthest(memory: Memory, current: number, rules: Rules | undefined, way: 'up' | 'down', now: number): number {
  const { selectPolicy = 'Max', policies = [] } = rules ?? {}
  if (selectPolicy === 'Disabled') return current
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const since = now - periodSeconds * 1000
    const change = (events: readonly Timed[]): number =>
      events.filter(({ time }) => time > since).reduce((sum, { replicas }) => sum + replicas, 0)
    const start = current - change(memory.ups) + change(memory.downs)
    if (way === 'up') return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))
  })
  const isWidest = selectPolicy !== 'Min'
  return isWidest === (way === 'up') ? Math.max(...proposals) : Math.min(...proposals)
}

/** Only policies look back at what was done. */
export function noteScaling({ spec }: Autoscaler, memory: Memory, before: number, after: number, now: number): void {
  const { scaleUp, scaleDown } = spec?.behavior ?? {}
  const kept = (events: readonly Timed[], rules: Rules | undefined): readonly Timed[] => {
    const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds))
    return events.filter(({ time }) => time >= now - longest * 1000)
  }
  if (spec?.behavior === undefined) return
  if (after > before) memory.ups = [...kept(memory.ups, scaleUp), { replicas: after - before, time: now }]
  else memory.downs = [...kept(memory.downs, scaleDown), { replicas: before - after, time: now }]
}
