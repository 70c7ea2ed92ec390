// The volumes of a pod: each has a name of its own and exactly one source.
// Source: pkg/apis/core/validation, ValidateVolumes, validateVolumeSource (v1.36)
import type { Volume } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import { requireFields, validateDNS1123Label } from '../metadata/field-formats.ts'
import { validateClaimTemplate } from './claim-spec.ts'
import { validateDownwardAPIVolume, validateProjectedVolume } from './projected-volumes.ts'
import {
  validateAzureDisk,
  validateCSI,
  validateConfigMapVolume,
  validateDisk,
  validateFC,
  validateFlexVolume,
  validateFlocker,
  validateGitRepo,
  validateHostPath,
  validateISCSI,
  validateNFS,
  validateQuobyte,
  validateSecretVolume,
  validateStorageOS,
  validateWithSecret,
} from './volume-sources.ts'

/** What is known of the pod that the volumes are in. */
export interface VolumeContext {
  /** Absent in templates: pods get their names later. */
  readonly podName?: string | undefined
  /** Templates may leave the reference of an image volume to be filled in. */
  readonly isPod: boolean
}

type Source<K extends keyof Volume> = NonNullable<Volume[K]>
type Check = (volume: Volume, path: FieldPath, context: VolumeContext) => FieldError[] | undefined

interface SourceRule {
  /** Undefined if the volume does not have this source. */
  readonly check: Check
  /** How errors name a source that is one too many. */
  readonly forbiddenAs: string
}

/** @param path how errors name the source; @param forbiddenAs the same if it is one too many */
function source<K extends keyof Volume>(
  name: K,
  check: (
    source: Source<K>,
    path: FieldPath,
    volume: Volume,
    parent: FieldPath,
    context: VolumeContext,
  ) => FieldError[],
  path: string = name,
  forbiddenAs: string = name,
): SourceRule {
  return {
    forbiddenAs,
    check: (volume, parent, context) =>
      volume[name] === undefined ? undefined : check(volume[name], parent.child(path), volume, parent, context),
  }
}

/** In the order of the checks; some names are misspelled as upstream's are. */
const sources: readonly SourceRule[] = [
  source('emptyDir', ({ sizeLimit = '0' }, path) => {
    if (compareQuantities(parseQuantity(sizeLimit), parseQuantity('0')) >= 0) return []
    return [forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
  }),
  source('hostPath', validateHostPath),
  source('gitRepo', validateGitRepo),
  source(
    'gcePersistentDisk',
    (disk, path) => validateDisk(disk, 'pdName', path),
    'persistentDisk',
    'gcePersistentDisk',
  ),
  source('awsElasticBlockStore', (disk, path) => validateDisk(disk, 'volumeID', path)),
  source('secret', validateSecretVolume),
  source('nfs', validateNFS),
  source('iscsi', (iscsi, path, volume, parent) => validateISCSI(iscsi, path, volume.name ?? '', parent)),
  source('glusterfs', (glusterfs, path) => requireFields(glusterfs, ['endpoints', 'path'], path)),
  source('flocker', validateFlocker),
  source('persistentVolumeClaim', (claim, path) => requireFields(claim, ['claimName'], path)),
  source('rbd', (rbd, path) => requireFields(rbd, ['monitors', 'image'], path)),
  source('cinder', (cinder, path) => validateWithSecret(cinder, ['volumeID'], ['name'], path)),
  source('cephfs', (cephfs, path) => requireFields(cephfs, ['monitors'], path), 'cephfs', 'cephFS'),
  source('quobyte', validateQuobyte),
  source('downwardAPI', validateDownwardAPIVolume, 'downwardAPI', 'downwarAPI'),
  source('fc', validateFC),
  source('flexVolume', validateFlexVolume),
  source('configMap', validateConfigMapVolume),
  source('azureFile', (file, path) => requireFields(file, ['secretName', 'shareName'], path)),
  source('vsphereVolume', (disk, path) => requireFields(disk, ['volumePath'], path)),
  source('photonPersistentDisk', (disk, path) => requireFields(disk, ['pdID'], path)),
  source('portworxVolume', (disk, path) => requireFields(disk, ['volumeID'], path)),
  source('azureDisk', validateAzureDisk),
  source('storageos', (storageos, path) => validateStorageOS(storageos, ['name'], path)),
  source('projected', validateProjectedVolume),
  source('scaleIO', (disk, path) => requireFields(disk, ['gateway', 'system', 'volumeName'], path)),
  source('csi', validateCSI),
  source('ephemeral', ({ volumeClaimTemplate }, path, volume, parent, { podName = '' }) => {
    const here = path.child('volumeClaimTemplate')
    const errors =
      volumeClaimTemplate === undefined ? [required(here)] : validateClaimTemplate(volumeClaimTemplate, here)
    if (podName === '' || !volume.name) return errors
    const claim = `${podName}-${volume.name}`
    const problems = nameIsDNSSubdomain(claim, false)
    return [
      ...errors,
      ...problems.map((text) => invalid(parent.child('name'), volume.name, `PVC name "${claim}": ${text}`)),
    ]
  }),
  source('image', ({ reference = '', pullPolicy = '' }, path, _volume, _parent, { isPod }) => [
    ...(isPod && reference === '' ? [required(path.child('reference'))] : []),
    ...validatePullPolicy(pullPolicy, path.child('pullPolicy')),
  ]),
]

const pullPolicies = ['Always', 'IfNotPresent', 'Never']

export function validatePullPolicy(policy: string, path: FieldPath): FieldError[] {
  if (policy === '') return [required(path)]
  return pullPolicies.includes(policy) ? [] : [notSupported(path, policy, pullPolicies)]
}

function validateVolumeSource(volume: Volume, path: FieldPath, context: VolumeContext): FieldError[] {
  const errors: FieldError[] = []
  let count = 0
  for (const { check, forbiddenAs } of sources) {
    const found = check(volume, path, context)
    if (found === undefined) continue
    count++
    if (count === 1) errors.push(...found)
    else errors.push(forbidden(path.child(forbiddenAs), 'may not specify more than 1 volume type'))
  }
  return count === 0 ? [required(path, 'must specify a volume type')] : errors
}

/** The errors, and the valid volumes by name: what mounts may refer to. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  path: FieldPath,
  context: VolumeContext,
): { errors: FieldError[]; byName: ReadonlyMap<string, Volume> } {
  const errors: FieldError[] = []
  const byName = new Map<string, Volume>()
  const { podName = '' } = context
  const ownClaims = new Set<string>()
  if (podName !== '') {
    for (const { name, ephemeral } of volumes ?? []) if (ephemeral !== undefined) ownClaims.add(`${podName}-${name}`)
  }
  for (const [at, volume] of (volumes ?? []).entries()) {
    const here = path.index(at)
    const { name = '', persistentVolumeClaim } = volume
    const own = validateVolumeSource(volume, here, context)
    own.push(...(name === '' ? [required(here.child('name'))] : validateDNS1123Label(name, here.child('name'))))
    if (byName.has(name)) own.push(duplicate(here.child('name'), name))
    if (own.length === 0) byName.set(name, volume)
    errors.push(...own)
    const claimName = persistentVolumeClaim?.claimName ?? ''
    if (ownClaims.has(claimName)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.push(invalid(here.child('persistentVolumeClaim', 'claimName'), claimName, detail))
    }
  }
  return { errors, byName }
}
