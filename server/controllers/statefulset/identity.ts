// Who a pod of a StatefulSet is: its ordinal, name, labels, host name and volumes.
// Source: kubernetes pkg/controller/statefulset, stateful_set_utils.go (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { newControllerRef } from '../owner.ts'
import { podFromTemplate } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'

export type StatefulSet = Frozen<Stored<apps.StatefulSet>>

/** A pod that is still to be created; unlike others it is named here. */
export type NewPod = Frozen<core.Pod> & { readonly metadata: { readonly name: string } }
export type AnyPod = Pod | NewPod

export const KIND = { apiVersion: 'apps/v1', kind: 'StatefulSet' }
const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX = 'apps.kubernetes.io/pod-index'
const REVISION = 'controller-revision-hash'
const MAX_ORDINAL = 2 ** 31 - 1

/** What the name of a pod says: that of its set, and its ordinal; -1 and '' if it is not the name of such a pod. */
function nameParts(pod: AnyPod): { parent: string; ordinal: number } {
  const [, parent, digits] = /^(.*)-([0-9]+)$/.exec(pod.metadata.name) ?? []
  if (parent === undefined) return { parent: '', ordinal: -1 }
  const ordinal = Number(digits)
  return { parent, ordinal: ordinal > MAX_ORDINAL ? -1 : ordinal }
}

export function ordinalOf(pod: AnyPod): number {
  return nameParts(pod).ordinal
}

export function isMemberOf(set: StatefulSet, pod: Pod): boolean {
  return nameParts(pod).parent === set.metadata.name
}

export function startOrdinal(set: StatefulSet): number {
  return set.spec?.ordinals?.start ?? 0
}

export function isInOrdinalRange(set: StatefulSet, pod: AnyPod): boolean {
  const index = ordinalOf(pod) - startOrdinal(set)
  return index >= 0 && index < (set.spec?.replicas ?? 0)
}

/** The name of the revision that a pod was made from. */
export function revisionOf(pod: AnyPod): string {
  return pod.metadata.labels?.[REVISION] ?? ''
}

export function claimName(set: StatefulSet, template: Frozen<core.PersistentVolumeClaim>, ordinal: number): string {
  return `${template.metadata?.name ?? ''}-${set.metadata.name}-${ordinal}`
}

/** The pod of a set with an ordinal, from a template of the set. @param revision name of the template's revision */
export function podWithOrdinal(
  set: StatefulSet,
  template: Frozen<core.PodTemplateSpec>,
  revision: string,
  ordinal: number,
): NewPod {
  const { metadata, spec, ...pod } = podFromTemplate(set, template, newControllerRef(set, KIND))
  const name = `${set.metadata.name}-${ordinal}`
  const { serviceName = '' } = set.spec ?? {}
  return {
    ...pod,
    metadata: {
      ...metadata,
      name,
      labels: { ...identityLabels({ ...metadata?.labels }, name, ordinal), [REVISION]: revision },
    },
    spec: {
      containers: [],
      ...spec,
      hostname: name,
      ...(serviceName === '' ? {} : { subdomain: serviceName }),
      ...volumesOf(set, spec, ordinal),
    },
  }
}

function identityLabels(labels: Record<string, string>, name: string, ordinal: number): Record<string, string> {
  return { ...labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal) }
}

export function hasIdentity(set: StatefulSet, pod: AnyPod): boolean {
  const { name, labels } = pod.metadata
  return name === `${set.metadata.name}-${ordinalOf(pod)}` && labels?.[POD_NAME] === name
}

export function withIdentity(pod: Pod): Pod {
  const { name, labels } = pod.metadata
  return { ...pod, metadata: { ...pod.metadata, labels: identityLabels({ ...labels }, name, ordinalOf(pod)) } }
}

export function hasStorage(set: StatefulSet, pod: AnyPod): boolean {
  return (set.spec?.volumeClaimTemplates ?? []).every((template) => {
    const volume = pod.spec?.volumes?.find(({ name }) => name === template.metadata?.name)
    return volume?.persistentVolumeClaim?.claimName === claimName(set, template, ordinalOf(pod))
  })
}

export function withStorage(set: StatefulSet, pod: Pod): Pod {
  return { ...pod, spec: { containers: [], ...pod.spec, ...volumesOf(set, pod.spec, ordinalOf(pod)) } }
}

/** The volumes of the set's claims, in place of those of the same names, then the others. */
function volumesOf(
  set: StatefulSet,
  spec: Frozen<core.PodSpec> | undefined,
  ordinal: number,
): { volumes?: readonly Frozen<core.Volume>[] } {
  const claimed = (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }))
  const names = new Set(claimed.map(({ name }) => name))
  const volumes = [...claimed, ...(spec?.volumes ?? []).filter(({ name }) => !names.has(name))]
  return volumes.length === 0 ? {} : { volumes }
}
