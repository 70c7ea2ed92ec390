// A claim on its way to a volume, or from it.
// Until the scheduler chooses volumes, a node chosen for a pod that uses the claim stands for its choice.
// Source: kubernetes pkg/controller/volume/persistentvolume, syncClaim (v1.36)
import type * as core from '../../api/core.ts'
import type * as storage from '../../api/storage.ts'
import {
  SELECTED_NODE,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  type Claim,
  type Volume,
  classOf,
  findVolume,
  hasClass,
  isMeantFor,
  misfit,
} from '../../api/volume-match.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { event, requeueAfter, retry, update, type Action } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import { subjectOf, type EventType } from '../../client/events.ts'
import { keyOf } from '../../client/indexer.ts'
import { isPodTerminal, type Pod } from '../pod-status.ts'
import { bind, CLAIM_KIND, CLAIMS, hasAnnotation, setClaimStatus, stored, VOLUMES, withAnnotations } from './binding.ts'

export type StorageClass = Frozen<Stored<storage.StorageClass>>

export const CLASSES = 'storageclasses.storage.k8s.io'
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'
/** Who does the work of plugins that are no longer part of Kubernetes. */
const successors: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
}
/** A claim that waits is looked at again after so long, and says once more what it waits for. */
const RESYNC_MS = 15_000

export function syncClaim(claim: Claim, listers: Listers): readonly Action[] {
  if (hasAnnotation(claim, BIND_COMPLETED)) return syncBound(claim, listers)
  return claim.spec?.volumeName ? syncRequested(claim, claim.spec.volumeName, listers) : syncOpen(claim, listers)
}

function tell(claim: Claim, type: EventType, reason: string, message: string): Action {
  return event(subjectOf(claim, CLAIM_KIND), type, reason, message)
}

function wait(claim: Claim, ...told: readonly Action[]): readonly Action[] {
  return [...told, requeueAfter(RESYNC_MS), ...setClaimStatus(claim, 'Pending')]
}

/** Any volume will do. */
function syncOpen(claim: Claim, listers: Listers): readonly Action[] {
  const storageClass = listers.of<storage.StorageClass>(CLASSES).get(undefined, classOf(claim))
  const isDelayed = classOf(claim) !== '' && storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const consumers = listers
    .of<core.Pod>('pods')
    .byIndex('claims', keyOf(claim))
    .filter((pod) => !isPodTerminal(pod))
  const nodeName = isDelayed ? nodeOf(consumers) : undefined
  const node = nodeName === undefined ? undefined : listers.of<core.Node>('nodes').get(undefined, nodeName)
  const isOpen = !isDelayed || node !== undefined
  const volume = findVolume(claim, listers.of<core.PersistentVolume>(VOLUMES).list(), isOpen, node)
  if (volume !== undefined) return bind(volume, claim)
  const defaultClass = hasClass(claim) ? undefined : newestDefault(listers)
  if (defaultClass !== undefined) {
    return [
      update(CLAIMS, { ...claim, spec: { ...claim.spec, storageClassName: defaultClass.metadata.name } } as Claim),
    ]
  }
  if (!isOpen && !hasAnnotation(claim, SELECTED_NODE)) return wait(claim, firstConsumer(claim, consumers))
  if (classOf(claim) !== '') return provision(claim, storageClass)
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return wait(claim, tell(claim, 'Normal', 'FailedBinding', message))
}

function nodeOf(consumers: readonly Pod[]): string | undefined {
  return consumers.find(({ spec }) => (spec?.nodeName ?? '') !== '')?.spec?.nodeName
}

function firstConsumer(claim: Claim, consumers: readonly Pod[]): Action {
  const names = consumers.map(({ metadata }) => metadata.name)
  if (names.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return tell(claim, 'Normal', 'WaitForFirstConsumer', message)
  }
  const which = names.length === 1 ? `pod ${names[0]}` : `pods ${names.join(',')}`
  return tell(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${which} to be scheduled`)
}

/** The newest of the classes that are marked as the default. */
function newestDefault(listers: Listers): StorageClass | undefined {
  const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
  const created = ({ metadata }: StorageClass): string => metadata.creationTimestamp
  return listers
    .of<storage.StorageClass>(CLASSES)
    .list()
    .filter(({ metadata }) => marks.some((mark) => metadata.annotations?.[mark] === 'true'))
    .sort((a, b) => {
      if (created(a) !== created(b)) return created(a) < created(b) ? 1 : -1
      return a.metadata.name < b.metadata.name ? -1 : 1
    })[0]
}

/** Volumes are made by others: here it is only said who shall. */
function provision(claim: Claim, storageClass: StorageClass | undefined): readonly Action[] {
  const failed = (message: string): readonly Action[] => [
    tell(claim, 'Warning', 'ProvisioningFailed', message),
    requeueAfter(RESYNC_MS),
  ]
  if (storageClass === undefined)
    return failed(`storageclass.storage.k8s.io ${JSON.stringify(classOf(claim))} not found`)
  const provisioner = successors[storageClass.provisioner] ?? storageClass.provisioner
  if (provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`)
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system ` +
    'administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.'
  const told = (next: Claim): readonly Action[] => [
    tell(next, 'Normal', 'ExternalProvisioning', message),
    requeueAfter(RESYNC_MS),
  ]
  if (claim.metadata.annotations?.[PROVISIONER] === provisioner) return told(claim)
  const marked = withAnnotations(claim, { [BETA_PROVISIONER]: provisioner, [PROVISIONER]: provisioner })
  return [update(CLAIMS, marked, stored(told))]
}

/** It shall be this volume. */
function syncRequested(claim: Claim, volumeName: string, listers: Listers): readonly Action[] {
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, volumeName)
  if (volume === undefined) return wait(claim)
  if (volume.spec?.claimRef === undefined) {
    const problem = misfit(volume, claim)
    if (problem === undefined) return bind(volume, claim)
    const message = `Cannot bind to requested volume ${JSON.stringify(volumeName)}: ${problem}`
    return wait(claim, tell(claim, 'Warning', 'VolumeMismatch', message))
  }
  if (isMeantFor(volume, claim)) return bind(volume, claim)
  const message = `volume ${JSON.stringify(volumeName)} already bound to a different claim.`
  const told = tell(claim, 'Warning', 'FailedBinding', message)
  if (!hasAnnotation(claim, BOUND_BY_CONTROLLER)) return wait(claim, told)
  const { namespace = '', name = '' } = volume.spec.claimRef
  const problem = `invalid binding of claim "${keyOf(claim)}" to volume "${volumeName}"`
  return [told, retry(new Error(`${problem}: volume already claimed by "${namespace}/${name}"`))]
}

function syncBound(claim: Claim, listers: Listers): readonly Action[] {
  const { volumeName } = claim.spec ?? {}
  if (!volumeName) {
    return lose(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  }
  const volume: Volume | undefined = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, volumeName)
  if (volume === undefined) {
    return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  }
  const { claimRef } = volume.spec ?? {}
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return bind(volume, claim)
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly'
  return lose(claim, 'ClaimMisbound', message)
}

function lose(claim: Claim, reason: string, message: string): readonly Action[] {
  if (claim.status?.phase === 'Lost') return []
  return setClaimStatus(claim, 'Lost', undefined, (next) => [tell(next, 'Warning', reason, message)])
}
