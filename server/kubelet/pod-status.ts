// The status of a pod from the statuses of its containers: phase, conditions, addresses. Pure.
// Source: pkg/kubelet, getPhase and generateAPIPodStatus; pkg/kubelet/status, generate.go (v1.36)
import type { ContainerStatus, PodCondition, PodStatus, ResourceRequirements } from '../api/core.ts'
import { formatTime } from '../apimachinery/clock.ts'
import { isSidecar, type FrozenContainerStatus } from './container-status.ts'
import { podAmounts } from './pod-amounts.ts'
import type { PodObject, StageContext } from './stage.ts'

export interface ContainerStatuses {
  readonly init: readonly FrozenContainerStatus[]
  readonly regular: readonly FrozenContainerStatus[]
}

/** The conditions a kubelet writes, in its order; all others on a pod are kept as they are. */
const OWN_CONDITIONS = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'] as const

interface Finding {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

export function containerStatusesOf(pod: PodObject): ContainerStatuses {
  return { init: pod.status?.initContainerStatuses ?? [], regular: pod.status?.containerStatuses ?? [] }
}

export interface StatusFacts {
  readonly containers: ContainerStatuses
  /** Whether sandbox and network are there. */
  readonly sandboxReady: boolean
  readonly podIPs: readonly string[]
  /** No container will be started again, whatever the restart policy: the pod is being deleted. */
  readonly ending?: boolean
}

export function calculateStatus(pod: PodObject, facts: StatusFacts, context: StageContext): PodStatus {
  const { containers, sandboxReady, podIPs, ending = false } = facts
  const before = pod.status
  const found = isTerminalPhase(before?.phase) ? before!.phase! : calculatePhase(pod, containers, ending)
  // What never came to an end of its own has failed.
  const phase = ending && !isTerminalPhase(found) ? 'Failed' : found
  const ips = pod.spec?.hostNetwork === true ? context.hostIPs : podIPs
  const foreign = (before?.conditions ?? []).filter(({ type }) => !(OWN_CONDITIONS as readonly string[]).includes(type))
  const containersReady = containersReadyCondition(pod, containers, phase)
  const findings: Record<(typeof OWN_CONDITIONS)[number], Finding> = {
    PodReadyToStartContainers: { status: sandboxReady ? 'True' : 'False' },
    Initialized: initializedCondition(pod, containers, phase),
    Ready: readyCondition(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  const { init, regular } = containers
  const [hostIP] = context.hostIPs
  const [podIP] = ips
  return {
    ...(before?.nominatedNodeName === undefined ? {} : { nominatedNodeName: before.nominatedNodeName }),
    ...(before?.resourceClaimStatuses === undefined
      ? {}
      : { resourceClaimStatuses: before.resourceClaimStatuses.map((claim) => ({ ...claim })) }),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(before?.message === undefined || before.phase !== phase ? {} : { message: before.message }),
    ...(before?.reason === undefined || before.phase !== phase ? {} : { reason: before.reason }),
    conditions: [
      ...foreign.map((condition) => ({ ...condition })),
      ...OWN_CONDITIONS.map((type) => condition(pod, type, findings[type], context.now)),
    ],
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: context.hostIPs.map((ip) => ({ ip })) }),
    ...(podIP === undefined ? {} : { podIP, podIPs: ips.map((ip) => ({ ip })) }),
    startTime: before?.startTime ?? formatTime(context.now),
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(thaw) }),
    containerStatuses: regular.map(thaw).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    ...(before?.ephemeralContainerStatuses === undefined
      ? {}
      : { ephemeralContainerStatuses: before.ephemeralContainerStatuses.map(thaw) }),
    ...(before?.qosClass === undefined ? {} : { qosClass: before.qosClass }),
    ...amounts(pod),
  }
}

/** What the pod has in total. */
function amounts(pod: PodObject): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const { requests, limits } = podAmounts(pod)
  const resources: ResourceRequirements = {}
  if (Object.keys(limits).length > 0) resources.limits = limits
  if (Object.keys(requests).length > 0) resources.requests = requests
  return { resources, ...(resources.requests === undefined ? {} : { allocatedResources: requests }) }
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Whether a container that ended with this code is started again. */
export function shouldRestart(
  pod: PodObject,
  container: { restartPolicy?: string } | undefined,
  exitCode: number,
): boolean {
  switch (container?.restartPolicy ?? pod.spec?.restartPolicy) {
    case 'Never':
      return false
    case 'OnFailure':
      return exitCode !== 0
    default:
      return true
  }
}

