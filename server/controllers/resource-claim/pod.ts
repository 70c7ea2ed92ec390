// The claims of one pod: made from templates, named in its status, reserved if it has a node already.
// Source: kubernetes pkg/controller/resourceclaim, syncPod and handleClaim (v1.36)
import type { PodSpec } from '../../api/core.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/resource.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { create, event, patch, retry, updateStatus, type Action } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import type { Lister } from '../../client/indexer.ts'
import { newControllerRef } from '../owner.ts'
import type { Pod } from '../pod-status.ts'
import type { Claim } from './claim.ts'

const CLAIMS = 'resourceclaims.resource.k8s.io'
const POD_CLAIM = 'resource.kubernetes.io/pod-claim-name'
const POD_KIND = { apiVersion: 'v1', kind: 'Pod' }
/** As the owner of its fields in the status of pods. */
const MANAGER = 'ResourceClaimController'
/** A generated name has a hyphen and five more characters after it, and 63 in all. */
const MAX_BASE_LENGTH = 57
const MAX_USERS = 256

type PodClaim = NonNullable<Frozen<PodSpec>['resourceClaims']>[number]

export function syncPod(
  pod: Pod,
  claims: Lister<ResourceClaim>,
  templates: Lister<ResourceClaimTemplate>,
): readonly Action[] {
  const wanted = (pod.spec?.resourceClaims ?? []).filter((one) => one.resourceClaimTemplateName !== undefined)
  const made = new Map<string, string>()
  for (const podClaim of wanted) {
    if (isThere(pod, podClaim, claims)) continue
    const found = ownClaim(pod, podClaim, claims)
    if (found === undefined) return [makeClaim(pod, podClaim, templates)].flat()
    made.set(podClaim.name, found.metadata.name)
  }
  if (made.size > 0) return [tellPod(pod, made)]
  return (pod.spec?.nodeName ?? '') === '' ? [] : reservations(pod, claims)
}

/** Whether the pod's status names a claim of its own; one that says that none is needed is as good. */
function isThere(pod: Pod, { name }: PodClaim, claims: Lister<ResourceClaim>): boolean {
  const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === name)
  if (status === undefined) return false
  if (status.resourceClaimName === undefined) return true
  const claim = claims.get(pod.metadata.namespace, status.resourceClaimName)
  return claim !== undefined && isFor(pod, claim)
}

function isFor({ metadata }: Pod, claim: Claim): boolean {
  return (
    claim.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === metadata.uid) ?? false
  )
}

/** One that was made before, though the pod does not name it yet. Source: findPodResourceClaim */
function ownClaim(pod: Pod, { name }: PodClaim, claims: Lister<ResourceClaim>): Claim | undefined {
  return claims.byIndex('owner', pod.metadata.uid).find(({ metadata }) => metadata.annotations?.[POD_CLAIM] === name)
}

function makeClaim(pod: Pod, podClaim: PodClaim, templates: Lister<ResourceClaimTemplate>): readonly Action[] {
  const { namespace, name } = pod.metadata
  const fail = (reason: string): readonly Action[] => {
    const told = `PodResourceClaim ${podClaim.name}: ${reason}`
    return [
      event(subjectOf(pod, POD_KIND), 'Warning', 'FailedResourceClaimCreation', told),
      retry(new Error(`pod ${namespace}/${name}, ${told}`)),
    ]
  }
  const templateName = podClaim.resourceClaimTemplateName ?? ''
  const template = templates.get(namespace, templateName)
  if (template === undefined) {
    const missing = `resourceclaimtemplate.resource.k8s.io "${templateName}" not found`
    return fail(`resource claim template "${templateName}": ${missing}`)
  }
  const { labels, annotations } = template.spec.metadata ?? {}
  const { blockOwnerDeletion: _, ...owner } = newControllerRef(pod, POD_KIND)
  const claim = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      generateName: generateName(name, podClaim.name),
      ownerReferences: [owner],
      annotations: { ...annotations, [POD_CLAIM]: podClaim.name },
      ...(labels === undefined ? {} : { labels }),
    },
    spec: template.spec.spec,
  }
  return [
    create(CLAIMS, claim, ({ error }) => (error === undefined ? [] : fail(`create ResourceClaim : ${error.message}`))),
  ]
}

/** Both names, each cut by the same share if they are too long together. */
export function generateName(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`
  if (whole.length <= MAX_BASE_LENGTH) return whole
  const cut = pod.slice(0, Math.trunc((pod.length * MAX_BASE_LENGTH) / whole.length))
  return `${cut}-${claim.slice(0, Math.trunc((claim.length * MAX_BASE_LENGTH) / whole.length))}`
}

function tellPod(pod: Pod, made: ReadonlyMap<string, string>): Action {
  const known = (pod.status?.resourceClaimStatuses ?? []).filter(({ name }) => !made.has(name))
  const statuses = [...known, ...[...made].map(([name, resourceClaimName]) => ({ name, resourceClaimName }))]
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace },
    status: { resourceClaimStatuses: statuses },
  }
  return patch('pods', pod, 'application/apply-patch+yaml', body, { subresource: 'status', applyAs: MANAGER })
}

/** A pod that came to its node past the scheduler: claims that have devices are reserved for it. */
function reservations(pod: Pod, claims: Lister<ResourceClaim>): readonly Action[] {
  const { namespace, name, uid } = pod.metadata
  return (pod.spec?.resourceClaims ?? []).flatMap((podClaim): readonly Action[] => {
    const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === podClaim.name)
    const claimName = podClaim.resourceClaimName ?? status?.resourceClaimName
    const claim = claimName === undefined ? undefined : claims.get(namespace, claimName)
    const users = claim?.status?.reservedFor ?? []
    if (claim?.status?.allocation === undefined || users.some((user) => user.uid === uid)) return []
    if (users.length >= MAX_USERS) return []
    const reservedFor = [...users, { resource: 'pods', name, uid }]
    return [updateStatus(CLAIMS, { ...claim, status: { ...claim.status, reservedFor } })]
  })
}
