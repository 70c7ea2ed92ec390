// Programs that end by themselves: those with the least time left end together.
import { terminatedStatus, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus } from '../pod-status.ts'
import type { PodObject, Stage, StageContext } from '../stage.ts'
import {
  containerStates,
  isAlive,
  isRunning,
  podIPsOf,
  replaceStatuses,
  runsSeconds,
  type ContainerState,
} from './state.ts'

interface Ending {
  readonly seconds: number
  readonly states: readonly ContainerState[]
}

function ending(pod: PodObject, context: StageContext): Ending | undefined {
  let seconds = Infinity
  let states: ContainerState[] = []
  for (const state of containerStates(pod)) {
    if (state.initializes || !isRunning(state)) continue
    const runs = runsSeconds(pod, state, context)
    if (runs === undefined || runs > seconds) continue
    states = runs < seconds ? [state] : [...states, state]
    seconds = runs
  }
  return states.length === 0 ? undefined : { seconds, states }
}

export const finish: Stage = {
  name: 'finish',
  when: (pod, context) => isAlive(pod) && ending(pod, context) !== undefined,
  delaySeconds: (pod, context) => ending(pod, context)?.seconds ?? 0,
  next(pod, context) {
    const ended = new Map<string, FrozenContainerStatus>()
    for (const { container, status } of ending(pod, context)?.states ?? []) {
      const { exitCode } = context.runtime.program({
        pod,
        container,
        initializes: false,
        restartCount: status.restartCount,
      })
      ended.set(container.name, terminatedStatus(status, exitCode, false, context.now))
    }
    const facts = { containers: replaceStatuses(pod, ended), sandboxReady: true, podIPs: podIPsOf(pod) }
    const status = calculateStatus(pod, facts, context)
    // With nothing left to run the sandbox is taken down.
    const over = status.phase === 'Succeeded' || status.phase === 'Failed'
    return { status: over ? calculateStatus(pod, { ...facts, sandboxReady: false }, context) : status }
  },
}
