// Status updates of pods.
// Source: pkg/registry/core/pod, podStatusStrategy; pkg/apis/core/validation, ValidatePodStatusUpdate (v1.36)
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../../api/core.ts'
import type { FieldError, FieldPath } from '../../../apimachinery/field.ts'
import { duplicate, field, forbidden, invalid } from '../../../apimachinery/field.ts'
import { nameIsDNSSubdomain } from '../../../apimachinery/formats.ts'
import { isIPv6, isValidIPForLegacyField, parseIP } from '../../../apimachinery/ip.ts'
import { validateImmutableField, warningsForIP } from '../../../apimachinery/validation.ts'
import { internalForm } from '../../internal-form/index.ts'
import { invalids, validateQualifiedName } from '../../metadata/field-formats.ts'
import {
  validateAllocatedResources,
  validateContainerUsers,
  validateExtendedClaimStatus,
  validateNoAllocatedResources,
} from './container-status.ts'
import { validateAnnotationUpdate } from './update.ts'

export function prepareStatusForUpdate(draft: Pod, old: Pod): void {
  const status = (draft.status ??= {})
  const metadata = (draft.metadata ??= {})
  if (old.metadata?.ownerReferences === undefined) delete metadata.ownerReferences
  else metadata.ownerReferences = [...old.metadata.ownerReferences]
  if (!status.qosClass && old.status?.qosClass !== undefined) status.qosClass = old.status.qosClass
  keepObservedGenerations(status, old.status ?? {})
  dropDisabledStatusFields(status)
}

/** Fields of features that a server has switched off unless told otherwise. */
function dropDisabledStatusFields(status: PodStatus): void {
  delete status.nodeAllocatableResourceClaimStatuses
  for (const list of statusLists) {
    for (const { volumeMounts } of status[list] ?? []) for (const mount of volumeMounts ?? []) delete mount.volumeStatus
  }
}

/** About addresses that are valid, and not as they should be written. */
export function statusWarnings({ status }: Pod): string[] {
  return (['podIPs', 'hostIPs'] as const).flatMap((list) =>
    (status?.[list] ?? []).flatMap(({ ip = '' }, at) => warningsForIP(field('status', list).index(at).child('ip'), ip)),
  )
}

/** Writers that do not know the field must not take it away. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration
  const remaining = [...(old.conditions ?? [])]
  for (const condition of status.conditions ?? []) {
    const at = remaining.findIndex(({ type }) => type === condition.type)
    const generation = at < 0 ? 0 : (remaining.splice(at, 1)[0]?.observedGeneration ?? 0)
    if (!condition.observedGeneration && generation > 0) condition.observedGeneration = generation
  }
}

export function validateStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const path = field('status')
  const { spec = { containers: [] }, status = {} } = pod
  const { spec: oldSpec = { containers: [] }, status: oldStatus = {} } = old
  const { nominatedNodeName = '', observedGeneration = 0 } = status
  const errors = [...validateAnnotationUpdate(pod, old), ...validateConditions(status, path.child('conditions'))]
  if (nominatedNodeName !== '' && nominatedNodeName !== (oldStatus.nominatedNodeName ?? '')) {
    const here = path.child('nominatedNodeName')
    errors.push(...invalids(here, nominatedNodeName, nameIsDNSSubdomain(nominatedNodeName, false)))
    if (oldSpec.nodeName) errors.push(forbidden(here, 'may not be set on pods that are already bound to a node'))
  }
  if (observedGeneration < 0) {
    errors.push(invalid(path.child('observedGeneration'), observedGeneration, 'must be a non-negative integer'))
  }
  errors.push(...validateImmutableField(status.qosClass ?? '', oldStatus.qosClass ?? '', path.child('qosClass')))
  if (!couldRestartAllContainers(oldSpec)) {
    errors.push(
      ...validateTransitions(status, oldStatus, 'containerStatuses', oldSpec, oldSpec.containers, path),
      ...validateTransitions(status, oldStatus, 'initContainerStatuses', oldSpec, oldSpec.initContainers, path),
    )
  }
  return [
    ...errors,
    ...validateTransitions(status, oldStatus, 'ephemeralContainerStatuses', oldSpec, [], path),
    ...validateClaimStatuses(status, spec, path.child('resourceClaimStatuses')),
    ...validateExtendedClaimStatus(status.extendedResourceClaimStatus, spec, path.child('extendedResourceClaimStatus')),
    ...validateIPs(status.podIPs, oldStatus.podIPs, 'PodIP', path.child('podIPs')),
    ...validateHostIPs(status, oldStatus, path.child('hostIPs')),
    ...statusLists.flatMap((list) => validateContainerUsers(status[list], spec.os?.name, path.child(list))),
    ...validateAllocatedResources(status.containerStatuses, spec.containers, path.child('containerStatuses')),
    ...validateAllocatedResources(
      status.initContainerStatuses,
      spec.initContainers,
      path.child('initContainerStatuses'),
    ),
    ...validateNoAllocatedResources(status.ephemeralContainerStatuses, path.child('ephemeralContainerStatuses')),
  ]
}

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized'])

function validateConditions({ conditions }: PodStatus, path: FieldPath): FieldError[] {
  return (conditions ?? []).flatMap(({ type = '', observedGeneration = 0 }, at) => {
    const here = path.index(at)
    const errors: FieldError[] = []
    if (observedGeneration < 0) {
      errors.push(invalid(here.child('observedGeneration'), observedGeneration, 'must be a non-negative integer'))
    }
    return systemConditions.has(type) ? errors : [...errors, ...validateQualifiedName(type, here.child('Type'))]
  })
}

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
type StatusList = (typeof statusLists)[number]

/** What has ended stays so, unless its restart policy lets it run again. */
function validateTransitions(
  status: PodStatus,
  old: PodStatus,
  list: StatusList,
  spec: PodSpec,
  containers: readonly Container[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (old[list] ?? []).flatMap((oldStatus: ContainerStatus, at) => {
    const terminated = oldStatus.state?.terminated
    if (terminated === undefined) return []
    const current = (status[list] ?? []).find(({ name }) => name === oldStatus.name)
    if (current === undefined || current.state?.terminated !== undefined) return []
    const container = (containers ?? []).find(({ name }) => name === oldStatus.name)
    if (container !== undefined && shouldRestart(container, spec, terminated.exitCode)) return []
    return [forbidden(path.child(list).index(at).child('state'), 'may not be transitioned to non-terminated state')]
  })
}

/** Source: pkg/api/v1/pod, ContainerShouldRestart */
function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const matches = (container.restartPolicyRules ?? []).some(({ exitCodes }) => {
      if (exitCodes === undefined) return false
      const isListed = (exitCodes.values ?? []).includes(exitCode)
      return exitCodes.operator === 'In' ? isListed : exitCodes.operator === 'NotIn' && !isListed
    })
    if (matches) return true
  }
  const policy = container.restartPolicy ?? spec.restartPolicy ?? 'Always'
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

