// Volumes of CSI drivers are attached to the nodes whose pods use them, by VolumeAttachments that the driver's attacher
// carries out.
// Left out: volumes of other kinds, which nobody attaches any more without a driver.
// Source: kubernetes pkg/controller/volume/attachdetach; pkg/volume/csi, csi_attacher.go (v1.36)
import { createHash } from 'node:crypto'
import type * as core from '../../api/core.ts'
import type * as storage from '../../api/storage.ts'
import { isAlreadyExists, isNotFound } from '../../apimachinery/errors.ts'
import type { AnyObject, Frozen, Stored } from '../../apimachinery/types.ts'
import { create, event, patch, remove, requeueAfter, retry, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { splitKey } from '../../client/indexer.ts'
import { isPodTerminal, type Pod } from '../pod-status.ts'
import { claimsOf } from '../pvc-protection.ts'
import { CLAIMS, VOLUMES } from './binding.ts'

type Volume = Frozen<Stored<core.PersistentVolume>>
type Attachment = Frozen<Stored<storage.VolumeAttachment>>
type Node = Frozen<Stored<core.Node>>

const ATTACHMENTS = 'volumeattachments.storage.k8s.io'
const DRIVERS = 'csidrivers.storage.k8s.io'
const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach'
const POD_KIND = { apiVersion: 'v1', kind: 'Pod' }
/** A node that does not say that it is done with a volume is not waited for any longer. */
const LONGEST_WAIT_MS = 6 * 60_000

export function attachDetach(): Controller {
  const memory = new Memory()
  return defineController({
    name: 'persistentvolume-attach-detach-controller',
    serviceAccount: 'attachdetach-controller',
    eventSource: 'attachdetach-controller',
    watches: [
      { resource: 'pods', enqueue: nodeOfPod, indexes: { claims: (object) => claimsOf(object as Pod) } },
      { resource: CLAIMS, enqueue: ({ object }, listers) => nodesOfClaim(object, listers) },
      { resource: VOLUMES, enqueue: ({ object }, listers) => nodesOfVolume(object as Volume, listers) },
      { resource: ATTACHMENTS, enqueue: nodesOfAttachment, indexes: { node: nodeOf } },
      { resource: DRIVERS, enqueue: 'none' },
      { resource: 'nodes', enqueue: nodeOfChange },
    ],
    reconcile: (name, listers, now) => reconcileNode(name, listers, now, memory),
  })
}

/** Keys are names of nodes. */
function nodeOfPod({ object }: WatchEvent): readonly string[] {
  const pod = object as Pod
  const { nodeName = '' } = pod.spec ?? {}
  return nodeName !== '' && claimsOf(pod).length > 0 ? [nodeName] : []
}

function nodesOfClaim(
  { metadata: { namespace, name } }: Frozen<Stored<AnyObject>>,
  listers: Listers,
): readonly string[] {
  const pods = listers.of<core.Pod>('pods').byIndex('claims', `${namespace}/${name}`)
  return pods.flatMap(({ spec }) => spec?.nodeName ?? [])
}

function nodesOfVolume({ spec }: Volume, listers: Listers): readonly string[] {
  const { namespace = '', name = '' } = spec?.claimRef ?? {}
  return spec?.csi === undefined
    ? []
    : nodesOfClaim({ metadata: { namespace, name } } as Frozen<Stored<AnyObject>>, listers)
}

/** Its own node, and those that may have it once it is gone. */
function nodesOfAttachment({ object }: WatchEvent, listers: Listers): Iterable<string> {
  const { nodeName, source } = (object as unknown as Attachment).spec
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, source.persistentVolumeName ?? '')
  return new Set([nodeName, ...(volume === undefined ? [] : nodesOfVolume(volume, listers))])
}

function nodeOf(object: Frozen<Stored<AnyObject>>): readonly string[] {
  return [(object as unknown as Attachment).spec.nodeName]
}

function nodeOfChange({ type, object, old }: WatchEvent): readonly string[] {
  const inUse = (node: Frozen<core.Node> | undefined): string => JSON.stringify(node?.status?.volumesInUse ?? [])
  const isSame = type === 'MODIFIED' && inUse(old) === inUse(object)
  return isSame ? [] : [object.metadata.name]
}

/** What was told already, and since when volumes are to go. */
class Memory {
  readonly #told = new Map<string, string>()
  readonly #leaving = new Map<string, number>()

