// The image of a running container was changed in the spec: the container is stopped and started with the new one.
import { runningStatus, terminatedStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext } from '../stage.ts'
import { containerEvent, pullingEvents, startedEvents } from './container-events.ts'
import { containerStates, isAlive, isRunning, podIPsOf, replaceStatuses, type ContainerState } from './state.ts'

function outdated(pod: PodObject, { runtime }: StageContext): ContainerState[] {
  return containerStates(pod).filter(
    (state) =>
      isRunning(state) && !state.initializes && runtime.image(state.container.image ?? '').image !== state.status.image,
  )
}

export const replace: Stage = {
  name: 'replace',
  when: (pod, context) => isAlive(pod) && outdated(pod, context).length > 0,
  delaySeconds: (_pod, { delays }) => delays.pullSeconds,
  begin(pod, context): PodEvent[] {
    const containers = outdated(pod, context).map(({ container }) => container)
    const killing = containers.map((container) =>
      containerEvent(pod, container, 'Killing', `Container ${container.name} definition changed, will be restarted`),
    )
    return [...killing, ...pullingEvents(pod, containers, context)]
  },
  next(pod, context) {
    const changed = new Map<string, FrozenContainerStatus>()
    const events: PodEvent[] = []
    for (const { container, status } of outdated(pod, context)) {
      const { stopExitCode } = context.runtime.program({
        pod,
        container,
        initializes: false,
        restartCount: status.restartCount,
      })
      const ended = terminatedStatus(status, stopExitCode, false, context.now)
      events.push(...startedEvents(pod, container, context))
      changed.set(container.name, runningStatus(pod, container, ended, false, context))
    }
    const facts = { containers: replaceStatuses(pod, changed), sandboxReady: true, podIPs: podIPsOf(pod) }
    return { status: calculateStatus(pod, facts, context), events }
  },
}
