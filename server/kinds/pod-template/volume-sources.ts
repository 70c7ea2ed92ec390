// Volume sources that pods and persistent volumes share, and those of one or two rules.
// Source: pkg/apis/core/validation, validateHostPathVolumeSource and the validate...VolumeSource after it (v1.36)
import type {
  AzureDiskVolumeSource,
  AzureFilePersistentVolumeSource,
  CSIPersistentVolumeSource,
  CSIVolumeSource,
  ConfigMapVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GlusterfsPersistentVolumeSource,
  HostPathVolumeSource,
  ISCSIPersistentVolumeSource,
  ISCSIVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  QuobyteVolumeSource,
  SecretReference,
  SecretVolumeSource,
  StorageOSPersistentVolumeSource,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, notSupported, required, tooLong } from '../../apimachinery/field.ts'
import {
  byteLength,
  inclusiveRangeError,
  isDNS1123Subdomain,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
} from '../../apimachinery/formats.ts'
import { invalids, requireFields, validateDNS1123Label, validateDNS1123Subdomain } from '../metadata/field-formats.ts'
import {
  validateFileMode,
  validateLocalDescendingPath,
  validateLocalNonReservedPath,
  validatePathNoBacksteps,
} from './paths.ts'

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function validateHostPath(
  { path: hostPath = '', type = '' }: HostPathVolumeSource,
  path: FieldPath,
): FieldError[] {
  if (hostPath === '') return [required(path.child('path'))]
  return [
    ...validatePathNoBacksteps(hostPath, path.child('path')),
    ...(hostPathTypes.includes(type) ? [] : [notSupported(path.child('type'), type, hostPathTypes)]),
  ]
}

export function validateGitRepo(source: { repository?: string; directory?: string }, path: FieldPath): FieldError[] {
  return [
    ...requireFields(source, ['repository'], path),
    ...validateLocalDescendingPath(source.directory ?? '', path.child('directory')),
  ]
}

export function validateLocal({ path: localPath = '' }: { path?: string }, path: FieldPath): FieldError[] {
  return localPath === '' ? [required(path.child('path'))] : validatePathNoBacksteps(localPath, path.child('path'))
}

/** A disk by the name of its field, and an optional partition (GCE, AWS). */
export function validateDisk(source: { partition?: number }, nameField: string, path: FieldPath): FieldError[] {
  const { partition = 0 } = source
  const errors = requireFields(source, [nameField], path)
  if (partition < 0 || partition > 255)
    errors.push(invalid(path.child('partition'), partition, inclusiveRangeError(1, 255)))
  return errors
}

export function validateNFS(source: NFSVolumeSource, path: FieldPath): FieldError[] {
  const errors = requireFields(source, ['server', 'path'], path)
  const { path: exported = '' } = source
  if (!exported.startsWith('/')) errors.push(invalid(path.child('path'), exported, 'must be an absolute path'))
  return errors
}

const iqnSyntax = /iqn\.\d{4}-\d{2}\.([0-9A-Za-z.-]+)(:[^,;*&$|\s]+)$/
const euiSyntax = /^eui.[0-9A-Za-z]{16}$/
const naaSyntax = /^naa.[0-9A-Za-z]{32}$/

/** `undefined` means that not even the beginning is right. */
function isISCSIName(name: string): boolean | undefined {
  if (name.startsWith('iqn')) return iqnSyntax.test(name)
  if (name.startsWith('eui')) return euiSyntax.test(name)
  return name.startsWith('naa') ? naaSyntax.test(name) : undefined
}

function validateISCSIName(name: string, path: FieldPath, prefixError: string): FieldError[] {
  const isValid = isISCSIName(name)
  if (isValid === true) return []
  return [invalid(path, name, isValid === undefined ? prefixError : 'must be valid format')]
}

const iscsiTooLong =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'

function isTooLongForInitiator(
  volumeName: string,
  { initiatorName, targetPortal = '' }: Partial<ISCSIVolumeSource>,
): boolean {
  return initiatorName !== undefined && byteLength(`${volumeName}:${targetPortal}`) > 64
}

/** @param parent path of the volume: a name that is too long is told there */
export function validateISCSI(
  source: ISCSIVolumeSource,
  path: FieldPath,
  volumeName: string,
  parent: FieldPath,
): FieldError[] {
  const { iqn = '', lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source
  const errors = requireFields(source, ['targetPortal', 'iqn'], path)
  const prefixError = 'must be valid format starting with iqn, eui, or naa'
  if (iqn !== '') errors.push(...validateISCSIName(iqn, path.child('iqn'), prefixError))
  if (lun < 0 || lun > 255) errors.push(invalid(path.child('lun'), lun, inclusiveRangeError(0, 255)))
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(path.child('secretRef')))
  if (initiatorName !== undefined)
    errors.push(...validateISCSIName(initiatorName, path.child('initiatorname'), prefixError))
  if (isTooLongForInitiator(volumeName, source)) errors.push(invalid(parent.child('name'), volumeName, iscsiTooLong))
  return errors
}

