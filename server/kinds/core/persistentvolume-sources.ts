// Sources of persistent volumes: exactly one, checked as those of pods' volumes are.
// Source: pkg/apis/core/validation, ValidatePersistentVolumeSpec; pkg/volume/validation, checkMountOption (v1.36)
import type { PersistentVolumeSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, required } from '../../apimachinery/field.ts'
import { requireFields } from '../metadata/field-formats.ts'
import {
  validateAzureDisk,
  validateDisk,
  validateFC,
  validateFlexVolume,
  validateFlocker,
  validateHostPath,
  validateLocal,
  validateNFS,
  validatePersistentAzureFile,
  validatePersistentCSI,
  validatePersistentGlusterfs,
  validatePersistentISCSI,
  validateQuobyte,
  validateStorageOS,
  validateWithSecret,
} from '../pod-template/volume-sources.ts'

type Source<K extends keyof PersistentVolumeSpec> = NonNullable<PersistentVolumeSpec[K]>

interface SourceRule {
  readonly name: string
  /** Undefined if the volume does not have this source. */
  readonly check: (spec: PersistentVolumeSpec, path: FieldPath, volumeName: string) => FieldError[] | undefined
  /** How errors name a source that is one too many. */
  readonly forbiddenAs: string
}

function source<K extends keyof PersistentVolumeSpec>(
  name: K,
  check: (source: Source<K>, path: FieldPath, volumeName: string) => FieldError[],
  path: string = name,
  forbiddenAs: string = name,
): SourceRule {
  return {
    name,
    forbiddenAs,
    check: (spec, parent, volumeName) =>
      spec[name] === undefined ? undefined : check(spec[name], parent.child(path), volumeName),
  }
}

const secret = ['name', 'namespace']

/** In the order of the checks. */
const sources: readonly SourceRule[] = [
  source('hostPath', validateHostPath),
  source(
    'gcePersistentDisk',
    (disk, path) => validateDisk(disk, 'pdName', path),
    'persistentDisk',
    'gcePersistentDisk',
  ),
  source('awsElasticBlockStore', (disk, path) => validateDisk(disk, 'volumeID', path)),
  source('glusterfs', validatePersistentGlusterfs),
  source('flocker', validateFlocker),
  source('nfs', validateNFS),
  source('rbd', (rbd, path) => requireFields(rbd, ['monitors', 'image'], path)),
  source('quobyte', validateQuobyte),
  source('cephfs', (cephfs, path) => requireFields(cephfs, ['monitors'], path), 'cephfs', 'cephFS'),
  source('iscsi', validatePersistentISCSI),
  source('cinder', (disk, path) => validateWithSecret(disk, ['volumeID'], secret, path)),
  source('fc', validateFC),
  source('flexVolume', validateFlexVolume),
  source('azureFile', validatePersistentAzureFile),
  source('vsphereVolume', (disk, path) => requireFields(disk, ['volumePath'], path)),
  source('photonPersistentDisk', (disk, path) => requireFields(disk, ['pdID'], path)),
  source('portworxVolume', (disk, path) => requireFields(disk, ['volumeID'], path)),
  source('azureDisk', validateAzureDisk),
  source('scaleIO', (disk, path) => requireFields(disk, ['gateway', 'system', 'volumeName'], path)),
  source('local', validateLocal),
  source('storageos', (storageos, path) => validateStorageOS(storageos, secret, path)),
  source('csi', validatePersistentCSI),
]

export const volumeSourceNames: ReadonlySet<string> = new Set(sources.map(({ name }) => name))

/** The one source a volume must have, wherever the spec is. */
export function validateVolumeSource(spec: PersistentVolumeSpec, volumeName: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  let count = 0
  for (const { name, check, forbiddenAs } of sources) {
    const found = check(spec, path, volumeName)
    if (found === undefined) continue
    // Flex volumes were never refused as one too many.
    if (count > 0 && name !== 'flexVolume') {
      errors.push(forbidden(path.child(forbiddenAs), 'may not specify more than 1 volume type'))
      continue
    }
    count++
    errors.push(...found)
    if (name === 'local' && spec.nodeAffinity === undefined) {
      errors.push(required(path.child('nodeAffinity'), 'Local volume requires node affinity'))
    }
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'))
  return errors
}

const mountable = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const

export function supportsMountOptions(spec: PersistentVolumeSpec): boolean {
  return mountable.some((name) => spec[name] !== undefined)
}
