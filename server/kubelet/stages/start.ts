// All init containers are done: the pod's own containers start, together.
import { isSidecar, runningStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus, containerStatusesOf } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage } from '../stage.ts'
import { needsPull, pullingEvents, startedEvents } from './container-events.ts'
import { containerStates, isAlive, type ContainerState } from './state.ts'

/** Containers that never ran. */
function fresh(pod: PodObject): ContainerState[] {
  const inits = new Set((pod.spec?.initContainers ?? []).map(({ name }) => name))
  return containerStates(pod).filter(
    ({ container, status }) =>
      !inits.has(container.name) && status.state?.waiting !== undefined && status.lastState?.terminated === undefined,
  )
}

function isInitialized(pod: PodObject): boolean {
  const { init } = containerStatusesOf(pod)
  return (pod.spec?.initContainers ?? []).every((container, at) =>
    isSidecar(container)
      ? init[at]?.state?.waiting === undefined || init[at]?.lastState?.terminated !== undefined
      : init[at]?.state?.terminated?.exitCode === 0,
  )
}

export const start: Stage = {
  name: 'start',
  when: (pod, context) => isAlive(pod) && isInitialized(pod) && fresh(pod).length > 0 && context.podIPs(pod).length > 0,
  delaySeconds(pod, context) {
    const pulls = fresh(pod).some(({ container }) => needsPull(container, context))
    return pulls ? context.delays.pullSeconds : context.delays.startSeconds
  },
  begin: (pod, context) =>
    pullingEvents(
      pod,
      fresh(pod).map(({ container }) => container),
      context,
    ),
  next(pod, context) {
    const starting = new Map(fresh(pod).map((state) => [state.container.name, state]))
    const events: PodEvent[] = []
    const { init, regular } = containerStatusesOf(pod)
    const running = regular.map((before): FrozenContainerStatus => {
      const state = starting.get(before.name)
      if (state === undefined) return before
      events.push(...startedEvents(pod, state.container, context))
      return runningStatus(pod, state.container, before, false, context)
    })
    const facts = { containers: { init, regular: running }, sandboxReady: true, podIPs: context.podIPs(pod) }
    return { status: calculateStatus(pod, facts, context), events }
  },
}