function calculatePhase(pod: PodObject, { init, regular }: ContainerStatuses, ending: boolean): string {
  const started = regular.some(
    ({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined,
  )
  let initializing = false
  for (const [at, container] of (pod.spec?.initContainers ?? []).entries()) {
    const status = init[at]
    const ended = status?.state?.terminated ?? status?.lastState?.terminated
    if (isSidecar(container)) {
      if (status?.started !== true && ended === undefined && !started) initializing = true
    } else if (ended === undefined) {
      initializing = true
    } else if (ended.exitCode !== 0 && (ending || !shouldRestart(pod, restartOnFailure(pod), ended.exitCode))) {
      return 'Failed'
    }
  }
  const ends = regular.map(
    ({ state, lastState }) => state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated),
  )
  const waiting = regular.some(
    ({ state, lastState }) => state?.waiting !== undefined && lastState?.terminated === undefined,
  )
  if (initializing || waiting || regular.length === 0) return 'Pending'
  const sidecarRuns = (pod.spec?.initContainers ?? []).some(
    (container, at) => isSidecar(container) && init[at]?.state?.running !== undefined,
  )
  if (sidecarRuns || ends.some((end) => end === undefined)) return 'Running'
  const specs = new Map((pod.spec?.containers ?? []).map((container) => [container.name, container]))
  const again = regular.some(({ name }, at) => shouldRestart(pod, specs.get(name), ends[at]!.exitCode))
  if (again && !ending) return 'Running'
  return ends.every((end) => end!.exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** Init containers of a pod that always restarts are tried again only when they fail. */
export function restartOnFailure(pod: PodObject): { restartPolicy: string } {
  return { restartPolicy: pod.spec?.restartPolicy === 'Never' ? 'Never' : 'OnFailure' }
}

function containersReadyCondition(pod: PodObject, { init, regular }: ContainerStatuses, phase: string): Finding {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const statuses = new Map([...init, ...regular].map((status) => [status.name, status]))
  const counting = [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])]
  const unready = counting.filter(({ name }) => statuses.get(name)?.ready !== true).map(({ name }) => name)
  if (unready.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

/** All containers ready, and every readiness gate open. */
function readyCondition(pod: PodObject, containersReady: Finding): Finding {
  if (containersReady.status !== 'True') return containersReady
  const closed: string[] = []
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType)
    if (gate === undefined)
      closed.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`)
    else if (gate.status !== 'True')
      closed.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`)
  }
  return closed.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: closed.join(', ') }
}

function initializedCondition(pod: PodObject, { init, regular }: ContainerStatuses, phase: string): Finding {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (regular.some(({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined))
    return { status: 'True' }
  const incomplete = (pod.spec?.initContainers ?? [])
    .filter((container, at) => (isSidecar(container) ? init[at]?.started !== true : init[at]?.ready !== true))
    .map(({ name }) => name)
  if (incomplete.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  }
}

/** The time of the last transition stays as long as the condition's status does. */
function condition(pod: PodObject, type: string, finding: Finding, now: number): PodCondition {
  const before = pod.status?.conditions?.find((one) => one.type === type)
  const kept = before?.status === finding.status ? before.lastTransitionTime : undefined
  // A time that was never set is on the wire as null.
  const unset = { lastProbeTime: null } as unknown as Pick<PodCondition, 'lastProbeTime'>
  return {
    type,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    status: finding.status,
    ...unset,
    lastTransitionTime: kept ?? formatTime(now),
    ...(finding.reason === undefined ? {} : { reason: finding.reason }),
    ...(finding.message === undefined ? {} : { message: finding.message }),
  }
}

/** Statuses are replaced, never changed in place: the frozen one can be handed on as it is. */
function thaw(status: FrozenContainerStatus): ContainerStatus {
  return status as ContainerStatus
}
