// Which changes of nodes and placed pods can matter to pods that wait.
// Source: pkg/scheduler, nodeSchedulingPropertiesChange and podScheduling changes (v1.36)
import { deepEqual } from '../apimachinery/equality.ts'
import type { NodeObject, PodObject } from './framework.ts'

/** Heart-beats and the like change nothing for waiting pods. */
export function nodeMattersAnew(node: NodeObject, old: NodeObject): boolean {
  return (
    node.spec?.unschedulable !== old.spec?.unschedulable ||
    !deepEqual(node.spec?.taints, old.spec?.taints) ||
    !deepEqual(node.metadata.labels, old.metadata.labels) ||
    !deepEqual(node.status?.allocatable, old.status?.allocatable) ||
    !deepEqual(node.status?.declaredFeatures, old.status?.declaredFeatures)
  )
}

export function podMattersAnew(pod: PodObject, old: PodObject): boolean {
  return (
    pod.metadata.generation !== old.metadata.generation ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    !deepEqual(pod.metadata.labels, old.metadata.labels)
  )
}
