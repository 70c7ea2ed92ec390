// Volumes that only one pod may use, or only one that writes.
// Source: pkg/scheduler/framework/plugins/volumerestrictions (v1.36)
import type { Volume } from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { ClusterView, FilterPlugin, NodeInfo, PodInfo, PodObject } from '../framework.ts'
import { storageMayHelp } from '../storage-events.ts'

type PodVolume = Frozen<Volume>

const DISK_CONFLICT = { resolvable: true, reasons: ['node(s) had no available disk'] }
const IN_USE = {
  resolvable: true,
  reasons: [
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  ],
}

export const volumeRestrictions: FilterPlugin = {
  name: 'VolumeRestrictions',
  prepare({ pod }, cluster) {
    const volumes = pod.spec?.volumes
    if (volumes === undefined || volumes.length === 0) return undefined
    const disks = volumes.filter(isDisk)
    const exclusive = new Set<string>()
    const namespace = pod.metadata.namespace ?? ''
    for (const { persistentVolumeClaim } of volumes) {
      if (persistentVolumeClaim === undefined) continue
      const { claimName } = persistentVolumeClaim
      const claim = cluster.storage.claim(namespace, claimName)
      if (claim === undefined) {
        return { rejection: { resolvable: false, reasons: [`persistentvolumeclaim "${claimName}" not found`] } }
      }
      if (claim.spec?.accessModes?.includes('ReadWriteOncePod') === true) exclusive.add(claimName)
    }
    let users = exclusive.size === 0 ? 0 : countUsers(cluster, namespace, exclusive)
    if (disks.length === 0 && users === 0) return undefined
    return {
      filter(node) {
        if (hasConflict(disks, node)) return DISK_CONFLICT
        return users > 0 ? IN_USE : undefined
      },
      update(other, _, factor) {
        users += factor * usesOf(other.pod, namespace, exclusive)
      },
    }
  },
  mayHelp(event, { pod }) {
    switch (event.kind) {
      case 'AssignedPodDeleted':
        return event.pod.metadata.namespace === pod.metadata.namespace
      case 'NodeAdded':
        return true
      case 'StorageChanged':
        return event.resource === 'persistentvolumeclaims' && storageMayHelp(event, pod)
      case 'AssignedPodAdded':
      case 'AssignedPodUpdated':
      case 'NodeUpdated':
      case 'DevicesChanged':
        return false
    }
  },
}

function countUsers({ nodes }: ClusterView, namespace: string, claims: ReadonlySet<string>): number {
  let users = 0
  for (const node of nodes) for (const { pod } of node.pods()) users += usesOf(pod, namespace, claims)
  return users
}

function usesOf({ metadata, spec }: PodObject, namespace: string, claims: ReadonlySet<string>): number {
  if (metadata.namespace !== namespace) return 0
  return (spec?.volumes ?? []).filter(({ persistentVolumeClaim: claim }) => claims.has(claim?.claimName ?? '')).length
}

function isDisk({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: PodVolume): boolean {
  return (gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi) !== undefined
}

function hasConflict(disks: readonly PodVolume[], node: NodeInfo): boolean {
  if (disks.length === 0) return false
  for (const other of node.pods()) if (sharesDisk(disks, other)) return true
  return false
}

function sharesDisk(disks: readonly PodVolume[], { pod }: PodInfo): boolean {
  return (pod.spec?.volumes ?? []).some((theirs) => disks.some((ours) => conflict(ours, theirs)))
}

/** Two mounts of one disk, of which one may write; EBS volumes allow no second at all. */
function conflict(a: PodVolume, b: PodVolume): boolean {
  const writes = (one: { readonly readOnly?: boolean }, other: { readonly readOnly?: boolean }): boolean =>
    one.readOnly !== true || other.readOnly !== true
  if (a.gcePersistentDisk !== undefined && b.gcePersistentDisk !== undefined) {
    const [disk, other] = [a.gcePersistentDisk, b.gcePersistentDisk]
    if (disk.pdName === other.pdName && writes(disk, other)) return true
  }
  if (a.awsElasticBlockStore !== undefined && a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore?.volumeID) {
    return true
  }
  if (a.iscsi !== undefined && a.iscsi.iqn === b.iscsi?.iqn && writes(a.iscsi, b.iscsi)) return true
  if (a.rbd === undefined || b.rbd === undefined) return false
  const { monitors, image, pool = 'rbd' } = a.rbd
  const { monitors: theirs, image: theirImage, pool: theirPool = 'rbd' } = b.rbd
  const isSame = image === theirImage && pool === theirPool && monitors.some((monitor) => theirs.includes(monitor))
  return isSame && writes(a.rbd, b.rbd)
}
