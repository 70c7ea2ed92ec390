// Nodes can attach so many volumes of a CSI driver and no more.
// Source: pkg/scheduler/framework/plugins/nodevolumelimits, CSILimits (v1.36)
// Left out on purpose: volumes of plugins that moved to CSI drivers are not counted.
import { classOf, type Claim } from '../../api/volume-match.ts'
import type { FilterPlugin, NodeInfo, PodObject } from '../framework.ts'
import { claimNamesOf } from '../pod-volumes.ts'
import { storageMayHelp } from '../storage-events.ts'
import type { StorageView } from '../volumes.ts'

const EXCEEDED = { resolvable: true, reasons: ['node(s) exceed max volume count'] }

export const nodeVolumeLimits: FilterPlugin = {
  name: 'NodeVolumeLimits',
  prepare({ pod }, { storage }) {
    if (claimNamesOf(pod).length === 0) return undefined
    const wanted = new Map<string, string>()
    addVolumes(wanted, pod, storage)
    if (wanted.size === 0) return undefined
    return { filter: (node) => (isWithinLimits(wanted, node, storage) ? undefined : EXCEEDED) }
  },
  mayHelp(event, { pod }) {
    if (event.kind === 'StorageChanged') return storageMayHelp(event, pod)
    return event.kind === 'NodeAdded' || event.kind === 'AssignedPodDeleted'
  },
}

function isWithinLimits(wanted: ReadonlyMap<string, string>, node: NodeInfo, storage: StorageView): boolean {
  const { name } = node.node.metadata
  const limits = new Map<string, number>()
  for (const driver of storage.csiNode(name)?.spec.drivers ?? []) {
    const count = driver.allocatable?.count
    if (count !== undefined) limits.set(driver.name, count)
  }
  if (limits.size === 0) return true
  const attached = new Map<string, string>()
  for (const { pod } of node.pods()) addVolumes(attached, pod, storage)
  for (const { spec } of storage.attachmentsTo(name)) {
    const handle = storage.volume(spec.source.persistentVolumeName ?? '')?.spec?.csi?.volumeHandle
    if (handle !== undefined) attached.set(`${spec.attacher}/${handle}`, spec.attacher)
  }
  const counts = new Map<string, number>()
  for (const driver of attached.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1)
  const added = new Set<string>()
  for (const [volume, driver] of wanted) {
    if (attached.has(volume)) continue
    added.add(driver)
    counts.set(driver, (counts.get(driver) ?? 0) + 1)
  }
  return [...added].every((driver) => (counts.get(driver) ?? 0) <= (limits.get(driver) ?? Infinity))
}

/** Adds the drivers of the pod's volumes by volume. */
function addVolumes(volumes: Map<string, string>, pod: PodObject, storage: StorageView): void {
  for (const { name } of claimNamesOf(pod)) {
    const claim = storage.claim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) continue
    const found = volumeOf(claim, storage)
    if (found !== undefined) volumes.set(`${found.driver}/${found.handle}`, found.driver)
  }
}

/** A claim that has no volume yet will get one of its class's driver. */
function volumeOf(claim: Claim, storage: StorageView): { driver: string; handle: string } | undefined {
  const volume = storage.volume(claim.spec?.volumeName ?? '')
  if (volume !== undefined) {
    const { csi } = volume.spec ?? {}
    return csi === undefined ? undefined : { driver: csi.driver, handle: csi.volumeHandle }
  }
  const { provisioner = '' } = storage.storageClass(classOf(claim)) ?? {}
  const { namespace, name } = claim.metadata
  return provisioner === '' ? undefined : { driver: provisioner, handle: `claim ${namespace}/${name}` }
}
