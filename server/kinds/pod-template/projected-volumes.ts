// Volumes that are made of files the cluster knows: the downward API, and projections of several sources.
// Source: pkg/apis/core/validation, validateDownwardAPIVolumeFile, validateProjectionSources (v1.36)
import type {
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, required } from '../../apimachinery/field.ts'
import { requireFields } from '../metadata/field-formats.ts'
import { validateObjectFieldSelector, validateResourceFieldSelector } from './env.ts'
import { validateFileMode, validateLocalNonReservedPath } from './paths.ts'
import { validateKeyToPath } from './volume-sources.ts'

const volumeFields = ['metadata.name', 'metadata.namespace', 'metadata.labels', 'metadata.annotations', 'metadata.uid']

export function validateDownwardAPIVolume(source: DownwardAPIVolumeSource, path: FieldPath): FieldError[] {
  return [
    ...validateFileMode(source.defaultMode, path.child('defaultMode')),
    ...(source.items ?? []).flatMap((file) => validateDownwardAPIFile(file, path)),
  ]
}

/** Errors name the list, not the file. */
function validateDownwardAPIFile(file: DownwardAPIVolumeFile, path: FieldPath): FieldError[] {
  const { fieldRef, resourceFieldRef } = file
  const errors = requireFields(file, ['path'], path)
  errors.push(...validateLocalNonReservedPath(file.path ?? '', path.child('path')))
  if (fieldRef !== undefined) {
    errors.push(...validateObjectFieldSelector(fieldRef, volumeFields, path.child('fieldRef')))
    if (resourceFieldRef !== undefined) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    }
  } else if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldSelector(resourceFieldRef, path.child('resourceFieldRef'), true))
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...validateFileMode(file.mode, path.child('mode'))]
}

export function validateProjectedVolume(source: ProjectedVolumeSource, path: FieldPath): FieldError[] {
  const errors = validateFileMode(source.defaultMode, path.child('defaultMode'))
  const taken = new Set<string>()
  for (const [at, projection] of (source.sources ?? []).entries()) {
    errors.push(...validateProjection(projection, path.child('sources').index(at), path, taken))
  }
  return errors
}

/** @param taken file paths of the projections before; those of this one are added */
function validateProjection(
  projection: VolumeProjection,
  path: FieldPath,
  volumePath: FieldPath,
  taken: Set<string>,
): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = projection
  const errors: FieldError[] = []
  const take = (file: string, named: string): void => {
    if (file === '') return
    if (taken.has(file)) errors.push(invalid(volumePath, named, 'conflicting duplicate paths'))
    taken.add(file)
  }
  const keyed = (source: { name?: string; items?: KeyToPath[] }, here: FieldPath): void => {
    errors.push(...requireFields(source, ['name'], here))
    for (const [at, item] of (source.items ?? []).entries()) {
      errors.push(...validateKeyToPath(item, here.child('items').index(at)))
      take(item.path ?? '', source.name ?? '')
    }
  }
  if (secret !== undefined) keyed(secret, path.child('secret'))
  if (configMap !== undefined) keyed(configMap, path.child('configMap'))
  for (const file of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardAPIFile(file, path.child('downwardAPI')))
    take(file.path ?? '', file.path ?? '')
  }
  if (serviceAccountToken !== undefined) {
    errors.push(...validateTokenProjection(serviceAccountToken, path.child('serviceAccountToken'), volumePath))
  }
  if ([secret, configMap, downwardAPI, serviceAccountToken].filter((one) => one !== undefined).length > 1) {
    errors.push(forbidden(path, 'may not specify more than 1 volume type per source'))
  }
  return errors
}

function validateTokenProjection(
  token: ServiceAccountTokenProjection,
  path: FieldPath,
  volumePath: FieldPath,
): FieldError[] {
  const { expirationSeconds = 0, path: file = '' } = token
  const errors: FieldError[] = []
  const expirationPath = path.child('expirationSeconds')
  if (expirationSeconds < 600) {
    errors.push(invalid(expirationPath, expirationSeconds, 'may not specify a duration less than 10 minutes'))
  }
  if (expirationSeconds > 2 ** 32) {
    errors.push(invalid(expirationPath, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  const filePath = volumePath.child('path')
  return [...errors, ...(file === '' ? [required(filePath)] : validateLocalNonReservedPath(file, filePath))]
}
