// The spec of a pod as a whole, and pod templates.
// Source: pkg/apis/core/validation, ValidatePodSpec, ValidatePodTemplateSpec (v1.36)
import type { PodDNSConfig, PodResourceClaim, PodSpec, PodTemplateSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notFound, required, tooLong } from '../../apimachinery/field.ts'
import {
  byteLength,
  inclusiveRangeError,
  isDNS1123SubdomainWithUnderscore,
  isInRange,
  nameIsDNSSubdomain,
} from '../../apimachinery/formats.ts'
import type { ObjectMeta } from '../../apimachinery/types.ts'
import { isValidIPForLegacyField, validateAnnotations, validateLabels } from '../../apimachinery/validation.ts'
import { internalValue } from '../internal-form/index.ts'
import {
  invalids,
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateQualifiedName,
} from '../metadata/field-formats.ts'
import { mirrorPodAnnotation, validatePodAnnotations, validateProfilesMatch } from './annotations.ts'
import {
  type ContainerContext,
  containersOf,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
  validateOneOf,
} from './containers.ts'
import { validateOS, validateWindowsHostProcess } from './os.ts'
import { validateContainerResources, validatePodResources } from './resource-requirements.ts'
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread } from './scheduling.ts'
import { validatePodSecurityContext } from './security-context.ts'
import { validateVolumes } from './volumes.ts'

export interface PodSpecOptions {
  /** Of the pod that has the spec; absent in templates. */
  readonly metadata?: ObjectMeta | undefined
  /** A pod must have all values; a template may leave some to be filled in. Default false. */
  readonly isPod?: boolean
}

export const maxInt32 = 2147483647

export function validatePodTemplate(template: PodTemplateSpec, path: FieldPath): FieldError[] {
  const { metadata = {}, spec = { containers: [] } } = template
  const annotationsPath = path.child('annotations')
  const specPath = path.child('spec')
  return [
    ...validateLabels(metadata.labels, path.child('labels')),
    ...validateAnnotations(metadata.annotations, annotationsPath),
    ...validatePodAnnotations(metadata.annotations, spec, annotationsPath),
    ...validatePodSpec(spec, specPath),
    ...validateProfilesMatch(metadata.annotations, spec, specPath),
    ...((spec.ephemeralContainers ?? []).length > 0
      ? [forbidden(specPath.child('ephemeralContainers'), 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

export function validatePodSpec(spec: PodSpec, path: FieldPath, options: PodSpecOptions = {}): FieldError[] {
  const { metadata, isPod = false } = options
  const errors: FieldError[] = []
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(required(path.child('terminationGracePeriodSeconds')))
  const volumes = validateVolumes(spec.volumes, path.child('volumes'), { podName: metadata?.name, isPod })
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name = '' }) => name).filter((name) => name !== ''))
  const context: ContainerContext = { spec, volumes: volumes.byName, claimNames }
  errors.push(
    ...volumes.errors,
    ...validateResourceClaims(spec.resourceClaims, metadata, path.child('resourceClaims')),
    ...validateContainers(context, path.child('containers')),
    ...validateInitContainers(context, path.child('initContainers')),
    ...validateEphemeralContainers(context, path.child('ephemeralContainers')),
    ...validatePodResources(spec, claimNames, path),
    ...validateHostNetworkPorts(spec, isPod, path.child('containers')),
    ...validateOneOf(spec.restartPolicy ?? '', ['Always', 'OnFailure', 'Never'], path.child('restartPolicy')),
    ...validateOneOf(spec.dnsPolicy ?? '', dnsPolicies, path.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurityContext(spec, path.child('securityContext')),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDNSConfig(spec.dnsConfig, spec.dnsPolicy, path.child('dnsConfig')),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType = '' }, at) =>
      validateQualifiedName(conditionType, path.child('readinessGates').index(at).child('conditionType')),
    ),
    ...validateSchedulingGates(spec.schedulingGates, path.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints, path.child('topologySpreadConstraints')),
    ...validateWindowsHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...validateHostnameOverride(spec, path.child('hostnameOverride')),
    ...validateNames(spec, path),
    ...validateOS(spec, path),
    ...validateFileKeyRefVolumes(spec, path),
  )
  return errors
}

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

