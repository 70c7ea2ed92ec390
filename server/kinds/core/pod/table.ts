// The row of a pod: readiness, the one word for its state, restarts.
// Source: pkg/printers/internalversion, printPod (v1.36)
import type { Container, ContainerStatus, Pod } from '../../../api/core.ts'
import { translateTimestampSince } from '../../../registry/age.ts'
import type { Cells } from '../../../registry/kind.ts'
import { isRestartableInitContainer } from '../../pod-template/resource-sums.ts'

export const cells: Cells<Pod> = {
  Ready: (pod) => {
    const { ready, total } = summarize(pod)
    return `${ready}/${total}`
  },
  Status: (pod) => summarize(pod).reason,
  Restarts: (pod, now) => {
    const { restarts, lastRestart } = summarize(pod)
    return restarts > 0 && lastRestart !== ''
      ? `${restarts} (${translateTimestampSince(lastRestart, now)} ago)`
      : String(restarts)
  },
  IP: ({ status }) => status?.podIPs?.[0]?.ip || '<none>',
  Node: ({ spec }) => spec?.nodeName || '<none>',
  'Nominated Node': ({ status }) => status?.nominatedNodeName || '<none>',
  'Readiness Gates': readinessGates,
}

interface Summary {
  ready: number
  total: number
  restarts: number
  /** RFC 3339; empty if no container was restarted. */
  lastRestart: string
  reason: string
}

/** The cells of a row are asked for one after the other. */
let last: { readonly pod: Pod; readonly summary: Summary } | undefined

function summarize(pod: Pod): Summary {
  if (last?.pod !== pod) last = { pod, summary: summaryOf(pod) }
  return last.summary
}

function summaryOf(pod: Pod): Summary {
  const { spec, status = {} } = pod
  const init = summarizeInit(pod)
  const summary: Summary = {
    ready: init.ready,
    total: (spec?.containers ?? []).length + (spec?.initContainers ?? []).filter(isRestartableInitContainer).length,
    restarts: init.restarts,
    lastRestart: init.lastRestart,
    reason: init.reason ?? (status.reason || (status.phase ?? '')),
  }
  const isGated = (status.conditions ?? []).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  if (isGated && init.reason === undefined) summary.reason = 'SchedulingGated'
  if (init.reason === undefined || isInitialized(pod)) {
    summary.restarts = init.restartableRestarts
    summary.lastRestart = init.restartableLastRestart
    addContainers(summary, pod)
  }
  if (pod.metadata?.deletionTimestamp === undefined) return summary
  if (status.reason === 'NodeLost') summary.reason = 'Unknown'
  else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') summary.reason = 'Terminating'
  return summary
}

interface InitSummary {
  ready: number
  restarts: number
  lastRestart: string
  /** Of containers that go on beside the regular ones. */
  restartableRestarts: number
  restartableLastRestart: string
  /** What holds the pod up; undefined once all init containers are done. */
  reason: string | undefined
}

function summarizeInit({ spec, status }: Pod): InitSummary {
  const containers = new Map((spec?.initContainers ?? []).map((container) => [container.name, container]))
  const summary: InitSummary = {
    ready: 0,
    restarts: 0,
    lastRestart: '',
    restartableRestarts: 0,
    restartableLastRestart: '',
    reason: undefined,
  }
  for (const [at, one] of (status?.initContainerStatuses ?? []).entries()) {
    const isRestartable = isRestartableInitContainer(containers.get(one.name))
    summary.restarts += one.restartCount ?? 0
    summary.lastRestart = later(summary.lastRestart, one)
    if (isRestartable) {
      summary.restartableRestarts += one.restartCount ?? 0
      summary.restartableLastRestart = later(summary.restartableLastRestart, one)
    }
    if (one.state?.terminated?.exitCode === 0) continue
    if (isRestartable && one.started === true) {
      if (one.ready) summary.ready++
      continue
    }
    summary.reason = initReason(one, at, containers)
    break
  }
  return summary
}

function initReason({ state }: ContainerStatus, at: number, containers: ReadonlyMap<string, Container>): string {
  if (state?.terminated !== undefined) return `Init:${terminatedReason(state.terminated)}`
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${at}/${containers.size}`
}

function terminatedReason({
  reason,
  signal,
  exitCode,
}: {
  reason?: string
  signal?: number
  exitCode?: number
}): string {
  if (reason) return reason
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}

/** The first container in trouble names the state: they are read from the last to the first. */
function addContainers(summary: Summary, { status }: Pod): void {
  let hasRunning = false
  let errorReason = ''
  for (const one of [...(status?.containerStatuses ?? [])].reverse()) {
    summary.restarts += one.restartCount ?? 0
    summary.lastRestart = later(summary.lastRestart, one)
    const { waiting, terminated, running } = one.state ?? {}
    if (waiting?.reason) summary.reason = waiting.reason
    else if (terminated !== undefined) {
      summary.reason = terminatedReason(terminated)
      if ((terminated.exitCode ?? 0) !== 0) errorReason = summary.reason
    } else if (one.ready && running !== undefined) {
      hasRunning = true
      summary.ready++
    }
  }
  if (summary.reason !== 'Completed') return
  const isReady = (status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  )
  if (hasRunning && isReady) summary.reason = 'Running'
  else if (errorReason !== '') summary.reason = errorReason
  else if (hasRunning) summary.reason = 'NotReady'
}

function later(time: string, { lastState }: ContainerStatus): string {
  const finishedAt = lastState?.terminated?.finishedAt ?? ''
  return finishedAt > time ? finishedAt : time
}

function isInitialized({ status }: Pod): boolean {
  return (status?.conditions ?? []).find(({ type }) => type === 'Initialized')?.status === 'True'
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const isTrue = (gate: string): boolean =>
    (status?.conditions ?? []).find(({ type }) => type === gate)?.status === 'True'
  return `${gates.filter(({ conditionType }) => isTrue(conditionType)).length}/${gates.length}`
}

/** Clients that watch for the end of pods look for this condition. */
export function rowConditions({ status }: Pod): { type: string; status: string; reason: string; message: string }[] {
  const completed = { type: 'Completed', status: 'True' }
  if (status?.phase === 'Succeeded') {
    return [{ ...completed, reason: 'Succeeded', message: 'The pod has completed successfully.' }]
  }
  return status?.phase === 'Failed' ? [{ ...completed, reason: 'Failed', message: 'The pod failed.' }] : []
}