  /** Whether this was not the last thing said about it. */
  isNews(about: string, what: string): boolean {
    if (this.#told.get(about) === what) return false
    this.#told.set(about, what)
    return true
  }

  leavingSince(attachment: string, now: number): number {
    const since = this.#leaving.get(attachment) ?? now
    this.#leaving.set(attachment, since)
    return since
  }

  /** It is wanted again. */
  stays(attachment: string): void {
    this.#leaving.delete(attachment)
  }

  forget(attachment: string): void {
    this.#told.delete(attachment)
    this.#leaving.delete(attachment)
  }
}

/** A volume that a node shall have, and the pods that want it there. */
interface Wanted {
  readonly volume: Volume
  readonly pods: Pod[]
}

function reconcileNode(name: string, listers: Listers, now: number, memory: Memory): readonly Action[] {
  const node = listers.of<core.Node>('nodes').get(undefined, name)
  const wanted = wantedOn(name, listers)
  const present = listers.of<storage.VolumeAttachment>(ATTACHMENTS).byIndex('node', name)
  const actions: Action[] = []
  const attached: string[] = []
  if (node?.metadata.annotations?.[MANAGED] === 'true') {
    for (const [id, each] of wanted) {
      memory.stays(id)
      const attachment = present.find(({ metadata }) => metadata.name === id)
      if (attachment === undefined) actions.push(...attach(id, each, name, listers, memory))
      else if (attachment.status?.attached === true) attached.push(uniqueName(each.volume))
      else actions.push(...tellOfError(attachment, each, memory))
    }
  }
  const leaving = present.filter(
    ({ metadata, spec }) => !wanted.has(metadata.name) && isOurs(metadata.name, spec, listers),
  )
  return [
    ...actions,
    ...setAttached(node, [...attached, ...stillUsed(node, leaving, listers)], wanted),
    ...leaving.flatMap((each) => detach(each, node, listers, now, memory)),
  ]
}

/** By name of the attachment. */
function wantedOn(nodeName: string, listers: Listers): ReadonlyMap<string, Wanted> {
  const found = new Map<string, Wanted>()
  for (const pod of listers.of<core.Pod>('pods').byIndex('node', nodeName)) {
    if (isPodTerminal(pod)) continue
    for (const key of claimsOf(pod)) {
      const volume = volumeOf(key, listers)
      if (volume === undefined || !isAttachable(volume, listers)) continue
      const id = attachmentName(volume, nodeName)
      const entry = found.get(id) ?? { volume, pods: [] }
      found.set(id, entry)
      entry.pods.push(pod)
    }
  }
  return found
}

/** The volume that a claim is bound to. */
function volumeOf(claimKey: string, listers: Listers): Volume | undefined {
  const { namespace, name } = splitKey(claimKey)
  const claim = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (claim?.status?.phase !== 'Bound') return undefined
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, claim.spec?.volumeName ?? '')
  return volume?.spec?.claimRef?.uid === claim.metadata.uid ? volume : undefined
}

/** A driver about which nothing is known attaches. */
function isAttachable({ spec }: Volume, listers: Listers): boolean {
  if (spec?.csi === undefined) return false
  const driver = listers.of<storage.CSIDriver>(DRIVERS).get(undefined, spec.csi.driver)
  return driver?.spec.attachRequired !== false
}

/** Source: getAttachmentName */
function attachmentName({ spec }: Volume, nodeName: string): string {
  const { volumeHandle = '', driver = '' } = spec?.csi ?? {}
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${nodeName}`).digest('hex')}`
}

/** As nodes call it. Source: GetUniqueVolumeNameFromSpec */
function uniqueName({ spec }: Volume): string {
  return `kubernetes.io/csi/${spec?.csi?.driver}^${spec?.csi?.volumeHandle}`
}

/** Made by this controller, for the volume that is still there; those of others are theirs. */
function isOurs(name: string, { source, nodeName }: Attachment['spec'], listers: Listers): boolean {
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, source.persistentVolumeName ?? '')
  return volume?.spec?.csi !== undefined && attachmentName(volume, nodeName) === name
}

