// Node of the core group.
// Source: pkg/registry/core/node; pkg/apis/core/validation, ValidateNode, ValidateNodeUpdate;
// pkg/printers/internalversion, printNode (v1.36)
import type { Node, NodeAddress, Taint } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, forbidden, internal, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { byteLength, isValidLabelValue } from '../../apimachinery/formats.ts'
import { isIPv6, isValidCIDRForLegacyField, parseCIDR, warningsForCIDR } from '../../apimachinery/ip.ts'
import { validateLabelName } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { defaultResourceList } from '../pod-template/resource-lists.ts'
import { validateResourceQuantityValue } from '../pod-template/resource-requirements.ts'
import { taintEffects } from '../pod-template/scheduling.ts'
import { jsonArrayProblem, jsonObjectProblem } from './json-problem.ts'

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  defaults,
  strategy: {
    // A kubelet brings the status with it when it registers its node.
    keepsStatusOnCreate: true,
    prepareForCreate: (draft) => dropConfig(draft),
    prepareForUpdate: (draft) => dropConfig(draft),
    validate,
    validateUpdate,
    warnings,
  },
  status: { prepareForUpdate: (draft) => dropConfig(draft), validateUpdate },
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  cells: {
    Status: readiness,
    Roles: roles,
    Version: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '',
    'Internal-IP': (object) => address(object, 'InternalIP'),
    'External-IP': (object) => address(object, 'ExternalIP'),
    'OS-Image': ({ status }) => status?.nodeInfo?.osImage || '<unknown>',
    'Kernel-Version': ({ status }) => {
      const { kernelVersion, architecture } = status?.nodeInfo ?? {}
      return (kernelVersion || '<unknown>') + (architecture ? ` (${architecture})` : '')
    },
    'Container-Runtime': ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
  },
})

function defaults({ spec, status }: Node): void {
  if (spec !== undefined) {
    const { podCIDR = '', podCIDRs = [] } = spec
    // podCIDR is the first of podCIDRs; if they differ, podCIDR is right, for the sake of old clients.
    if (podCIDR !== '' && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR]
    else if (podCIDR === '' && podCIDRs[0] !== undefined) spec.podCIDR = podCIDRs[0]
  }
  if (status === undefined) return
  defaultResourceList(status.capacity)
  defaultResourceList(status.allocatable)
  if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity }
}

/** The feature is gone. */
function dropConfig({ spec, status }: Node): void {
  if (spec !== undefined) delete spec.configSource
  if (status !== undefined) delete status.config
}

function validate({ metadata, spec, status }: Node): FieldError[] {
  const podCIDRs = spec?.podCIDRs ?? []
  const errors = [
    ...validateTaintsAnnotation(metadata?.annotations?.[taintsAnnotation]),
    ...validateAvoidPodsAnnotation(metadata?.annotations?.[avoidPodsAnnotation]),
    ...validateTaints(spec?.taints ?? [], field('metadata', 'taints')),
    ...validateResources(status?.capacity, 'capacity'),
    ...validateResources(status?.allocatable, 'allocatable'),
    ...validateDeclaredFeatures(status?.declaredFeatures ?? [], field('status', 'declaredFeatures')),
  ]
  const cidrsPath = field('spec', 'podCIDRs')
  const wrong = podCIDRs.flatMap((cidr, at) => isValidCIDRForLegacyField(cidrsPath.index(at), cidr, true))
  errors.push(...wrong)
  if (podCIDRs.length < 2) return errors
  const parsed = podCIDRs.map((cidr) => parseCIDR(cidr))
  const firstBad = parsed.indexOf(undefined)
  if (firstBad >= 0) {
    const why = `invalid CIDR[${firstBad}]: <nil> (invalid CIDR address: ${podCIDRs[firstBad]})`
    errors.push(internal(cidrsPath, `invalid PodCIDRs. failed to check with dual stack with error:${why}`))
  }
  const families = new Set(parsed.map((cidr) => cidr !== undefined && isIPv6(cidr.address)))
  if (firstBad < 0 && families.size === 2 && podCIDRs.length === 2) return errors
  return [...errors, invalid(cidrsPath, podCIDRs, 'may specify no more than one CIDR for each IP family')]
}

const taintsAnnotation = 'scheduler.alpha.kubernetes.io/taints'

/** A JSON list of taints. */
function validateTaintsAnnotation(text: string | undefined): FieldError[] {
  if (!text) return []
  const path = field('metadata', 'annotations')
  const problem = jsonArrayProblem(text, '[]core.Taint')
  if (problem !== undefined) return [invalid(path, taintsAnnotation, problem)]
  return validateTaints((JSON.parse(text) ?? []) as Taint[], path.child(taintsAnnotation))
}

const avoidPodsAnnotation = 'scheduler.alpha.kubernetes.io/preferAvoidPods'

/** Only what has a controller can be avoided. */
interface AvoidPods {
  preferAvoidPods?: readonly { podSignature?: { podController?: { controller?: boolean } } }[]
}

