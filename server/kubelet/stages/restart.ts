// Containers that ended and shall run again: at once the first time, then after a back-off that doubles.
// Source: pkg/kubelet/kuberuntime, doBackOff (v1.36)
import { backOffStatus, isSidecar, runningStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus, restartOnFailure, shouldRestart } from '../pod-status.ts'
import type { PodEvent, PodObject, Stage, StageContext } from '../stage.ts'
import { containerEvent, startedEvents } from './container-events.ts'
import { containerStates, isAlive, podIPsOf, replaceStatuses, type ContainerState } from './state.ts'

const FIRST_BACK_OFF_SECONDS = 10
const LONGEST_BACK_OFF_SECONDS = 300

function backOffSeconds({ status }: ContainerState): number {
  return Math.min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2 ** (status.restartCount - 1))
}

/** Ended, and to be started again. */
function ended(pod: PodObject): ContainerState[] {
  return containerStates(pod).filter(({ container, status, initializes }) => {
    const end = status.state?.terminated
    return end !== undefined && shouldRestart(pod, initializes ? restartOnFailure(pod) : container, end.exitCode)
  })
}

function backingOff(pod: PodObject): ContainerState[] {
  return containerStates(pod).filter(({ status }) => status.state?.waiting?.reason === 'CrashLoopBackOff')
}

/** Those whose turn it is: with the shortest wait, none for a first restart. */
function next(pod: PodObject): { seconds: number; states: readonly ContainerState[] } {
  const first = ended(pod).filter(({ status }) => status.restartCount === 0)
  if (first.length > 0) return { seconds: 0, states: first }
  const waiting = backingOff(pod)
  const seconds = Math.min(...waiting.map(backOffSeconds))
  return { seconds, states: waiting.filter((state) => backOffSeconds(state) === seconds) }
}

export const backOff: Stage = {
  name: 'back-off',
  when: (pod) => isAlive(pod) && ended(pod).some(({ status }) => status.restartCount > 0),
  delaySeconds: () => 0,
  next(pod, context) {
    const changed = new Map<string, FrozenContainerStatus>()
    const events: PodEvent[] = []
    const { namespace = '', name, uid } = pod.metadata
    for (const state of ended(pod).filter(({ status }) => status.restartCount > 0)) {
      const { container, status } = state
      const where = `container=${container.name} pod=${name}_${namespace}(${uid})`
      changed.set(
        container.name,
        backOffStatus(status, `back-off ${goDuration(backOffSeconds(state))} restarting failed ${where}`),
      )
      const message = `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`
      events.push(containerEvent(pod, container, 'BackOff', message))
    }
    return { status: status(pod, changed, context), events }
  },
}

export const restart: Stage = {
  name: 'restart',
  when: (pod) => isAlive(pod) && next(pod).states.length > 0,
  delaySeconds: (pod) => next(pod).seconds,
  next(pod, context) {
    const changed = new Map<string, FrozenContainerStatus>()
    const events: PodEvent[] = []
    for (const { container, status: before, initializes } of next(pod).states) {
      events.push(...startedEvents(pod, container, context))
      changed.set(container.name, runningStatus(pod, container, before, initializes && !isSidecar(container), context))
    }
    return { status: status(pod, changed, context), events }
  },
}

function status(pod: PodObject, changed: ReadonlyMap<string, FrozenContainerStatus>, context: StageContext) {
  return calculateStatus(
    pod,
    { containers: replaceStatuses(pod, changed), sandboxReady: true, podIPs: podIPsOf(pod) },
    context,
  )
}

/** `40s`, `1m20s` */
function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
