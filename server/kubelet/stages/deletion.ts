// A pod is being deleted: its containers are asked to stop, and when they have, the pod is removed for good.
// Left out on purpose: pre-stop hooks; every program stops long before its grace period ends.
import { terminatedStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext } from '../stage.ts'
import { containerEvent } from './container-events.ts'
import { containerStates, isRunning, podIPsOf, replaceStatuses, type ContainerState } from './state.ts'

function running(pod: PodObject): ContainerState[] {
  return containerStates(pod).filter(isRunning)
}

function programOf(pod: PodObject, { container, status, initializes }: ContainerState, { runtime }: StageContext) {
  return runtime.program({ pod, container, initializes, restartCount: status.restartCount })
}

export const stop: Stage = {
  name: 'stop',
  when: (pod) => pod.metadata.deletionTimestamp !== undefined && running(pod).length > 0,
  delaySeconds: (pod, context) => Math.max(...running(pod).map((state) => programOf(pod, state, context).stopSeconds)),
  begin: (pod): PodEvent[] =>
    running(pod).map(({ container }) =>
      containerEvent(pod, container, 'Killing', `Stopping container ${container.name}`),
    ),
  next(pod, context) {
    const ended = new Map<string, FrozenContainerStatus>()
    for (const state of running(pod)) {
      const { stopExitCode } = programOf(pod, state, context)
      ended.set(state.container.name, terminatedStatus(state.status, stopExitCode, state.initializes, context.now))
    }
    const facts = { containers: replaceStatuses(pod, ended), sandboxReady: false, podIPs: podIPsOf(pod), ending: true }
    return { status: calculateStatus(pod, facts, context) }
  },
}

export const remove: Stage = {
  name: 'remove',
  // A grace period of 0 that left the pod in place means that finalizers hold it: nothing is left to do here.
  when: ({ metadata }) => metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds !== 0,
  delaySeconds: () => 0,
  next: () => ({ remove: true }),
}
