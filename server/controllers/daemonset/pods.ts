// The pods of a DaemonSet: made for one node each, and found again by it.
// Source: kubernetes pkg/controller/daemon/util (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { newControllerRef } from '../owner.ts'
import { podFromTemplate } from '../pod-control.ts'
import { isPodTerminal, type Pod } from '../pod-status.ts'
import type { Toleration } from './node-fit.ts'

export type DaemonSet = Frozen<Stored<apps.DaemonSet>>

export const KIND = { apiVersion: 'apps/v1', kind: 'DaemonSet' }
export const REVISION_HASH = 'controller-revision-hash'
const TEMPLATE_GENERATION = 'pod-template-generation'
const DEPRECATED_TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/** Trouble of the node that its daemons stay, and start, in spite of. */
const TOLERATED = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
] as const
const TOLERATED_ON_HOST_NETWORK = ['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const

/** Those of the template with those that every daemon has. */
export function tolerationsOf(spec: Frozen<core.PodSpec> | undefined): readonly Toleration[] {
  const tolerations = [...(spec?.tolerations ?? [])]
  for (const [key, effect] of spec?.hostNetwork === true ? [...TOLERATED, TOLERATED_ON_HOST_NETWORK] : TOLERATED) {
    const at = tolerations.findIndex((each) => each.key === key && each.effect === effect && each.operator === 'Exists')
    if (at < 0) tolerations.push({ key, operator: 'Exists', effect })
  }
  return tolerations
}

/** The pod for one node: bound to it by affinity, so that the scheduler still has its say. */
export function podForNode(set: DaemonSet, nodeName: string, hash: string): Frozen<core.Pod> {
  const { metadata, spec } = set.spec?.template ?? {}
  const generation = templateGeneration(set)
  const labels = {
    ...metadata?.labels,
    ...(generation === undefined ? {} : { [TEMPLATE_GENERATION]: generation }),
    [REVISION_HASH]: hash,
  }
  const requiredDuringSchedulingIgnoredDuringExecution = {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
  }
  const affinity = {
    ...spec?.affinity,
    nodeAffinity: { ...spec?.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution },
  }
  const template = {
    metadata: { ...metadata, labels },
    spec: { containers: [], ...spec, affinity, tolerations: tolerationsOf(spec) },
  }
  return podFromTemplate(set, template, newControllerRef(set, KIND))
}

function templateGeneration(set: DaemonSet): string | undefined {
  const text = set.metadata.annotations?.[DEPRECATED_TEMPLATE_GENERATION] ?? ''
  return /^[0-9]+$/.test(text) ? text : undefined
}

export function isUpdated(set: DaemonSet, pod: Pod, hash: string): boolean {
  const labels = pod.metadata.labels ?? {}
  const generation = templateGeneration(set)
  return labels[REVISION_HASH] === hash || (generation !== undefined && labels[TEMPLATE_GENERATION] === generation)
}

/** The node a pod is on, or is made for. */
function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName !== undefined && spec.nodeName !== '') return spec.nodeName
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const { matchFields = [] } of terms) {
    const name = matchFields.find(
      ({ key, operator, values }) => key === 'metadata.name' && operator === 'In' && values?.length === 1,
    )
    if (name !== undefined) return name.values?.[0]
  }
  return undefined
}

/** Without those that are at their end and being deleted. */
export function podsByNode(pods: readonly Pod[]): Map<string, readonly Pod[]> {
  const counted = pods.filter((pod) => !(isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined))
  const byNode = Map.groupBy(counted, (pod) => targetNode(pod) ?? '')
  byNode.delete('')
  return byNode
}

/** Scheduled before unscheduled, older before younger. */
export function byAge(a: Pod, b: Pod): number {
  const unscheduled = (pod: Pod): number => Number((pod.spec?.nodeName ?? '') === '')
  if (unscheduled(a) !== unscheduled(b)) return unscheduled(a) - unscheduled(b)
  const timeA = a.metadata.creationTimestamp
  const timeB = b.metadata.creationTimestamp
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
