// What a pod may not set because of its operating system, and Windows' host processes.
// Source: pkg/apis/core/validation, validateOS, validateLinux, validateWindows, validateWindowsHostProcessPod (v1.36)
import type { PodSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { containersOf } from './containers.ts'

export function validateOS(spec: PodSpec, path: FieldPath): FieldError[] {
  if (spec.os === undefined) return []
  const { name = '' } = spec.os
  const here = path.child('os')
  if (name === '') return [required(here.child('name'))]
  if (name === 'linux') return validateLinux(spec, path)
  return name === 'windows' ? validateWindows(spec, path) : [notSupported(here, name, ['linux', 'windows'])]
}

function validateLinux(spec: PodSpec, path: FieldPath): FieldError[] {
  const places = [{ holder: spec.securityContext, path }]
  for (const { container, path: here } of containersOf(spec, path))
    places.push({ holder: container.securityContext, path: here })
  return places
    .filter(({ holder }) => holder?.windowsOptions !== undefined)
    .map(({ path: here }) =>
      forbidden(here.child('securityContext', 'windowsOptions'), 'windows options cannot be set for a linux pod'),
    )
}

const notForWindows = 'cannot be set for a windows pod'

/** In the order of the checks: fields of spec.securityContext, and those of the spec itself between them. */
const podFields: readonly (readonly [owner: 'spec' | 'securityContext', name: string])[] = [
  ['securityContext', 'appArmorProfile'],
  ['securityContext', 'seLinuxOptions'],
  ['spec', 'hostUsers'],
  ['spec', 'hostPID'],
  ['spec', 'hostIPC'],
  ['securityContext', 'seccompProfile'],
  ['securityContext', 'fsGroup'],
  ['securityContext', 'fsGroupChangePolicy'],
  ['securityContext', 'sysctls'],
  ['spec', 'shareProcessNamespace'],
  ['securityContext', 'runAsUser'],
  ['securityContext', 'runAsGroup'],
  ['securityContext', 'supplementalGroups'],
  ['securityContext', 'supplementalGroupsPolicy'],
  ['securityContext', 'seLinuxChangePolicy'],
]
/** These are no pointers: false is as good as absent. */
const plainFlags = new Set(['hostPID', 'hostIPC'])

const containerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
]

type Members = Readonly<Record<string, unknown>>

function validateWindows(spec: PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const own = spec as unknown as Members
  const context = (spec.securityContext ?? {}) as Members
  for (const [owner, name] of podFields) {
    const value = owner === 'spec' ? own[name] : context[name]
    const isSet = plainFlags.has(name)
      ? value === true
      : value !== undefined && !(Array.isArray(value) && value.length === 0)
    if (isSet) errors.push(forbidden(owner === 'spec' ? path.child(name) : path.child(owner, name), notForWindows))
  }
  for (const { container, path: here } of containersOf(spec, path)) {
    const members = (container.securityContext ?? {}) as Members
    for (const name of containerFields) {
      if (members[name] !== undefined) errors.push(forbidden(here.child('securityContext', name), notForWindows))
    }
  }
  return errors
}

export function validateWindowsHostProcess(spec: PodSpec, path: FieldPath): FieldError[] {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess
  const errors: FieldError[] = []
  const containers = containersOf(spec, path)
  let count = 0
  for (const { container, path: here } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (podWide !== undefined && own !== undefined && podWide !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${podWide}`
      errors.push(invalid(here.child('securityContext', 'windowsOptions', 'hostProcess'), own, detail))
    }
    if (own ?? podWide) count++
  }
  if (count === 0) return errors
  if (count !== containers.length) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    errors.push(invalid(path, '', detail))
  }
  if (spec.hostNetwork !== true) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers'
    errors.push(invalid(path.child('hostNetwork'), false, detail))
  }
  return errors
}
