// Dynamic resource allocation: a pod goes where its claims have devices, or can get some.
// Source: pkg/scheduler/framework/plugins/dynamicresources (v1.36)
// Left out on purpose: extended resources that stand for devices; waiting for conditions before a pod is bound.
import { requiredNodeAffinity, type NodeMatcher } from '../../api/node-selector.ts'
import type { AllocationResult, ResourceClaim } from '../../api/resource.ts'
import type { Client } from '../../client/client.ts'
import type { ClaimCache, ClaimsView, DeviceClaimObject } from '../claims.ts'
import { allocate, devicesInUse } from '../devices/allocator.ts'
import type {
  FilterPlugin,
  PodObject,
  PostFilterPlugin,
  PreEnqueuePlugin,
  Rejection,
  Reservation,
  ReserveContext,
} from '../framework.ts'

const NAME = 'DynamicResources'
const CLAIMS = 'resourceclaims.resource.k8s.io'
const PROTECTION = 'resource.kubernetes.io/delete-protection'
/** No more pods may use one claim. */
const MAX_USERS = 256

const unresolvable = (reason: string): Rejection => ({ resolvable: false, reasons: [reason] })
const CANNOT_ALLOCATE = unresolvable('cannot allocate all claims')
const NOT_HERE = unresolvable('resourceclaim not available on the node')

export const dynamicResourcesGate: PreEnqueuePlugin = {
  name: NAME,
  gate(pod, { claims }) {
    const found = claimsOfPod(pod, claims)
    return typeof found === 'string' ? found : undefined
  },
}