function attach(
  id: string,
  { volume, pods }: Wanted,
  nodeName: string,
  listers: Listers,
  memory: Memory,
): readonly Action[] {
  const volumeName = volume.metadata.name
  const others = elsewhere(volume, nodeName, listers)
  if (others !== undefined) {
    const users = others.map(({ metadata }) => metadata.name)
    const why =
      users.length > 0
        ? `Volume is already used by pod(s) ${users.join(', ')}`
        : "Volume is already exclusively attached to one node and can't be attached to another"
    const message = `Multi-Attach error for volume "${volumeName}" ${why}`
    return memory.isNews(id, message)
      ? pods.map((pod) => event(subjectOf(pod, POD_KIND), 'Warning', 'FailedAttachVolume', message))
      : []
  }
  const attachment: Frozen<storage.VolumeAttachment> = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: id },
    spec: { attacher: volume.spec?.csi?.driver ?? '', nodeName, source: { persistentVolumeName: volumeName } },
  }
  return [
    create(ATTACHMENTS, attachment, ({ error }) => {
      if (error === undefined || isAlreadyExists(error)) return []
      const message = `AttachVolume.Attach failed for volume "${volumeName}" : ${error.message}`
      return [
        ...pods.map((pod) => event(subjectOf(pod, POD_KIND), 'Warning', 'FailedAttachVolume', message)),
        retry(error),
      ]
    }),
  ]
}

/** The pods on other nodes that use a volume which can be on one only; undefined if it is free. */
function elsewhere(volume: Volume, nodeName: string, listers: Listers): readonly Pod[] | undefined {
  const modes = volume.spec?.accessModes ?? []
  if (modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany')) return undefined
  const isHeld = listers
    .of<storage.VolumeAttachment>(ATTACHMENTS)
    .list()
    .some(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name && spec.nodeName !== nodeName)
  if (!isHeld) return undefined
  const { namespace = '', name = '' } = volume.spec?.claimRef ?? {}
  const users = listers.of<core.Pod>('pods').byIndex('claims', `${namespace}/${name}`)
  return users.filter(({ spec }) => spec?.nodeName !== undefined && spec.nodeName !== nodeName)
}

function tellOfError({ metadata, status }: Attachment, { volume, pods }: Wanted, memory: Memory): readonly Action[] {
  const { attachError } = status ?? {}
  if (attachError === undefined) return []
  const message = `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${attachError.message ?? ''}`
  if (!memory.isNews(metadata.name, `${attachError.time} ${message}`)) return []
  return pods.map((pod) => event(subjectOf(pod, POD_KIND), 'Warning', 'FailedAttachVolume', message))
}

/** Volumes that nobody wants any more, but the node has not let go of. */
function stillUsed(node: Node | undefined, leaving: readonly Attachment[], listers: Listers): readonly string[] {
  return leaving.flatMap(({ spec, status }) => {
    const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, spec.source.persistentVolumeName ?? '')
    const isUsed = volume !== undefined && status?.attached === true && isInUse(node, volume)
    return isUsed ? [uniqueName(volume)] : []
  })
}

function isInUse(node: Node | undefined, volume: Volume): boolean {
  return node?.status?.volumesInUse?.includes(uniqueName(volume)) === true
}

/** The node says which volumes it has; pods are told when theirs came. */
function setAttached(
  node: Node | undefined,
  attached: readonly string[],
  wanted: ReadonlyMap<string, Wanted>,
): readonly Action[] {
  if (node === undefined) return []
  const known = node.status?.volumesAttached ?? []
  const fresh = attached.filter((name) => !known.some((one) => one.name === name))
  const kept = known.filter(({ name }) => !name.startsWith('kubernetes.io/csi/') || attached.includes(name))
  if (fresh.length === 0 && kept.length === known.length) return []
  const volumesAttached = [...kept, ...fresh.map((name) => ({ name, devicePath: '' }))]
  const events = [...wanted.values()]
    .filter(({ volume }) => fresh.includes(uniqueName(volume)))
    .flatMap(({ volume, pods }) => {
      const message = `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `
      return pods.map((pod) => event(subjectOf(pod, POD_KIND), 'Normal', 'SuccessfulAttachVolume', message))
    })
  const body = { status: { volumesAttached } }
  return [
    patch('nodes', node, 'application/strategic-merge-patch+json', body, {
      subresource: 'status',
      then: ({ error }) => (error === undefined || isNotFound(error) ? events : [retry(error)]),
    }),
  ]
}

/** Once the node does not use it any more. */
function detach(
  attachment: Attachment,
  node: Node | undefined,
  listers: Listers,
  now: number,
  memory: Memory,
): readonly Action[] {
  const { name, deletionTimestamp } = attachment.metadata
  if (deletionTimestamp !== undefined) return []
  const { persistentVolumeName = '' } = attachment.spec.source
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, persistentVolumeName)
  const isWaited = volume !== undefined && isInUse(node, volume)
  const waitMs = isWaited ? memory.leavingSince(name, now) + LONGEST_WAIT_MS - now : 0
  if (waitMs > 0) return [requeueAfter(waitMs)]
  memory.forget(name)
  return [remove(ATTACHMENTS, attachment)]
}
