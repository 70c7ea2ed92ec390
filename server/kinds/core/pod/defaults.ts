// What a pod gets when it is made, beyond the defaults it shares with pod templates.
// Source: pkg/apis/core/v1, SetDefaults_Pod and the conversions of Pod and PodStatus; pkg/registry/core/pod,
// PrepareForCreate (v1.36)
import type { Container, Pod, PodAffinity, PodSpec } from '../../../api/core.ts'
import { formatTime } from '../../../apimachinery/clock.ts'
import { deepEqual } from '../../../apimachinery/equality.ts'
import { field } from '../../../apimachinery/field.ts'
import { formatQuantity } from '../../../apimachinery/quantity.ts'
import type { LabelSelector } from '../../../apimachinery/types.ts'
import type { StrategyContext } from '../../../registry/kind.ts'
import { appArmorPrefix, appArmorProfileOf } from '../../pod-template/annotations.ts'
import { dropInitContainerAnnotations } from '../../pod-template/defaults.ts'
import { defaultPodSpec, dropDisabledPodFields } from '../../pod-template/index.ts'
import {
  isHugePageResourceName,
  isOvercommitAllowed,
  isSupportedPodLevelResource,
} from '../../pod-template/resource-names.ts'
import { aggregateContainerResources, computePodQOS } from '../../pod-template/resource-sums.ts'
import { validateAppArmorProfile } from '../../pod-template/security-context.ts'

export function defaults(draft: Pod): void {
  const spec = (draft.spec ??= { containers: [] })
  defaultPodSpec(spec)
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    defaultRequests(container)
    if (spec.hostNetwork !== true) continue
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
  }
  defaultPodResources(spec)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  if (draft.metadata !== undefined) dropInitContainerAnnotations(draft.metadata)
  syncPodIPs(draft)
}

/** Requests are the limits, where only those are told. */
function defaultRequests({ resources }: Container): void {
  if (resources?.limits === undefined) return
  resources.requests = { ...resources.limits, ...resources.requests }
}

/** Requests and huge page limits of the pod as a whole follow from its containers, where the pod tells a part of them. */
function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec
  if (resources === undefined) return
  const { requests = {}, limits = {} } = resources
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return
  for (const [name, quantity] of Object.entries(aggregateContainerResources(spec, 'limits'))) {
    if (isHugePageResourceName(name) && requests[name] === undefined) limits[name] ??= formatQuantity(quantity)
  }
  if (Object.keys(limits).length === 0) return
  for (const [name, quantity] of Object.entries(aggregateContainerResources(spec, 'requests'))) {
    if (isSupportedPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= formatQuantity(quantity)
  }
  for (const [name, limit] of Object.entries(limits)) if (isSupportedPodLevelResource(name)) requests[name] ??= limit
  resources.limits = limits
  if (Object.keys(requests).length > 0) resources.requests = requests
}

/** podIP is the first of podIPs; if they differ, podIP is right, for the sake of old kubelets. */
function syncPodIPs({ status }: Pod): void {
  if (status === undefined) return
  const { podIP = '', podIPs = [] } = status
  if (podIP !== '' && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }]
  else if (podIP === '' && podIPs[0] !== undefined) status.podIP = podIPs[0].ip
}

export function prepareForCreate(draft: Pod, { now }: StrategyContext): void {
  const spec = draft.spec ?? { containers: [] }
  dropDisabledPodFields(spec)
  draft.status = { phase: 'Pending', qosClass: computePodQOS(spec) }
  if ((spec.schedulingGates ?? []).length > 0) {
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: formatTime(now),
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    }
    draft.status.conditions = [condition]
  }
  mergeLabelKeys(draft, spec)
  fillAppArmorProfiles(draft)
}

/** Keys of labels become requirements with the pod's own values. */
function mergeLabelKeys({ metadata }: Pod, spec: PodSpec): void {
  const labels = metadata?.labels ?? {}
  const merge = (
    selector: LabelSelector | undefined,
    keys: readonly string[] | undefined,
    operator: 'In' | 'NotIn',
  ): void => {
    for (const key of keys ?? []) {
      const value = labels[key]
      if (selector === undefined || value === undefined) continue
      selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }]
    }
  }
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const term of affinityTerms(affinity)) {
      merge(term.labelSelector, term.matchLabelKeys, 'In')
      merge(term.labelSelector, term.mismatchLabelKeys, 'NotIn')
    }
  }
  for (const { labelSelector, matchLabelKeys } of spec.topologySpreadConstraints ?? [])
    merge(labelSelector, matchLabelKeys, 'In')
}

function affinityTerms(
  affinity: PodAffinity | undefined,
): NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']> {
  return [
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]
}

function allContainers(spec: PodSpec | undefined): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]
}

/** The annotation's profile, if it is a valid one. */
function annotatedProfile({ metadata }: Pod, container: Container): ReturnType<typeof appArmorProfileOf> {
  const annotation = metadata?.annotations?.[appArmorPrefix + container.name]
  const profile = annotation === undefined ? undefined : appArmorProfileOf(annotation)
  return validateAppArmorProfile(profile, field('')).length === 0 ? profile : undefined
}

/** The older annotations are taken over into the fields. */
function fillAppArmorProfiles(draft: Pod): void {
  if (draft.spec?.os?.name === 'windows') return
  for (const container of allContainers(draft.spec)) {
    if (container.securityContext?.appArmorProfile !== undefined) continue
    const profile = annotatedProfile(draft, container)
    if (profile === undefined || deepEqual(profile, draft.spec?.securityContext?.appArmorProfile)) continue
    container.securityContext = { ...container.securityContext, appArmorProfile: profile }
  }
}

/** For annotations that were taken over, or that say nothing. */
export function appArmorWarnings(pod: Pod): string[] {
  if (pod.spec?.os?.name === 'windows') return []
  return allContainers(pod.spec).flatMap((container) => {
    const key = appArmorPrefix + container.name
    if (pod.metadata?.annotations?.[key] === undefined) return []
    const own = container.securityContext?.appArmorProfile
    const annotated = annotatedProfile(pod, container)
    const isTakenOver = annotated !== undefined && own !== undefined && deepEqual(own, annotated)
    if (!isTakenOver && (annotated !== undefined || own !== undefined)) return []
    return [
      `${field('metadata', 'annotations').key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`,
    ]
  })
}
