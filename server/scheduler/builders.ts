// Small makers of pods and nodes for the scheduler's tests.
import type { Node, NodeSpec, NodeStatus, Pod, PodSpec } from '../api/core.ts'
import type { ObjectMeta, Stored } from '../apimachinery/types.ts'
import type { ClusterView, NodeObject, PodObject } from './framework.ts'
import { everything } from '../apimachinery/selectors.ts'
import { SchedulerCache } from './cache.ts'
import { Nominations } from './nominations.ts'

type Metadata = Omit<ObjectMeta, 'name'>

const stored = (name: string) => ({
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})

export function pod(name: string, spec: Partial<PodSpec> = {}, metadata: Metadata = {}): Stored<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...stored(name), ...metadata },
    spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'c:1' }], ...spec },
    status: { phase: 'Pending' },
  }
}

/** A container list with one container that asks for these amounts. */
export function asking(requests: Record<string, string>): Pick<PodSpec, 'containers'> {
  return { containers: [{ name: 'c', image: 'c:1', resources: { requests } }] }
}

export function node(
  name: string,
  spec: NodeSpec = {},
  metadata: Metadata = {},
  status: NodeStatus = {},
): Stored<Node> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...stored(name), ...metadata, labels: { 'kubernetes.io/hostname': name, ...metadata.labels } },
    spec,
    status: { allocatable: { cpu: '8', memory: '16Gi', pods: '110' }, ...status },
  }
}

/** A cluster of these nodes, and of those of the pods that name their node. */
export function cluster(
  nodes: readonly NodeObject[],
  pods: readonly PodObject[] = [],
  { namespaces = {}, disruptionBudgets = [], ...rest }: ClusterExtras = {},
): ClusterView & { cache: SchedulerCache; nominations: Nominations } {
  const cache = new SchedulerCache()
  for (const one of nodes) cache.putNode(one)
  for (const one of pods) cache.putPod(one)
  return {
    cache,
    nodes: cache.nodes,
    node: (name) => cache.node(name),
    nodesWithAffinity: cache.nodesWithAffinity,
    nodesWithImage: (name) => cache.nodesWithImage(name),
    defaultSelector: () => everything,
    namespaceLabels: (name) => namespaces[name],
    namespacesMatching: (selector) => Object.keys(namespaces).filter((name) => selector.matches(namespaces[name])),
    nominations: new Nominations(),
    disruptionBudgets: () => disruptionBudgets,
    ...rest,
  }
}

interface ClusterExtras extends Partial<Pick<ClusterView, 'defaultSelector'>> {
  /** Labels of namespaces. */
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly disruptionBudgets?: ReturnType<ClusterView['disruptionBudgets']>
}