function validateAvoidPodsAnnotation(text: string | undefined): FieldError[] {
  if (!text) return []
  const path = field('metadata', 'annotations')
  const problem = jsonObjectProblem(text, 'v1.AvoidPods')
  if (problem !== undefined) return [invalid(path.child('AvoidPods'), avoidPodsAnnotation, problem)]
  const { preferAvoidPods = [] } = (JSON.parse(text) ?? {}) as AvoidPods
  return preferAvoidPods.flatMap(({ podSignature }, at) => {
    const signaturePath = path.child(avoidPodsAnnotation).index(at).child('PodSignature')
    const controller = podSignature?.podController
    if (controller === undefined) return [required(signaturePath)]
    if (controller.controller === true) return []
    return [invalid(signaturePath.child('PodController', 'Controller'), false, 'must point to a controller')]
  })
}

function validateTaints(taints: readonly Taint[], path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, at) => {
    const { key = '', value = '', effect = '' } = taint
    const here = path.index(at)
    const effectPath = here.child('effect')
    const errors = validateLabelName(key, here.child('key'))
    const problems = isValidLabelValue(value)
    if (problems.length > 0) errors.push(invalid(here.child('value'), value, problems.join(';')))
    if (effect === '') errors.push(required(effectPath))
    else if (!taintEffects.includes(effect)) errors.push(notSupported(effectPath, effect, taintEffects))
    const pair = `${key} ${effect}`
    if (seen.has(pair)) {
      const error = duplicate(here, internalValue('Taint', taint))
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` })
    }
    seen.add(pair)
    return errors
  })
}

function validateResources(list: Readonly<Record<string, string>> | undefined, name: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([resource, quantity]) =>
    validateResourceQuantityValue(resource, quantity, field('status', name, resource)),
  )
}

const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/
const featureError =
  'must start with an UpperCamelCase segment, with subsequent segments separated by ' +
  "'/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"

function validateDeclaredFeatures(features: readonly string[], path: FieldPath): FieldError[] {
  return features.flatMap((name, at) => {
    const errors: FieldError[] = []
    const refuse = (why: string): void =>
      void errors.push(invalid(path.index(at), name, `invalid feature name "${name}": ${why}`))
    if (byteLength(name) > 253) refuse('must be no more than 253 characters')
    else if (!featureName.test(name)) refuse(featureError)
    const next = features[at + 1]
    if (next === undefined) return errors
    if (next === name) errors.push(duplicate(path.index(at + 1), next))
    else if (name > next) errors.push(invalid(path.index(at + 1), next, 'list must be sorted alphabetically'))
    return errors
  })
}

/** After `validate`, some of which upstream repeats; alone for the status. */
function validateUpdate({ metadata, spec, status }: Node, { spec: oldSpec }: Node): FieldError[] {
  const errors = [
    ...validateTaintsAnnotation(metadata?.annotations?.[taintsAnnotation]),
    ...validateAvoidPodsAnnotation(metadata?.annotations?.[avoidPodsAnnotation]),
    ...validateResources(status?.capacity, 'capacity'),
    ...validateResources(status?.allocatable, 'allocatable'),
    ...validateDeclaredFeatures(status?.declaredFeatures ?? [], field('status', 'declaredFeatures')),
    ...validateAddresses(status?.addresses ?? [], field('status', 'addresses')),
  ]
  const oldCIDRs = oldSpec?.podCIDRs ?? []
  const podCIDRs = spec?.podCIDRs ?? []
  const changed = forbidden(field('spec', 'podCIDRs'), 'node updates may not change podCIDR except from "" to valid')
  if (oldCIDRs.length > 0) {
    if (oldCIDRs.length !== podCIDRs.length) errors.push(changed)
    else errors.push(...oldCIDRs.filter((cidr, at) => cidr !== podCIDRs[at]).map(() => changed))
  }
  const providerID = oldSpec?.providerID ?? ''
  if (providerID !== '' && providerID !== (spec?.providerID ?? '')) {
    errors.push(
      forbidden(field('spec', 'providerID'), 'node updates may not change providerID except from "" to valid'),
    )
  }
  errors.push(...validateTaints(spec?.taints ?? [], field('metadata', 'taints')))
  if ((spec?.externalID ?? '') !== (oldSpec?.externalID ?? '')) {
    errors.push(forbidden(field('spec', 'externalID'), 'may not be updated'))
  }
  return errors
}

function validateAddresses(addresses: readonly NodeAddress[], path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return addresses.flatMap((one, at) => {
    const key = `${one.type} ${one.address}`
    const errors = seen.has(key) ? [duplicate(path.index(at), internalValue('NodeAddress', one))] : []
    seen.add(key)
    return errors
  })
}

function warnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource === undefined ? [] : ['spec.configSource: the feature is removed']),
    ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec?.podCIDRs ?? []).flatMap((cidr, at) => warningsForCIDR(field('spec', 'podCIDRs').index(at), cidr)),
  ]
}

function readiness({ spec, status }: Node): string {
  const ready = (status?.conditions ?? []).findLast(({ type }) => type === 'Ready')
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word
}

const rolePrefix = 'node-role.kubernetes.io/'

function roles({ metadata }: Node): string {
  const found = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    const role = key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === 'kubernetes.io/role' ? value : ''
    return role === '' ? [] : [role]
  })
  return [...new Set(found)].sort().join(',') || '<none>'
}

function address({ status }: Node, type: string): string {
  return (status?.addresses ?? []).find((one) => one.type === type)?.address ?? '<none>'
}
