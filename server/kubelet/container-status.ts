// The status of one container in each of its states.
// Source: pkg/kubelet, convertToAPIContainerStatuses (v1.36)
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  ContainerUser,
  VolumeMountStatus,
} from '../api/core.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { PodObject, StageContext } from './stage.ts'

export type FrozenContainer = Frozen<Container>
export type FrozenContainerStatus = Frozen<ContainerStatus>

export function isSidecar(container: FrozenContainer): boolean {
  return container.restartPolicy === 'Always'
}

/** Not started yet: `ContainerCreating`, or `PodInitializing` in a pod with init containers. */
export function waitingStatus(pod: PodObject, container: FrozenContainer): ContainerStatus {
  const reason = (pod.spec?.initContainers?.length ?? 0) > 0 ? 'PodInitializing' : 'ContainerCreating'
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
    ...volumeMounts(container),
  }
}

/** Just started, for the first time or again. Init containers that must end are never ready while they run. */
export function runningStatus(
  pod: PodObject,
  container: FrozenContainer,
  before: FrozenContainerStatus | undefined,
  initializes: boolean,
  { runtime, now }: StageContext,
): ContainerStatus {
  const { image, imageID } = runtime.image(container.image ?? '')
  const ended = before?.state?.terminated ?? before?.lastState?.terminated
  const again = before?.state?.terminated !== undefined || before?.lastState?.terminated !== undefined
  return {
    name: container.name,
    state: { running: { startedAt: formatTime(now) } },
    lastState: ended === undefined ? {} : { terminated: { ...ended } },
    ready: !initializes,
    restartCount: (before?.restartCount ?? 0) + (again ? 1 : 0),
    image,
    imageID,
    containerID: runtime.newContainerID(),
    started: true,
    ...resourcesOf(container),
    ...volumeMounts(container),
    user: userOf(pod, container),
  }
}

/** A running container that has ended. */
export function terminatedStatus(
  before: FrozenContainerStatus,
  exitCode: number,
  initializes: boolean,
  now: number,
): ContainerStatus {
  const terminated: ContainerStateTerminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(before.state?.running?.startedAt === undefined ? {} : { startedAt: before.state.running.startedAt }),
    finishedAt: formatTime(now),
    ...(before.containerID === undefined ? {} : { containerID: before.containerID }),
  }
  return { ...copyOf(before), state: { terminated }, ready: initializes && exitCode === 0, started: false }
}

/** A container that is held for ended, as the pod is over, though nobody has seen its end. */
export function withUnknownEnd(status: FrozenContainerStatus): FrozenContainerStatus {
  if (status.state?.terminated !== undefined) return status
  const message = 'The container could not be located when the pod was terminated'
  const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt: null, finishedAt: null }
  // Times that nobody knows are on the wire as null.
  return { ...copyOf(status), state: { terminated: terminated as unknown as ContainerStateTerminated }, ready: false }
}

/** An ended container that waits for its restart. */
export function backOffStatus(before: FrozenContainerStatus, message: string): ContainerStatus {
  const state: ContainerState = { waiting: { reason: 'CrashLoopBackOff', message } }
  const ended = before.state?.terminated
  return {
    ...copyOf(before),
    state,
    ready: false,
    started: false,
    ...(ended === undefined ? {} : { lastState: { terminated: { ...ended } } }),
  }
}

/** The amounts the container has: what its spec says now, as nothing refuses a resize. */
export function resourcesOf({ resources }: FrozenContainer): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const requests = resources?.requests
  return {
    ...(requests === undefined ? {} : { allocatedResources: { ...requests } }),
    resources: {
      ...(resources?.limits === undefined ? {} : { limits: { ...resources.limits } }),
      ...(requests === undefined ? {} : { requests: { ...requests } }),
    },
  }
}

function volumeMounts({ volumeMounts: mounts }: FrozenContainer): { volumeMounts?: VolumeMountStatus[] } {
  if (mounts === undefined || mounts.length === 0) return {}
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  }
}

/** The user its first process runs as: root, unless the security contexts say otherwise. */
function userOf(pod: PodObject, container: FrozenContainer): ContainerUser {
  const own = container.securityContext
  const shared = pod.spec?.securityContext
  const uid = own?.runAsUser ?? shared?.runAsUser ?? 0
  const gid = own?.runAsGroup ?? shared?.runAsGroup ?? 0
  const fsGroup = shared?.fsGroup
  const groups = new Set([gid, ...(fsGroup === undefined ? [] : [fsGroup]), ...(shared?.supplementalGroups ?? [])])
  return { linux: { uid, gid, supplementalGroups: [...groups] } }
}

/** A draft: what is replaced is replaced whole, so one level is enough. */
function copyOf(status: FrozenContainerStatus): ContainerStatus {
  return { ...status } as ContainerStatus
}