/** Names, numbers and small lists that stand alone, in upstream's order. */
function validateNames(spec: PodSpec, path: FieldPath): FieldError[] {
  const { activeDeadlineSeconds, hostname = '', subdomain = '', preemptionPolicy, overhead, runtimeClassName } = spec
  const errors: FieldError[] = []
  const subdomains = (name: 'serviceAccountName' | 'nodeName' | 'priorityClassName'): void => {
    const value = spec[name] ?? ''
    if (value !== '') errors.push(...invalids(path.child(name), value, nameIsDNSSubdomain(value, false)))
  }
  subdomains('serviceAccountName')
  subdomains('nodeName')
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      ...invalids(
        path.child('activeDeadlineSeconds'),
        activeDeadlineSeconds,
        isInRange(activeDeadlineSeconds, 1, maxInt32),
      ),
    )
  }
  if (hostname !== '') errors.push(...validateDNS1123Label(hostname, path.child('hostname')))
  if (subdomain !== '') errors.push(...validateDNS1123Label(subdomain, path.child('subdomain')))
  errors.push(...validateTolerations(spec.tolerations, path.child('tolerations')))
  for (const [at, { ip = '', hostnames }] of (spec.hostAliases ?? []).entries()) {
    const here = path.child('hostAliases').index(at)
    errors.push(...isValidIPForLegacyField(here.child('ip'), ip, true))
    errors.push(
      ...(hostnames ?? []).flatMap((name, nameAt) =>
        validateDNS1123Subdomain(name, here.child('hostnames').index(nameAt)),
      ),
    )
  }
  subdomains('priorityClassName')
  if (runtimeClassName !== undefined) {
    errors.push(
      ...invalids(path.child('runtimeClassName'), runtimeClassName, nameIsDNSSubdomain(runtimeClassName, false)),
    )
  }
  if (preemptionPolicy !== undefined) {
    errors.push(...validateOneOf(preemptionPolicy, ['PreemptLowerPriority', 'Never'], path.child('preemptionPolicy')))
  }
  if (overhead !== undefined) {
    errors.push(...validateContainerResources({ limits: overhead }, new Set(), path.child('overhead')))
  }
  return errors
}

function validateResourceClaims(
  claims: readonly PodResourceClaim[] | undefined,
  metadata: ObjectMeta | undefined,
  path: FieldPath,
): FieldError[] {
  const isMirror = metadata?.annotations?.[mirrorPodAnnotation] !== undefined
  const seen = new Set<string>()
  return (claims ?? []).flatMap((claim, at) => {
    const here = path.index(at)
    const { name = '', resourceClaimName: claimName, resourceClaimTemplateName: templateName } = claim
    if (isMirror) return [forbidden(path.index(at), 'static pods do not support resource claims')]
    const errors: FieldError[] = []
    if (name === '') errors.push(required(here.child('name')))
    else if (seen.has(name)) errors.push(duplicate(here.child('name'), name))
    else errors.push(...validateDNS1123Label(name, here.child('name')))
    seen.add(name)
    const refuse = (detail: string): void =>
      void errors.push(invalid(here, internalValue('PodResourceClaim', claim), detail))
    if (claimName !== undefined && templateName !== undefined) {
      refuse('at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified')
    }
    if (claimName === undefined && templateName === undefined) {
      refuse('must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')
    }
    if (claimName !== undefined)
      errors.push(...invalids(here.child('resourceClaimName'), claimName, nameIsDNSSubdomain(claimName, false)))
    if (templateName === undefined) return errors
    return [
      ...errors,
      ...invalids(here.child('resourceClaimTemplateName'), templateName, nameIsDNSSubdomain(templateName, false)),
    ]
  })
}

