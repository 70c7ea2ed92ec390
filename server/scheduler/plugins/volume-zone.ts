// Volumes whose labels name a zone or region can be used from nodes there only.
// Source: pkg/scheduler/framework/plugins/volumezone (v1.36)
import { classOf } from '../../api/volume-match.ts'
import type { FilterPlugin, NodeObject, PodObject } from '../framework.ts'
import { storageMayHelp } from '../storage-events.ts'
import type { StorageView } from '../volumes.ts'

const CONFLICT = { resolvable: false, reasons: ['node(s) had no available volume zone'] }

/** Labels of zones and regions, and what they are called today. */
const topologyLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
}

interface Place {
  readonly key: string
  readonly values: ReadonlySet<string>
}

export const volumeZone: FilterPlugin = {
  name: 'VolumeZone',
  prepare({ pod }, { storage }) {
    const places = placesOf(pod, storage)
    if (typeof places === 'string') return { rejection: { resolvable: false, reasons: [places] } }
    if (places.length === 0) return undefined
    return { filter: ({ node }) => (isThere(node, places) ? undefined : CONFLICT) }
  },
  mayHelp(event, { pod }) {
    if (event.kind === 'StorageChanged') return storageMayHelp(event, pod)
    return event.kind === 'NodeAdded' || event.kind === 'NodeUpdated'
  },
}

/** Or why that cannot be told. */
function placesOf({ metadata, spec }: PodObject, storage: StorageView): readonly Place[] | string {
  const places: Place[] = []
  for (const { persistentVolumeClaim } of spec?.volumes ?? []) {
    if (persistentVolumeClaim === undefined) continue
    const { claimName } = persistentVolumeClaim
    const claim = storage.claim(metadata.namespace ?? '', claimName)
    if (claim === undefined) return `persistentvolumeclaim "${claimName}" not found`
    const { volumeName = '' } = claim.spec ?? {}
    if (volumeName === '') {
      const className = classOf(claim)
      if (className === '') return 'PersistentVolumeClaim had no pv name and storageClass name'
      const storageClass = storage.storageClass(className)
      if (storageClass === undefined) return `storageclass.storage.k8s.io "${className}" not found`
      if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') continue
      return 'PersistentVolume had no name'
    }
    const volume = storage.volume(volumeName)
    if (volume === undefined) return `persistentvolume "${volumeName}" not found`
    for (const key of Object.keys(topologyLabels)) {
      const value = volume.metadata.labels?.[key]
      if (value !== undefined) places.push({ key, values: new Set(value.split('__')) })
    }
  }
  return places
}

/** A node that names neither zone nor region is taken to be everywhere. */
function isThere({ metadata }: NodeObject, places: readonly Place[]): boolean {
  const { labels = {} } = metadata
  if (!Object.keys(topologyLabels).some((key) => labels[key] !== undefined)) return true
  return places.every(({ key, values }) => {
    const value = labels[key] ?? labels[topologyLabels[key]!]
    return value !== undefined && values.has(value)
  })
}