/** Source: pkg/api/v1/pod, AllContainersCouldRestart */
function couldRestartAllContainers(spec: PodSpec): boolean {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ restartPolicyRules }) =>
    (restartPolicyRules ?? []).some(({ action }) => action === 'RestartAllContainers'),
  )
}

function validateClaimStatuses({ resourceClaimStatuses }: PodStatus, spec: PodSpec, path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return (resourceClaimStatuses ?? []).flatMap(({ name = '', resourceClaimName }, at) => {
    const here = path.index(at)
    const errors: FieldError[] = []
    if (!(spec.resourceClaims ?? []).some((claim) => claim.name === name)) {
      errors.push(invalid(here.child('name'), name, 'must match the name of an entry in `spec.resourceClaims`'))
    }
    if (seen.has(name)) errors.push(duplicate(here.child('name'), name))
    seen.add(name)
    if (resourceClaimName === undefined) return errors
    const problems = nameIsDNSSubdomain(resourceClaimName, false)
    return [...errors, ...invalids(here.child('resourceClaimName'), resourceClaimName, problems)]
  })
}

type Addresses = readonly { ip?: string }[] | undefined

/** At most one address of each family. */
function validateIPs(addresses: Addresses, old: Addresses, struct: string, path: FieldPath): FieldError[] {
  const known = (old ?? []).map(({ ip = '' }) => ip)
  const ips = (addresses ?? []).map(({ ip = '' }) => ip)
  const errors = ips.flatMap((ip, at) => isValidIPForLegacyField(path.index(at), ip, true, known))
  if (ips.length < 2) return errors
  const parsed = ips.map(parseIP)
  const unreadable = parsed.indexOf(undefined)
  if (unreadable >= 0) {
    const detail = `failed to check for dual stack with error:invalid IP[${unreadable}]: ${ips[unreadable]}`
    errors.push({ reason: 'InternalError', field: String(path), message: `Internal error: ${detail}` })
  }
  const families = new Set(parsed.map((ip) => ip !== undefined && isIPv6(ip)))
  if (unreadable < 0 && families.size === 2 && ips.length === 2) return errors
  const printed = (addresses ?? []).map((address) => internalForm(struct, address))
  return [...errors, invalid(path, printed, 'may specify no more than one IP for each IP family')]
}

function validateHostIPs(status: PodStatus, old: PodStatus, path: FieldPath): FieldError[] {
  const first = status.hostIPs?.[0]
  if (first === undefined) return []
  const errors: FieldError[] = []
  if ((status.hostIP ?? '') !== first.ip)
    errors.push(invalid(path.index(0).child('ip'), first.ip, 'must be equal to `hostIP`'))
  return [...errors, ...validateIPs(status.hostIPs, old.hostIPs, 'HostIP', path)]
}
