// What the scheduler watches, and how plugins see it.
import type { ReplicaSet, StatefulSet } from '../api/apps.ts'
import type {
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Service,
} from '../api/core.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../api/resource.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../api/storage.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { Informer, Informers } from '../client/informers.ts'
import type { SchedulerCache } from './cache.ts'
import { ClaimCache } from './claims.ts'
import { defaultSelector, type SpreadListers } from './default-selector.ts'
import type { ClusterView, NominationsView } from './framework.ts'
import { StorageCache } from './volumes.ts'

export interface WatchedCluster {
  readonly view: ClusterView
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  readonly storage: StorageCache
  /** Of volumes, claims and the like. */
  readonly storageInformers: readonly Informer<KubeObject>[]
  readonly claims: ClaimCache
  /** Of device claims, classes and slices. */
  readonly deviceInformers: readonly Informer<KubeObject>[]
  /** Resolves when all there is is known. */
  readonly synced: Promise<unknown>
}

export function watchCluster(
  informers: Informers,
  cache: SchedulerCache,
  nominations: NominationsView,
): WatchedCluster {
  const pods = informers.for<Pod>('pods')
  const nodes = informers.for<Node>('nodes')
  const owners = {
    services: informers.for<Service>('services'),
    replicationControllers: informers.for<ReplicationController>('replicationcontrollers'),
    replicaSets: informers.for<ReplicaSet>('replicasets.apps'),
    statefulSets: informers.for<StatefulSet>('statefulsets.apps'),
  }
  const spreading: SpreadListers = listersOf(owners)
  const stored = {
    volumes: informers.for<PersistentVolume>('persistentvolumes'),
    claims: informers.for<PersistentVolumeClaim>('persistentvolumeclaims'),
    classes: informers.for<StorageClass>('storageclasses.storage.k8s.io'),
    csiNodes: informers.for<CSINode>('csinodes.storage.k8s.io'),
    csiDrivers: informers.for<CSIDriver>('csidrivers.storage.k8s.io'),
    capacities: informers.for<CSIStorageCapacity>('csistoragecapacities.storage.k8s.io'),
    attachments: informers.for<VolumeAttachment>('volumeattachments.storage.k8s.io'),
  }
  const storage = new StorageCache(listersOf(stored))
  const devices = {
    claims: informers.for<ResourceClaim>('resourceclaims.resource.k8s.io'),
    classes: informers.for<DeviceClass>('deviceclasses.resource.k8s.io'),
    slices: informers.for<ResourceSlice>('resourceslices.resource.k8s.io'),
  }
  const claims = new ClaimCache(listersOf(devices))
  const namespaces = informers.for<Namespace>('namespaces')
  const budgets = informers.for<PodDisruptionBudget>('poddisruptionbudgets.policy')
  const view: ClusterView = {
    get nodes() {
      return cache.nodes
    },
    get generations() {
      return cache.generations
    },
    node: (name) => cache.node(name),
    get opinions() {
      return cache.opinions
    },
    memory: cache.memory,
    nodesWithImage: (name) => cache.nodesWithImage(name),
    defaultSelector: (pod) => defaultSelector(spreading, pod),
    namespaceLabels: (name) => namespaces.lister.get(undefined, name)?.metadata.labels,
    namespacesMatching: (selector) =>
      namespaces.lister
        .list()
        .filter(({ metadata }) => selector.matches(metadata.labels))
        .map(({ metadata }) => metadata.name),
    nominations,
    storage,
    claims,
    disruptionBudgets: () => budgets.lister.list(),
  }
  const storageInformers = Object.values(stored)
  const deviceInformers = Object.values(devices)
  const used = [pods, nodes, namespaces, budgets, ...storageInformers, ...deviceInformers, ...Object.values(owners)]
  return {
    view,
    pods,
    nodes,
    storage,
    // Handlers look at the metadata alone.
    storageInformers: storageInformers as unknown as readonly Informer<KubeObject>[],
    claims,
    deviceInformers: deviceInformers as unknown as readonly Informer<KubeObject>[],
    synced: Promise.all(used.map((informer) => informer.synced)),
  }
}

type ListersOf<T> = { readonly [K in keyof T]: T[K] extends { readonly lister: infer L } ? L : never }

function listersOf<T extends Readonly<Record<string, { readonly lister: unknown }>>>(informers: T): ListersOf<T> {
  return Object.fromEntries(Object.entries(informers).map(([name, { lister }]) => [name, lister])) as ListersOf<T>
}
