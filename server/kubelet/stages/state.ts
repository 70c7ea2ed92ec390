// Questions that several stages ask about a pod's state.
import { isSidecar, waitingStatus, type FrozenContainer, type FrozenContainerStatus } from '../container-status.ts'
import { containerStatusesOf, isTerminalPhase, type ContainerStatuses } from '../pod-status.ts'
import type { PodObject, StageContext } from '../stage.ts'

/** The kubelet has taken the pod on, and it is neither finished nor about to go. */
export function isAlive(pod: PodObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isTerminalPhase(pod.status?.phase) && isPrepared(pod)
}

export function isPrepared(pod: PodObject): boolean {
  return pod.status?.startTime !== undefined && pod.status.containerStatuses !== undefined
}

/** Those of a pod of which nothing has started yet. */
export function waitingStatuses(pod: PodObject): ContainerStatuses {
  return {
    init: (pod.spec?.initContainers ?? []).map((container) => waitingStatus(pod, container)),
    regular: (pod.spec?.containers ?? []).map((container) => waitingStatus(pod, container)),
  }
}

/** Every container that the pod's statuses speak of, with its spec. */
export interface ContainerState {
  readonly container: FrozenContainer
  readonly status: FrozenContainerStatus
  /** An init container the pod waits for. */
  readonly initializes: boolean
}

export function containerStates(pod: PodObject): ContainerState[] {
  const { init, regular } = containerStatusesOf(pod)
  const states: ContainerState[] = []
  for (const container of pod.spec?.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name)
    if (status !== undefined) states.push({ container, status, initializes: !isSidecar(container) })
  }
  for (const container of pod.spec?.containers ?? []) {
    const status = regular.find(({ name }) => name === container.name)
    if (status !== undefined) states.push({ container, status, initializes: false })
  }
  return states
}

export function isRunning({ status }: ContainerState): boolean {
  return status.state?.running !== undefined
}

/** Statuses with those of the given containers replaced. */
export function replaceStatuses(pod: PodObject, changed: ReadonlyMap<string, FrozenContainerStatus>) {
  const { init, regular } = containerStatusesOf(pod)
  const pick = (status: FrozenContainerStatus): FrozenContainerStatus => changed.get(status.name) ?? status
  return { init: init.map(pick), regular: regular.map(pick) }
}

/** The seconds after which the program ends by itself; nothing if it does not. */
export function runsSeconds(
  pod: PodObject,
  { container, status, initializes }: ContainerState,
  { runtime }: StageContext,
): number | undefined {
  return runtime.program({ pod, container, initializes, restartCount: status.restartCount }).runsSeconds
}

export function podIPsOf(pod: PodObject): readonly string[] {
  return pod.status?.podIPs?.map(({ ip }) => ip) ?? []
}
