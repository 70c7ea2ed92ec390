// Warnings about pods and pod templates: what is deprecated, without effect, or surprising.
// Source: pkg/api/pod, warningsForPodSpecAndMeta; pkg/api/node, GetNodeLabelDeprecatedMessage (v1.36)
import type {
  Container,
  ContainerPort,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { FieldPath } from '../../apimachinery/field.ts'
import { isValidLabelValue } from '../../apimachinery/formats.ts'
import type { ObjectMeta } from '../../apimachinery/types.ts'
import { warningsForIP } from '../../apimachinery/validation.ts'
import { appArmorPrefix, appArmorProfileOf, seccompContainerPrefix, seccompPodAnnotation } from './annotations.ts'
import { nodeLabelDeprecation } from '../rules/node-labels.ts'
import { type VisitedContainer, containersOf } from './containers.ts'
import { overlappingPathWarnings } from './overlapping-paths.ts'
import { isWholeQuantity } from './resource-lists.ts'

export function podTemplateWarnings(template: PodTemplateSpec, path: FieldPath): string[] {
  return specWarnings(template.spec ?? { containers: [] }, template.metadata ?? {}, path, true)
}

export function podWarnings(pod: Pod): string[] {
  return specWarnings(pod.spec ?? { containers: [] }, pod.metadata ?? {}, new FieldPath(''), false)
}

const deprecatedAnnotations = new Map([
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
])

/** By volume source: how warnings name it, and since when it is of no use. */
const deprecatedVolumes: readonly (readonly [source: keyof Volume, name: string, text: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

const nullSelector = 'a null labelSelector results in matching no pod'

/** @param path of the pod or template, empty for a pod */
function specWarnings(spec: PodSpec, metadata: ObjectMeta, path: FieldPath, isTemplate: boolean): string[] {
  const specPath = path.child('spec')
  const annotationsPath = path.child('metadata', 'annotations')
  const { annotations = {} } = metadata
  const containers = containersOf(spec, specPath)
  const warnings: string[] = []
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = nodeLabelDeprecation(key)
    if (text !== undefined) warnings.push(`${specPath.child('nodeSelector').key(key)}: ${text}`)
  }
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (nodeAffinity !== undefined)
    warnings.push(...nodeAffinityWarnings(nodeAffinity, specPath.child('affinity', 'nodeAffinity')))
  for (const [at, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const here = specPath.child('topologySpreadConstraints').index(at)
    const text = nodeLabelDeprecation(topologyKey)
    if (text !== undefined) warnings.push(`${here.child('topologyKey')}: ${topologyKey} is ${text}`)
    if (labelSelector === undefined) warnings.push(`${here.child('labelSelector')}: ${nullSelector}`)
  }
  for (const [key, text] of deprecatedAnnotations) {
    if (annotations[key] !== undefined) warnings.push(`${annotationsPath.key(key)}: ${text}`)
  }
  for (const [at, volume] of (spec.volumes ?? []).entries())
    warnings.push(...volumeWarnings(volume, specPath.child('volumes').index(at)))
  warnings.push(...overlappingPathWarnings(spec.volumes ?? []))
  if (spec.hostAliases !== undefined)
    warnings.push(...duplicateWarnings(spec.hostAliases, 'ip', specPath.child('hostAliases')))
  if (spec.imagePullSecrets !== undefined)
    warnings.push(...duplicateWarnings(spec.imagePullSecrets, 'name', specPath.child('imagePullSecrets')))
  for (const [at, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    if (name === '')
      warnings.push(`${specPath.child('imagePullSecrets').index(at).child('name')}: invalid empty name ""`)
  }
  if (spec.overhead !== undefined) warnings.push(...fractionWarnings(spec.overhead, specPath.child('overhead')))
  if (spec.securityContext?.seccompProfile === undefined && annotations[seccompPodAnnotation] !== undefined) {
    warnings.push(`${annotationsPath.key(seccompPodAnnotation)}: ${seccompText}`)
  }
  for (const visited of containers) {
    warnings.push(...profileWarnings(visited.container, spec, annotations, annotationsPath, isTemplate))
    warnings.push(...containerWarnings(visited))
  }
  warnings.push(...portWarnings(containers), ...portNameWarnings(containers))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1'
    warnings.push(`${specPath.child('terminationGracePeriodSeconds')}: ${text}`)
  }
  if (podAffinity !== undefined)
    warnings.push(...podAffinityWarnings(podAffinity, specPath.child('affinity', 'podAffinity')))
  if (podAntiAffinity !== undefined)
    warnings.push(...podAffinityWarnings(podAntiAffinity, specPath.child('affinity', 'podAntiAffinity')))
  for (const [at, ip] of (spec.dnsConfig?.nameservers ?? []).entries()) {
    warnings.push(...warningsForIP(specPath.child('dnsConfig', 'nameservers').index(at), ip))
  }
  for (const [at, { ip = '' }] of (spec.hostAliases ?? []).entries()) {
    warnings.push(...warningsForIP(specPath.child('hostAliases').index(at).child('ip'), ip))
  }
  return warnings
}

function nodeAffinityWarnings(affinity: NodeAffinity, path: FieldPath): string[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred,
  } = affinity
  const termsPath = path.child('requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms')
  const preferredPath = path.child('preferredDuringSchedulingIgnoredDuringExecution')
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, at) =>
      nodeSelectorTermWarnings(term, termsPath.index(at), false),
    ),
    ...(preferred ?? []).flatMap(({ preference }, at) =>
      nodeSelectorTermWarnings(preference ?? {}, preferredPath.index(at).child('preference'), true),
    ),
  ]
}

