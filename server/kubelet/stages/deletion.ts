// A pod is being deleted: its containers are asked to stop, and when they have, the pod is removed for good.
// Left out on purpose: pre-stop hooks; every program stops long before its grace period ends.
import { terminatedStatus, withUnknownEnd, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus, containerStatusesOf, isTerminalPhase } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext } from '../stage.ts'
import { containerEvent } from './container-events.ts'
import {
  containerStates,
  isPrepared,
  isRunning,
  podIPsOf,
  replaceStatuses,
  waitingStatuses,
  type ContainerState,
} from './state.ts'

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

function isInitialized(pod: PodObject): boolean {
  const { init, regular } = containerStatusesOf(pod)
  return init.length === 0 || regular.some(({ state, lastState }) => !state?.waiting || lastState?.terminated)
}

/** Nothing runs, but nobody has seen it end: the pod has failed. Source: pkg/kubelet/status, TerminatePod */
export const end: Stage = {
  name: 'end',
  when: ({ metadata, status }) => metadata.deletionTimestamp !== undefined && !isTerminalPhase(status?.phase),
  delaySeconds: () => 0,
  next(pod, context) {
    const { init, regular } = isPrepared(pod) ? containerStatusesOf(pod) : waitingStatuses(pod)
    const containers = { init, regular: isInitialized(pod) ? regular.map(withUnknownEnd) : regular }
    const facts = { containers, sandboxReady: false, podIPs: podIPsOf(pod), ending: true }
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
