// Where containers see volumes: as files under a path, or as raw devices.
// Source: pkg/apis/core/validation, ValidateVolumeMounts, ValidateVolumeDevices (v1.36)
import type { SecurityContext, Volume, VolumeDevice, VolumeMount } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notFound, notSupported, required } from '../../apimachinery/field.ts'
import { validateLocalDescendingPath, validatePathNoBacksteps } from './paths.ts'

/** The valid volumes of a pod by name. */
export type VolumesByName = ReadonlyMap<string, Volume>

interface Mounting {
  volumeMounts?: VolumeMount[]
  volumeDevices?: VolumeDevice[]
  securityContext?: SecurityContext
}

export function validateVolumeMounts(container: Mounting, volumes: VolumesByName, path: FieldPath): FieldError[] {
  const { volumeMounts = [], volumeDevices = [], securityContext } = container
  const errors: FieldError[] = []
  const mountPaths = new Set<string>()
  const isPrivileged = securityContext?.privileged === true
  // Of devices of one name the last counts.
  const devices = new Map(volumeDevices.map(({ name, devicePath }) => [name, devicePath]))
  const devicePaths = new Set(devices.values())
  for (const [at, mount] of volumeMounts.entries()) {
    const here = path.index(at)
    const { name = '', mountPath = '', subPath = '', subPathExpr = '' } = mount
    if (name === '') errors.push(required(here.child('name')))
    if (!volumes.has(name)) errors.push(notFound(here.child('name'), name))
    if (mountPath === '') errors.push(required(here.child('mountPath')))
    if (mountPaths.has(mountPath)) errors.push(invalid(here.child('mountPath'), mountPath, 'must be unique'))
    mountPaths.add(mountPath)
    if (devices.has(name)) {
      errors.push(invalid(here.child('name'), name, 'must not already exist in volumeDevices'))
    }
    if (devicePaths.has(mountPath)) {
      errors.push(invalid(here.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'))
    }
    // From here on upstream names no index.
    if (subPath !== '') errors.push(...validateLocalDescendingPath(subPath, path.child('subPath')))
    if (subPathExpr !== '') {
      if (subPath !== '') {
        errors.push(invalid(here.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      }
      errors.push(...validateLocalDescendingPath(subPathExpr, path.child('subPathExpr')))
    }
    errors.push(...validateMountPropagation(mount.mountPropagation, isPrivileged, path.child('mountPropagation')))
    errors.push(...validateRecursiveReadOnly(mount, path.child('recursiveReadOnly')))
  }
  return errors
}

const propagations = ['Bidirectional', 'HostToContainer', 'None']

function validateMountPropagation(
  propagation: string | undefined,
  isPrivileged: boolean,
  path: FieldPath,
): FieldError[] {
  if (propagation === undefined) return []
  if (!propagations.includes(propagation)) return [notSupported(path, propagation, propagations)]
  if (propagation !== 'Bidirectional' || isPrivileged) return []
  return [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')]
}

function validateRecursiveReadOnly(mount: VolumeMount, path: FieldPath): FieldError[] {
  const { recursiveReadOnly: mode, readOnly, mountPropagation = 'None' } = mount
  if (mode === undefined || mode === 'Disabled') return []
  if (mode !== 'Enabled' && mode !== 'IfPossible')
    return [notSupported(path, mode, ['Disabled', 'Enabled', 'IfPossible'])]
  const errors: FieldError[] = []
  if (readOnly !== true) errors.push(forbidden(path, 'may only be specified when readOnly is true'))
  if (mountPropagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'))
  }
  return errors
}

export function validateVolumeDevices(container: Mounting, volumes: VolumesByName, path: FieldPath): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container
  const errors: FieldError[] = []
  const names = new Set<string>()
  const devicePaths = new Set<string>()
  for (const [at, { name = '', devicePath = '' }] of volumeDevices.entries()) {
    const namePath = path.index(at).child('name')
    const devicePathPath = path.index(at).child('devicePath')
    const volume = volumes.get(name)
    if (name === '') errors.push(required(namePath))
    if (names.has(name)) errors.push(invalid(namePath, name, 'must be unique'))
    if (volume === undefined) errors.push(notFound(namePath, name))
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
      errors.push(invalid(namePath, name, detail))
    }
    if (devicePath === '') errors.push(required(devicePathPath))
    if (devicePaths.has(devicePath)) errors.push(invalid(devicePathPath, devicePath, 'must be unique'))
    if (validatePathNoBacksteps(devicePath, devicePathPath).length > 0) {
      errors.push(invalid(devicePathPath, devicePath, "can not contain backsteps ('..')"))
    } else devicePaths.add(devicePath)
    if (volumeMounts.some((mount) => mount.name === name)) {
      errors.push(invalid(namePath, name, 'must not already exist in volumeMounts'))
    }
    if (volumeMounts.some((mount) => mount.mountPath === devicePath)) {
      errors.push(invalid(devicePathPath, devicePath, 'must not already exist as a path in volumeMounts'))
    }
    if (name !== '') names.add(name)
  }
  return errors
}