export function validatePersistentISCSI(
  source: ISCSIPersistentVolumeSource,
  path: FieldPath,
  volumeName: string,
): FieldError[] {
  const { targetPortal = '', iqn = '', lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source
  const errors = requireFields(source, ['targetPortal'], path)
  if (initiatorName !== undefined && byteLength(`${volumeName}:${targetPortal}`) > 64) {
    errors.push(invalid(path.child('targetportal'), targetPortal, iscsiTooLong))
  }
  errors.push(...requireFields(source, ['iqn'], path))
  if (iqn !== '') errors.push(...validateISCSIName(iqn, path.child('iqn'), 'must be valid format'))
  if (lun < 0 || lun > 255) errors.push(invalid(path.child('lun'), lun, inclusiveRangeError(0, 255)))
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(path.child('secretRef')))
  if (secretRef !== undefined) errors.push(...requireFields(secretRef, ['name'], path.child('secretRef')))
  if (initiatorName !== undefined) {
    errors.push(...validateISCSIName(initiatorName, path.child('initiatorname'), 'must be valid format'))
  }
  return errors
}

export function validateFC({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const wwnsPath = path.child('targetWWNs')
  if (targetWWNs.length + wwids.length === 0) {
    errors.push(required(wwnsPath, 'must specify either targetWWNs or wwids, but not both'))
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.push(invalid(wwnsPath, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  }
  if (targetWWNs.length > 0) {
    if (lun === undefined) errors.push(required(path.child('lun'), 'lun is required if targetWWNs is specified'))
    else if (lun < 0 || lun > 255) errors.push(invalid(path.child('lun'), lun, inclusiveRangeError(0, 255)))
  }
  return errors
}

export function validateSecretVolume(source: SecretVolumeSource, path: FieldPath): FieldError[] {
  return validateKeyedFiles(source, 'secretName', path)
}

export function validateConfigMapVolume(source: ConfigMapVolumeSource, path: FieldPath): FieldError[] {
  return validateKeyedFiles(source, 'name', path)
}

function validateKeyedFiles(
  source: { defaultMode?: number; items?: KeyToPath[] },
  nameField: string,
  path: FieldPath,
): FieldError[] {
  return [
    ...requireFields(source, [nameField], path),
    ...validateFileMode(source.defaultMode, path.child('defaultMode')),
    ...(source.items ?? []).flatMap((item, at) => validateKeyToPath(item, path.child('items').index(at))),
  ]
}

export function validateKeyToPath(item: KeyToPath, path: FieldPath): FieldError[] {
  return [
    ...requireFields(item, ['key', 'path'], path),
    ...validateLocalNonReservedPath(item.path ?? '', path.child('path')),
    ...validateFileMode(item.mode, path.child('mode')),
  ]
}

const registryError = 'must be a host:port pair or multiple pairs separated by commas'

export function validateQuobyte(
  { registry = '', tenant = '', volume = '' }: Partial<QuobyteVolumeSource>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (registry === '') errors.push(required(path.child('registry'), registryError))
  else if (byteLength(tenant) >= 65) {
    errors.push(required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'))
  } else {
    const wrong = registry.split(',').filter((pair) => !/^(\[[^[\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
    errors.push(...wrong.map(() => invalid(path.child('registry'), registry, registryError)))
  }
  if (volume === '') errors.push(required(path.child('volume')))
  return errors
}

export function validatePersistentGlusterfs(source: GlusterfsPersistentVolumeSource, path: FieldPath): FieldError[] {
  const errors = requireFields(source, ['endpoints', 'path'], path)
  const { endpointsNamespace: namespace } = source
  if (namespace === undefined) return errors
  const here = path.child('endpointsNamespace')
  if (namespace !== '') return [...errors, ...invalids(here, namespace, nameIsDNSLabel(namespace, false))]
  return [...errors, invalid(here, namespace, 'if the endpointnamespace is set, it must be a valid namespace name')]
}

export function validateFlocker(
  { datasetName = '', datasetUUID = '' }: FlockerVolumeSource,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (datasetName === '' && datasetUUID === '')
    errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (datasetName !== '' && datasetUUID !== '') {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  }
  if (datasetName.includes('/')) errors.push(invalid(path.child('datasetName'), datasetName, "must not contain '/'"))
  return errors
}

/** Required fields, then those of the reference to a secret, if there is one (Cinder, ScaleIO and their like). */
export function validateWithSecret(
  source: { secretRef?: object },
  names: readonly string[],
  secretNames: readonly string[],
  path: FieldPath,
): FieldError[] {
  const errors = requireFields(source, names, path)
  if (source.secretRef !== undefined)
    errors.push(...requireFields(source.secretRef, secretNames, path.child('secretRef')))
  return errors
}

export function validateFlexVolume(
  source: Pick<FlexVolumeSource, 'driver' | 'options'>,
  path: FieldPath,
): FieldError[] {
  const errors = requireFields(source, ['driver'], path)
  for (const key of Object.keys(source.options ?? {})) {
    const namespace = `.${key.split('/', 1)[0]!.toLowerCase()}`
    if (!namespace.endsWith('.kubernetes.io') && !namespace.endsWith('.k8s.io')) continue
    errors.push(invalid(path.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'))
  }
  return errors
}

export function validatePersistentAzureFile(source: AzureFilePersistentVolumeSource, path: FieldPath): FieldError[] {
  const errors = requireFields(source, ['secretName', 'shareName'], path)
  if (source.secretNamespace === '') errors.push(required(path.child('secretNamespace')))
  return errors
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite']
const diskKinds = ['Dedicated', 'Managed', 'Shared']
const managedURI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobURI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function validateAzureDisk(source: AzureDiskVolumeSource, path: FieldPath): FieldError[] {
  const errors = requireFields(source, ['diskName', 'diskURI'], path)
  const { cachingMode, kind, diskURI = '' } = source
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode)) {
    errors.push(notSupported(path.child('cachingMode'), cachingMode, cachingModes))
  }
  if (kind === undefined) return errors
  if (!diskKinds.includes(kind)) errors.push(notSupported(path.child('kind'), kind, diskKinds))
  const [prefix, form] = kind === 'Managed' ? ['/subscriptions/', managedURI] : ['https://', blobURI]
  if (!diskURI.startsWith(prefix)) errors.push(notSupported(path.child('diskURI'), diskURI, [form]))
  return errors
}

export function validateStorageOS(
  source: Pick<StorageOSPersistentVolumeSource, 'volumeName' | 'volumeNamespace'> & { secretRef?: object },
  secretNames: readonly string[],
  path: FieldPath,
): FieldError[] {
  const { volumeName = '', volumeNamespace = '', secretRef } = source
  const namePath = path.child('volumeName')
  const errors = volumeName === '' ? [required(namePath)] : validateDNS1123Label(volumeName, namePath)
  if (volumeNamespace !== '') errors.push(...validateDNS1123Label(volumeNamespace, path.child('volumeNamespace')))
  if (secretRef !== undefined) errors.push(...requireFields(secretRef, secretNames, path.child('secretRef')))
  return errors
}

/** Source: ValidateCSIDriverName */
export function validateCSIDriverName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  return [
    ...(byteLength(name) > 63 ? [tooLong(path, 63)] : []),
    ...invalids(path, name, isDNS1123Subdomain(name.toLowerCase())),
  ]
}

export function validateCSI(source: CSIVolumeSource, path: FieldPath): FieldError[] {
  const errors = validateCSIDriverName(source.driver ?? '', path.child('driver'))
  const secret = source.nodePublishSecretRef
  if (secret === undefined) return errors
  const { name = '' } = secret
  if (name === '') return [...errors, required(path.child('nodePublishSecretRef', 'name'))]
  return [...errors, ...invalids(path.child('name'), name, nameIsDNSSubdomain(name, false))]
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

export function validatePersistentCSI(source: CSIPersistentVolumeSource, path: FieldPath): FieldError[] {
  return [
    ...validateCSIDriverName(source.driver ?? '', path.child('driver')),
    ...requireFields(source, ['volumeHandle'], path),
    ...csiSecrets.flatMap((name) =>
      source[name] === undefined ? [] : validateSecretReference(source[name], path.child(name)),
    ),
  ]
}

function validateSecretReference({ name = '', namespace = '' }: SecretReference, path: FieldPath): FieldError[] {
  const namePath = path.child('name')
  const namespacePath = path.child('namespace')
  return [
    ...(name === '' ? [required(namePath)] : validateDNS1123Subdomain(name, namePath)),
    ...(namespace === '' ? [required(namespacePath)] : validateDNS1123Label(namespace, namespacePath)),
  ]
}