/** Also for the node affinity of persistent volumes. Source: pkg/api/node, GetWarningsForNodeSelectorTerm */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, path: FieldPath, checkValues: boolean): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values }, at) => {
    const here = path.child('matchExpressions').index(at)
    const text = nodeLabelDeprecation(key)
    const warnings = text === undefined ? [] : [`${here.child('key')}: ${key} is ${text}`]
    if (!checkValues) return warnings
    for (const [valueAt, value] of (values ?? []).entries()) {
      const valuePath = here.child('values').index(valueAt)
      warnings.push(...isValidLabelValue(value).map((problem) => `${valuePath}: ${value} is invalid, ${problem}`))
    }
    return warnings
  })
}

function podAffinityWarnings(affinity: PodAffinity, path: FieldPath): string[] {
  const requiredPath = path.child('requiredDuringSchedulingIgnoredDuringExecution')
  const preferredPath = path.child('preferredDuringSchedulingIgnoredDuringExecution')
  return [
    ...(affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, at) =>
      labelSelector === undefined ? [`${requiredPath.index(at).child('labelSelector')}: ${nullSelector}`] : [],
    ),
    ...(affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, at) =>
      podAffinityTerm?.labelSelector === undefined
        ? [`${preferredPath.index(at).child('podAffinityTerm', 'labelSelector')}: ${nullSelector}`]
        : [],
    ),
  ]
}

function volumeWarnings(volume: Volume, path: FieldPath): string[] {
  const warnings: string[] = []
  for (const [source, name, text] of deprecatedVolumes) {
    if (volume[source] !== undefined) warnings.push(`${path.child(name)}: ${text}`)
  }
  const claim = volume.ephemeral?.volumeClaimTemplate
  if (claim === undefined) return warnings
  return [...warnings, ...claimSpecWarnings(claim.spec ?? {}, path.child('ephemeral', 'volumeClaimTemplate', 'spec'))]
}

/** Source: pkg/api/persistentvolumeclaim, GetWarningsForPersistentVolumeClaimSpec */
export function claimSpecWarnings(
  spec: { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } },
  path: FieldPath,
): string[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    fractionWarnings(spec.resources?.[list] ?? {}, path.child('resources', list), ['storage']),
  )
}

const byteResources: readonly string[] = ['memory', 'ephemeral-storage']

/** Parts of bytes make no sense. */
function fractionWarnings(
  list: Readonly<Record<string, string>>,
  path: FieldPath,
  names: readonly string[] = byteResources,
): string[] {
  const warnings: string[] = []
  for (const name of names) {
    const text = list[name]
    if (text === undefined || isWholeQuantity(text)) continue
    warnings.push(`${path.key(name)}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`)
  }
  return warnings
}