/** On the network of the node, a port is the node's own. */
function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, path: FieldPath): FieldError[] {
  if (spec.hostNetwork !== true) return []
  return (spec.containers ?? []).flatMap(({ ports = [] }, at) =>
    ports.flatMap(({ hostPort = 0, containerPort = 0 }, portAt) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return []
      const here = path.index(at).child('ports').index(portAt).child('hostPort')
      return [invalid(here, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
    }),
  )
}

const maxNameservers = 3
const maxSearches = 32
const maxSearchLength = 2048

function validateDNSConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: FieldPath,
): FieldError[] {
  const nameserversPath = path.child('nameservers')
  const searchesPath = path.child('searches')
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  if (policy === 'None') {
    if (config === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (nameservers.length === 0) {
      return [required(nameserversPath, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  const errors: FieldError[] = []
  if (nameservers.length > maxNameservers) {
    errors.push(invalid(nameserversPath, nameservers, `must not have more than ${maxNameservers} nameservers`))
  }
  errors.push(...nameservers.flatMap((ip, at) => isValidIPForLegacyField(nameserversPath.index(at), ip, true)))
  if (searches.length > maxSearches) {
    errors.push(invalid(searchesPath, searches, `must not have more than ${maxSearches} search paths`))
  }
  if (byteLength(searches.join(' ')) > maxSearchLength) {
    const detail = `must not have more than ${maxSearchLength} characters (including spaces) in the search list`
    errors.push(invalid(searchesPath, searches, detail))
  }
  for (const [at, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    errors.push(...invalids(searchesPath.index(at), name, isDNS1123SubdomainWithUnderscore(name)))
  }
  for (const [at, { name = '' }] of options.entries()) {
    if (name === '') errors.push(required(path.child('options').index(at), 'must not be empty'))
  }
  return errors
}

function validateHostUsers(spec: PodSpec, path: FieldPath): FieldError[] {
  if (spec.hostUsers !== false) return []
  const refuse = (here: FieldPath): FieldError => forbidden(here, 'when `hostUsers` is false')
  return [
    ...(spec.hostNetwork === true ? [refuse(path.child('hostNetwork'))] : []),
    ...(spec.hostPID === true ? [refuse(path.child('HostPID'))] : []),
    ...(spec.hostIPC === true ? [refuse(path.child('HostIPC'))] : []),
    ...containersOf(spec, path)
      .filter(({ container }) => (container.volumeDevices ?? []).length > 0)
      .map(({ path: here }) => refuse(here.child('volumeDevices'))),
  ]
}

function validateHostnameOverride(spec: PodSpec, path: FieldPath): FieldError[] {
  const { hostnameOverride: name } = spec
  if (name === undefined) return []
  return [
    ...(spec.setHostnameAsFQDN === true
      ? [forbidden(path, 'may not be specified when setHostnameAsFQDN is true')]
      : []),
    ...(spec.hostNetwork === true ? [forbidden(path, 'may not be specified when hostNetwork is true')] : []),
    ...(byteLength(name) > 64 ? [tooLong(path, 64)] : []),
    ...validateDNS1123Subdomain(name, path),
  ]
}

/** Variables can be read from files of emptyDir volumes only. */
function validateFileKeyRefVolumes(spec: PodSpec, path: FieldPath): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]))
  return containersOf(spec, path).flatMap(({ container, path: here }) =>
    (container.env ?? []).flatMap(({ valueFrom }, at) => {
      if (valueFrom?.fileKeyRef === undefined) return []
      const { volumeName = '' } = valueFrom.fileKeyRef
      const volume = volumes.get(volumeName)
      const namePath = here.child('env').index(at).child('valueFrom', 'fileKeyRef', 'volumeName')
      if (volume === undefined) return [notFound(namePath, volumeName)]
      return volume.emptyDir !== undefined
        ? []
        : [invalid(namePath, volumeName, 'referenced volume must be of type emptyDir')]
    }),
  )
}

/** As pods' activeDeadlineSeconds is told to be. */
export const deadlineRangeError = inclusiveRangeError(0, maxInt32)
