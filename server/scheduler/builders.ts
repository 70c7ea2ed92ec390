// Small makers of pods and nodes for the scheduler's tests.
import type { Node, NodeSpec, NodeStatus, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec } from '../api/core.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../api/storage.ts'
import type { KubeObject, ObjectMeta, Stored } from '../apimachinery/types.ts'
import type { ClusterView, NodeObject, PodObject } from './framework.ts'
import { everything } from '../apimachinery/selectors.ts'
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../api/resource.ts'
import { ClaimCache } from './claims.ts'
import { SchedulerCache } from './cache.ts'
import { Indexer, type Lister } from '../client/indexer.ts'
import { StorageCache } from './volumes.ts'
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
  { namespaces = {}, disruptionBudgets = [], storage = {}, devices = {}, ...rest }: ClusterExtras = {},
): ClusterView & { cache: SchedulerCache; nominations: Nominations } {
  const cache = new SchedulerCache()
  for (const one of nodes) cache.putNode(one)
  for (const one of pods) cache.putPod(one)
  return {
    cache,
    nodes: cache.nodes,
    node: (name) => cache.node(name),
    get opinions() {
      return cache.opinions
    },
    get generations() {
      return cache.generations
    },
    memory: cache.memory,
    nodesWithImage: (name) => cache.nodesWithImage(name),
    defaultSelector: () => everything,
    namespaceLabels: (name) => namespaces[name],
    namespacesMatching: (selector) => Object.keys(namespaces).filter((name) => selector.matches(namespaces[name])),
    nominations: new Nominations(),
    disruptionBudgets: () => disruptionBudgets,
    storage: new StorageCache({
      volumes: listerOf('persistentvolumes', storage.volumes),
      claims: listerOf('persistentvolumeclaims', storage.claims),
      classes: listerOf('storageclasses.storage.k8s.io', storage.classes),
      csiNodes: listerOf('csinodes.storage.k8s.io', storage.csiNodes),
      csiDrivers: listerOf('csidrivers.storage.k8s.io', storage.csiDrivers),
      capacities: listerOf('csistoragecapacities.storage.k8s.io', storage.capacities),
      attachments: listerOf('volumeattachments.storage.k8s.io', storage.attachments),
    }),
    claims: new ClaimCache({
      claims: listerOf('resourceclaims.resource.k8s.io', devices.claims),
      classes: listerOf('deviceclasses.resource.k8s.io', devices.classes),
      slices: listerOf('resourceslices.resource.k8s.io', devices.slices),
    }),
    ...rest,
  }
}

interface ClusterExtras extends Partial<Pick<ClusterView, 'defaultSelector'>> {
  /** Labels of namespaces. */
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly disruptionBudgets?: ReturnType<ClusterView['disruptionBudgets']>
  readonly devices?: {
    readonly claims?: readonly ResourceClaim[]
    readonly classes?: readonly DeviceClass[]
    readonly slices?: readonly ResourceSlice[]
  }
  readonly storage?: {
    readonly volumes?: readonly PersistentVolume[]
    readonly claims?: readonly PersistentVolumeClaim[]
    readonly classes?: readonly StorageClass[]
    readonly csiNodes?: readonly CSINode[]
    readonly csiDrivers?: readonly CSIDriver[]
    readonly capacities?: readonly CSIStorageCapacity[]
    readonly attachments?: readonly VolumeAttachment[]
  }
}

/** A lister over these objects; what the server would set is made up. */
function listerOf<T extends KubeObject>(resource: string, objects: readonly T[] = []): Lister<T> {
  const indexer = new Indexer(resource)
  for (const object of objects) {
    const { name = '', ...rest } = object.metadata ?? {}
    indexer.put({ ...object, metadata: { ...stored(name), name, ...rest } } as Stored<KubeObject>)
  }
  // An indexer holds objects of any kind; the caller names theirs.
  return indexer as unknown as Lister<T>
}