/** In the order of the pod, or why there are not all of them. Source: foreachPodResourceClaim */
function claimsOfPod(pod: PodObject, view: ClaimsView): readonly DeviceClaimObject[] | string {
  const found: DeviceClaimObject[] = []
  const { namespace = '', name: podName, uid } = pod.metadata
  for (const { name, resourceClaimName, resourceClaimTemplateName } of pod.spec?.resourceClaims ?? []) {
    let claimName = resourceClaimName
    if (resourceClaimTemplateName !== undefined) {
      const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === name)
      if (status === undefined) return `pod "${namespace}/${podName}": resource claim not created yet`
      claimName = status.resourceClaimName
    }
    // None was made for the template: there is nothing to have.
    if (claimName === undefined) continue
    const claim = view.claim(namespace, claimName)
    if (claim === undefined) return `could not find ResourceClaim "${namespace}/${claimName}"`
    if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim "${claimName}" is being deleted`
    const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true)
    if (resourceClaimTemplateName !== undefined && owner?.uid !== uid) {
      return `ResourceClaim ${namespace}/${claimName} was not created for pod ${namespace}/${podName} (pod is not owner)`
    }
    found.push(claim)
  }
  return found
}

/** A class that a request names and that there is not. Source: validateDeviceClass */
function missingClass({ spec }: DeviceClaimObject, view: ClaimsView): string | undefined {
  for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const named =
      exactly === undefined
        ? firstAvailable.map((one) => [`${name}/${one.name}`, one.deviceClassName] as const)
        : [[name, exactly.deviceClassName] as const]
    for (const [request, className] of named) {
      if (view.deviceClass(className) === undefined) {
        return `request ${request}: device class ${className} does not exist`
      }
    }
  }
  return undefined
}

function isReservedFor({ status }: DeviceClaimObject, { metadata }: PodObject): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === metadata.uid) ?? false
}

export const dynamicResources: FilterPlugin = {
  name: NAME,
  prepare({ pod }, { claims: view }) {
    if ((pod.spec?.resourceClaims?.length ?? 0) === 0) return undefined
    const claims = claimsOfPod(pod, view)
    if (typeof claims === 'string') return { rejection: unresolvable(claims) }
    if (claims.length === 0) return undefined
    const open: DeviceClaimObject[] = []
    const selectors: NodeMatcher[] = []
    for (const claim of claims) {
      const { allocation, reservedFor = [] } = claim.status ?? {}
      if (allocation === undefined) {
        const missing = missingClass(claim, view)
        if (missing !== undefined) return { rejection: unresolvable(missing) }
        open.push(claim)
        continue
      }
      if (reservedFor.length >= MAX_USERS && !isReservedFor(claim, pod)) {
        return { rejection: unresolvable('resourceclaim in use') }
      }
      const selector = selectorOf(allocation as AllocationResult)
      if (selector !== undefined) selectors.push(selector)
    }
    const inUse = open.length === 0 ? undefined : devicesInUse(view.claims())
    const allocations = new Map<string, readonly AllocationResult[]>()
    return {
      filter({ node }) {
        if (selectors.some((matches) => !matches(node))) return NOT_HERE
        if (inUse === undefined) return undefined
        const found = allocated(() => allocate(open, node, view, inUse))
        if (found === undefined) return CANNOT_ALLOCATE
        allocations.set(node.metadata.name, found)
        return undefined
      },
      reserve: (nodeName, context) =>
        reservation(pod, claims, new Map(open.map((claim, at) => [claim, allocations.get(nodeName)?.[at]])), {
          ...context,
          // Plugins only see what there is; here it is written.
          cache: view as ClaimCache,
        }),
    }
  },
  mayHelp(event, { pod }) {
    switch (event.kind) {
      case 'DevicesChanged':
        if (event.resource !== CLAIMS) return true
        return event.namespace === pod.metadata.namespace || pod.spec?.resourceClaims !== undefined
      case 'NodeAdded':
      case 'NodeUpdated':
        return true
      case 'AssignedPodAdded':
      case 'AssignedPodDeleted':
      case 'AssignedPodUpdated':
      case 'StorageChanged':
        return false
    }
  },
}

function allocated<T>(attempt: () => T): T {
  try {
    return attempt()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`running "${NAME}" filter plugin: ${reason}`, { cause: error })
  }
}

function selectorOf({ nodeSelector }: AllocationResult): NodeMatcher | undefined {
  if (nodeSelector === undefined) return undefined
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: nodeSelector } }
  return requiredNodeAffinity({ affinity } as Parameters<typeof requiredNodeAffinity>[0])
}

interface Writing extends ReserveContext {
  readonly cache: ClaimCache
}

/** Devices for claims that have none, and the pod among the users of all. Source: Reserve, bindClaim */
function reservation(
  pod: PodObject,
  claims: readonly DeviceClaimObject[],
  allocations: ReadonlyMap<DeviceClaimObject, AllocationResult | undefined>,
  { client, cache }: Writing,
): Reservation | undefined {
  const { name, uid } = pod.metadata
  const changed = claims
    .filter((claim) => allocations.has(claim) || !isReservedFor(claim, pod))
    .map((claim) => {
      const allocation = allocations.get(claim)
      const users = [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }]
      const status = { ...claim.status, ...(allocation === undefined ? {} : { allocation }), reservedFor: users }
      return { claim, status }
    })
  if (changed.length === 0) return undefined
  for (const { claim, status } of changed) cache.assume({ ...claim, status } as DeviceClaimObject)
  return {
    plugin: NAME,
    async bind() {
      for (const { claim, status } of changed) cache.written(await write(client, claim, status))
    },
    revert() {
      for (const { claim } of changed) cache.forget(claim.metadata.uid)
    },
  }
}

async function write(client: Client, claim: DeviceClaimObject, status: object): Promise<DeviceClaimObject> {
  let current = claim
  const { finalizers = [] } = claim.metadata
  if (claim.status?.allocation === undefined && !finalizers.includes(PROTECTION)) {
    const metadata = { ...claim.metadata, finalizers: [...finalizers, PROTECTION] }
    current = await client.update<ResourceClaim>(CLAIMS, { ...claim, metadata } as ResourceClaim)
  }
  return client.update<ResourceClaim>(CLAIMS, { ...current, status } as ResourceClaim, { subresource: 'status' })
}

/** Claims that hold devices out of the pod's reach give them up. Source: PostFilter */
export const dynamicResourcesPostFilter: PostFilterPlugin = {
  name: NAME,
  attempt({ pod }, { claims: view }, { rejection, verdicts }) {
    // It did not get to look at pods that another plugin had given up before it: that ends the attempt, in these words.
    if (rejection?.resolvable === false && rejection.plugin !== NAME) return { message: 'not found', isFinal: true }
    if (rejection !== undefined) return { message: 'no new claims to deallocate' }
    const claims = claimsOfPod(pod, view)
    if (typeof claims === 'string' || claims.length === 0) return { message: 'no new claims to deallocate' }
    if ([...verdicts.values()].some(({ reasons }) => reasons === NOT_HERE.reasons)) {
      for (const claim of claims) {
        const { allocation, reservedFor = [] } = claim.status ?? {}
        if (allocation === undefined) continue
        if (reservedFor.length > 1 || (reservedFor.length === 1 && !isReservedFor(claim, pod))) continue
        return { message: 'deallocation of ResourceClaim completed', release: (client) => deallocate(client, claim) }
      }
    }
    return { message: 'still not schedulable' }
  },
}

async function deallocate(client: Client, claim: DeviceClaimObject): Promise<void> {
  const { allocation: _, reservedFor: __, devices: ___, ...status } = claim.status ?? {}
  try {
    await client.update(CLAIMS, { ...claim, status } as ResourceClaim, { subresource: 'status' })
  } catch {
    // It has changed meanwhile: the next attempt looks again.
  }
}
