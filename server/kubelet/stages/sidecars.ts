// A pod whose own containers are done needs its sidecars no longer: they are stopped, and the pod is finished.
import { isSidecar, terminatedStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus, containerStatusesOf, shouldRestart } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext } from '../stage.ts'
import { containerEvent } from './container-events.ts'
import { containerStates, isAlive, isRunning, podIPsOf, replaceStatuses, type ContainerState } from './state.ts'

function runningSidecars(pod: PodObject): ContainerState[] {
  return containerStates(pod).filter((state) => isRunning(state) && isSidecar(state.container))
}

function isDone(pod: PodObject): boolean {
  const specs = new Map((pod.spec?.containers ?? []).map((container) => [container.name, container]))
  return containerStatusesOf(pod).regular.every(({ name, state }) => {
    const end = state?.terminated
    return end !== undefined && !shouldRestart(pod, specs.get(name), end.exitCode)
  })
}

function programOf(pod: PodObject, { container, status }: ContainerState, { runtime }: StageContext) {
  return runtime.program({ pod, container, initializes: false, restartCount: status.restartCount })
}

export const stopSidecars: Stage = {
  name: 'stop-sidecars',
  when: (pod) => isAlive(pod) && runningSidecars(pod).length > 0 && isDone(pod),
  delaySeconds: (pod, context) =>
    Math.max(...runningSidecars(pod).map((state) => programOf(pod, state, context).stopSeconds)),
  begin: (pod): PodEvent[] =>
    runningSidecars(pod).map(({ container }) =>
      containerEvent(pod, container, 'Killing', `Stopping container ${container.name}`),
    ),
  next(pod, context) {
    const ended = new Map<string, FrozenContainerStatus>()
    for (const state of runningSidecars(pod)) {
      ended.set(
        state.container.name,
        terminatedStatus(state.status, programOf(pod, state, context).stopExitCode, false, context.now),
      )
    }
    const facts = { containers: replaceStatuses(pod, ended), sandboxReady: false, podIPs: podIPsOf(pod) }
    return { status: calculateStatus(pod, facts, context) }
  },
}
