// Init containers run one after the other, each to its end; sidecars among them stay and the next starts beside them.
import {
  isSidecar,
  runningStatus,
  terminatedStatus,
  type FrozenContainer,
  type FrozenContainerStatus,
} from '../container-status.ts'
import { calculateStatus, containerStatusesOf } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext, StageResult } from '../stage.ts'
import { needsPull, pullingEvents, startedEvents } from './container-events.ts'
import { isAlive, podIPsOf } from './state.ts'

/** What starts next: a sidecar and the one after it, and so on, up to one that the pod has to wait for. */
function startable(pod: PodObject, init: readonly FrozenContainerStatus[]): FrozenContainer[] {
  const starting: FrozenContainer[] = []
  for (const [at, container] of (pod.spec?.initContainers ?? []).entries()) {
    const state = init[at]?.state
    if (isSidecar(container)) {
      // A sidecar that ended is restarted, but does not hold up the others.
      if (state?.waiting !== undefined && init[at]?.lastState?.terminated === undefined) starting.push(container)
      continue
    }
    if (state?.terminated?.exitCode === 0) continue
    if (state?.waiting !== undefined && init[at]?.lastState?.terminated === undefined) starting.push(container)
    return starting
  }
  return starting
}

function startNext(
  pod: PodObject,
  before: readonly FrozenContainerStatus[],
  podIPs: readonly string[],
  context: StageContext,
  announce: boolean,
): StageResult {
  const starting = startable(pod, before)
  const events: PodEvent[] = announce ? pullingEvents(pod, starting, context) : []
  const started = new Map<string, FrozenContainerStatus>()
  for (const container of starting) {
    const status = before.find(({ name }) => name === container.name)
    events.push(...startedEvents(pod, container, context))
    started.set(container.name, runningStatus(pod, container, status, !isSidecar(container), context))
  }
  const init = before.map((status) => started.get(status.name) ?? status)
  const containers = { init, regular: containerStatusesOf(pod).regular }
  return { status: calculateStatus(pod, { containers, sandboxReady: true, podIPs }, context), events }
}

export const startInit: Stage = {
  name: 'start-init',
  when: (pod, context) =>
    isAlive(pod) && startable(pod, containerStatusesOf(pod).init).length > 0 && context.podIPs(pod).length > 0,
  delaySeconds(pod, context) {
    const pulls = startable(pod, containerStatusesOf(pod).init).some((container) => needsPull(container, context))
    return pulls ? context.delays.pullSeconds : context.delays.startSeconds
  },
  begin: (pod, context) => pullingEvents(pod, startable(pod, containerStatusesOf(pod).init), context),
  next: (pod, context) => startNext(pod, containerStatusesOf(pod).init, context.podIPs(pod), context, false),
}

interface Initializing {
  readonly at: number
  readonly container: FrozenContainer
  readonly status: FrozenContainerStatus
}

function initializing(pod: PodObject): Initializing | undefined {
  const { init } = containerStatusesOf(pod)
  for (const [at, container] of (pod.spec?.initContainers ?? []).entries()) {
    const status = init[at]
    if (!isSidecar(container) && status?.state?.running !== undefined) return { at, container, status }
  }
  return undefined
}

function programOf(pod: PodObject, { container, status }: Initializing, { runtime }: StageContext) {
  return runtime.program({ pod, container, initializes: true, restartCount: status.restartCount })
}

export const finishInit: Stage = {
  name: 'finish-init',
  when(pod, context) {
    if (!isAlive(pod)) return false
    const running = initializing(pod)
    return running !== undefined && programOf(pod, running, context).runsSeconds !== undefined
  },
  delaySeconds(pod, context) {
    const running = initializing(pod)
    return running === undefined ? 0 : (programOf(pod, running, context).runsSeconds ?? 0)
  },
  next(pod, context) {
    const running = initializing(pod)
    if (running === undefined) return {}
    const { exitCode } = programOf(pod, running, context)
    const ended = terminatedStatus(running.status, exitCode, true, context.now)
    const init = containerStatusesOf(pod).init.map((status, at) => (at === running.at ? ended : status))
    return startNext(pod, init, podIPsOf(pod), context, true)
  },
}
