// Pods whose devices have NoExecute taints go: at once, or when the time for which their claims tolerate it is over.
// Left out: DeviceTaintRules, whose API is off by default.
// Source: kubernetes pkg/controller/devicetainteviction (v1.36)
import type * as core from '../api/core.ts'
import type * as resource from '../api/resource.ts'
import { toleratesTaint } from '../api/taints.ts'
import { formatTime } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, Stored } from '../apimachinery/types.ts'
import { event, patch, remove, requeueAfter, retry, unlessOvertaken, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Controller, type Listers } from '../client/controller.ts'
import { keyOf, splitKey } from '../client/indexer.ts'
import { disruptionTarget, timeOf, type Pod } from './pod-status.ts'

type Claim = Frozen<Stored<resource.ResourceClaim>>
type Slice = Frozen<Stored<resource.ResourceSlice>>
type Allocated = Frozen<resource.DeviceRequestAllocationResult>

const CLAIMS = 'resourceclaims.resource.k8s.io'
const SLICES = 'resourceslices.resource.k8s.io'

export function deviceTaintEviction(): Controller {
  const planned = new Set<string>()
  return defineController({
    name: 'device-taint-eviction-controller',
    watches: [
      { resource: 'pods', enqueue: keyOfPod, indexes: { resourceclaims: (object) => claimKeys(object as Pod) } },
      {
        resource: CLAIMS,
        enqueue: ({ object }, listers) => podsOfClaim(object, listers),
        indexes: { pool: poolsOfClaim },
      },
      { resource: SLICES, enqueue: podsOfSlice, indexes: { pool: poolOfSlice } },
    ],
    reconcile: (key, listers, now) => reconcile(key, listers, now, planned),
  })
}

/** Keys of the claims of a pod, its own and those made for it. */
function claimKeys(pod: Pod): readonly string[] {
  // Of most pods: these are asked of every event about one.
  if (pod.spec?.resourceClaims === undefined && pod.status?.resourceClaimStatuses === undefined) return []
  const { namespace = '' } = pod.metadata
  const named = (pod.spec?.resourceClaims ?? []).map(({ resourceClaimName }) => resourceClaimName)
  const made = (pod.status?.resourceClaimStatuses ?? []).map(({ resourceClaimName }) => resourceClaimName)
  return [...named, ...made].flatMap((name) => (name === undefined ? [] : [`${namespace}/${name}`]))
}

function keyOfPod({ object }: WatchEvent): readonly string[] {
  return claimKeys(object as Pod).length > 0 ? [keyOf(object)] : []
}

function podsOfClaim(claim: Frozen<Stored<AnyObject>>, listers: Listers): readonly string[] {
  return listers.of<core.Pod>('pods').byIndex('resourceclaims', keyOf(claim)).map(keyOf)
}

function poolsOfClaim(object: Frozen<Stored<AnyObject>>): readonly string[] {
  return [...new Set(resultsOf(object as unknown as Claim).map(({ driver, pool }) => `${driver}/${pool}`))]
}

function poolOfSlice(object: Frozen<Stored<AnyObject>>): readonly string[] {
  const { driver, pool } = (object as unknown as Slice).spec
  return [`${driver}/${pool.name}`]
}

function podsOfSlice({ object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const pools = [object, ...(old === undefined ? [] : [old])].flatMap(poolOfSlice)
  const claims = pools.flatMap((pool) => listers.of<AnyObject>(CLAIMS).byIndex('pool', pool))
  return new Set(claims.flatMap((claim) => podsOfClaim(claim, listers)))
}

function resultsOf({ status }: Claim): readonly Allocated[] {
  return status?.allocation?.devices?.results ?? []
}

function reconcile(key: string, listers: Listers, now: number, planned: Set<string>): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const pod = listers.of<core.Pod>('pods').get(namespace, name)
  const isStaying = pod === undefined || pod.metadata.deletionTimestamp !== undefined || !pod.spec?.nodeName
  const when = isStaying ? undefined : evictionTime(pod, listers, now)
  if (pod === undefined || when === undefined) {
    const wasPlanned = planned.delete(key)
    return wasPlanned && pod !== undefined && pod.metadata.deletionTimestamp === undefined
      ? [tell(pod, 'Cancelling deletion')]
      : []
  }
  if (when > now) {
    planned.add(key)
    return [requeueAfter(when - now)]
  }
  planned.delete(key)
  return [tell(pod, 'Marking for deletion'), ...evict(pod, now)]
}

function tell({ metadata: { namespace = '', name, uid } }: Pod, message: string): Action {
  return event({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid }, 'Normal', 'DeviceTaintManagerEviction', message)
}

/** The earliest that any of its claims asks for, in milliseconds; undefined if it may stay. */
function evictionTime(pod: Pod, listers: Listers, now: number): number | undefined {
  const times = claimKeys(pod).flatMap((key) => {
    const { namespace, name } = splitKey(key)
    const claim = listers.of<resource.ResourceClaim>(CLAIMS).get(namespace, name)
    const isItsOwn = claim?.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true
    if (claim === undefined || !isItsOwn) return []
    return resultsOf(claim).flatMap((device) => deviceTimes(device, listers, now))
  })
  return times.length === 0 ? undefined : Math.min(...times)
}

/** When the taints of a device that its claim does not tolerate for ever drive its users away. */
function deviceTimes(allocated: Allocated, listers: Listers, now: number): readonly number[] {
  const taints = deviceOf(allocated, listers)?.taints ?? []
  return taints
    .filter(({ effect }) => effect === 'NoExecute')
    .flatMap((taint) => {
      const used = (allocated.tolerations ?? []).filter(
        (toleration) => toleration.effect === 'NoExecute' && toleratesTaint(toleration, taint),
      )
      if (used.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return []
      const seconds = used.length === 0 ? 0 : Math.min(...used.map((one) => Math.max(0, one.tolerationSeconds ?? 0)))
      return [(timeOf(taint.timeAdded) ?? now) + seconds * 1000]
    })
}

/** As the newest generation of its pool describes it. */
function deviceOf({ driver, pool, device }: Allocated, listers: Listers): Frozen<resource.Device> | undefined {
  const slices = listers.of<resource.ResourceSlice>(SLICES).byIndex('pool', `${driver}/${pool}`)
  const newest = Math.max(0, ...slices.map(({ spec }) => spec.pool.generation))
  return slices
    .filter(({ spec }) => spec.pool.generation === newest)
    .flatMap(({ spec }) => spec.devices ?? [])
    .find(({ name }) => name === device)
}

function evict(pod: Pod, now: number): readonly Action[] {
  const message = 'Device Taint manager: deleting due to NoExecute taint'
  const condition = disruptionTarget(pod, 'DeletionByDeviceTaintManager', message, formatTime(now))
  const body = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } }
  const deletion = remove('pods', pod, { then: unlessOvertaken })
  return [
    patch('pods', pod, 'application/strategic-merge-patch+json', body, {
      subresource: 'status',
      then: ({ error }) => (error === undefined ? [deletion] : isNotFound(error) ? [] : [retry(error)]),
    }),
  ]
}