function duplicateWarnings(list: readonly object[], member: string, path: FieldPath): string[] {
  const seen = new Set<string>()
  return list.flatMap((element, at) => {
    const value = (element as Readonly<Record<string, string | undefined>>)[member] ?? ''
    const isDuplicate = seen.has(value)
    seen.add(value)
    return isDuplicate ? [`${path.index(at).child(member)}: duplicate ${member} ${JSON.stringify(value)}`] : []
  })
}

const seccompText = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const appArmorText = 'deprecated since v1.30; use the "appArmorProfile" field instead'

/** Annotations for which there are fields now. Pods get their AppArmor warning when the field is filled in. */
function profileWarnings(
  container: Container,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>>,
  path: FieldPath,
  isTemplate: boolean,
): string[] {
  const warnings: string[] = []
  const seccompKey = seccompContainerPrefix + container.name
  const { seccompProfile, appArmorProfile } = container.securityContext ?? {}
  if (seccompProfile === undefined && annotations[seccompKey] !== undefined)
    warnings.push(`${path.key(seccompKey)}: ${seccompText}`)
  const appArmorKey = appArmorPrefix + container.name
  const annotation = annotations[appArmorKey]
  if (!isTemplate || appArmorProfile !== undefined || annotation === undefined) return warnings
  const podProfile = spec.securityContext?.appArmorProfile
  if (podProfile === undefined || !deepEqual(podProfile, appArmorProfileOf(annotation))) {
    warnings.push(`${path.key(appArmorKey)}: ${appArmorText}`)
  }
  return warnings
}

function containerWarnings({ container, path }: VisitedContainer): string[] {
  const { resources, env = [] } = container
  const warnings: string[] = []
  for (const name of byteResources) {
    for (const list of ['limits', 'requests'] as const) {
      const amounts = resources?.[list]
      if (amounts?.[name] !== undefined)
        warnings.push(...fractionWarnings(amounts, path.child('resources', list), [name]))
    }
  }
  const seen = new Set<string>()
  for (const [at, { name = '', value = '', valueFrom }] of env.entries()) {
    // A variable may build on the one it hides.
    const reference = `$(${name})`
    if (seen.has(name) && (valueFrom !== undefined || value === reference || !value.includes(reference))) {
      const text = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
      warnings.push(`${path.child('env').index(at)}: ${text}`)
    }
    seen.add(name)
  }
  return warnings
}

interface VisitedPort {
  readonly port: ContainerPort
  readonly path: FieldPath
}

function portsOf(containers: readonly VisitedContainer[]): VisitedPort[] {
  return containers.flatMap(({ container, path }) =>
    (container.ports ?? []).map((port, at) => ({ port, path: path.child('ports').index(at) })),
  )
}

function portWarnings(containers: readonly VisitedContainer[]): string[] {
  const warnings: string[] = []
  const byKey = new Map<string, VisitedPort[]>()
  for (const visited of portsOf(containers)) {
    const { port, path } = visited
    const { name = '', hostPort = 0, containerPort = 0, protocol = '', hostIP = '' } = port
    if (hostIP !== '' && hostPort === 0) {
      const printed = `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
      warnings.push(`${path}: hostIP set without hostPort: ${printed}`)
    }
    const key = `${containerPort}/${protocol}`
    const others = byKey.get(key) ?? []
    for (const other of others) {
      const { hostPort: otherHostPort = 0, hostIP: otherHostIP = '' } = other.port
      if (hostIP === otherHostIP && hostPort === otherHostPort) {
        warnings.push(`${path}: duplicate port definition with ${other.path}`)
      } else if (hostPort === 0 || otherHostPort === 0) {
        warnings.push(`${path}: overlapping port definition with ${other.path}`)
      } else if (hostPort === otherHostPort && (hostIP === '') !== (otherHostIP === '')) {
        warnings.push(`${path}: dangerously ambiguous port definition with ${other.path}`)
      }
    }
    byKey.set(key, [...others, visited])
  }
  return warnings
}

function portNameWarnings(containers: readonly VisitedContainer[]): string[] {
  const byName = new Map<string, FieldPath>()
  return portsOf(containers).flatMap(({ port: { name = '' }, path }) => {
    const other = byName.get(name)
    if (name === '') return []
    if (other === undefined) {
      byName.set(name, path)
      return []
    }
    const effect = `services and probes that select ports by name will use ${other}`
    return [`${path}: duplicate port name ${JSON.stringify(name)} with ${other}, ${effect}`]
  })
}
