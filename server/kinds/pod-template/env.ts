// Environment variables of containers, and the downward API's field selectors that volumes share.
// Source: pkg/apis/core/validation, ValidateEnv, ValidateEnvFrom, validateObjectFieldSelector,
// validateContainerResourceFieldSelector; pkg/apis/core/pods, ConvertDownwardAPIFieldLabel (v1.36)
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isConfigMapKey, isRelaxedEnvVarName, nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { isZeroQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import { invalids, validateDNS1123Label, validateQualifiedName } from '../metadata/field-formats.ts'
import { validatePathNoBacksteps } from './paths.ts'

export function validateEnv(variables: readonly EnvVar[] | undefined, path: FieldPath): FieldError[] {
  return (variables ?? []).flatMap(({ name = '', value = '', valueFrom }, at) => {
    const here = path.index(at)
    const namePath = here.child('name')
    const errors = name === '' ? [required(namePath)] : invalids(namePath, name, isRelaxedEnvVarName(name))
    return valueFrom === undefined
      ? errors
      : [...errors, ...validateValueFrom(valueFrom, value, here.child('valueFrom'))]
  })
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

function validateValueFrom(source: EnvVarSource, value: string, path: FieldPath): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source
  const errors: FieldError[] = []
  if (fieldRef !== undefined) errors.push(...validateObjectFieldSelector(fieldRef, envFields, path.child('fieldRef')))
  if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldSelector(resourceFieldRef, path.child('resourceFieldRef'), false))
  }
  if (configMapKeyRef !== undefined) errors.push(...validateKeySelector(configMapKeyRef, path.child('configMapKeyRef')))
  if (secretKeyRef !== undefined) errors.push(...validateKeySelector(secretKeyRef, path.child('secretKeyRef')))
  if (fileKeyRef !== undefined) errors.push(...validateFileKeySelector(fileKeyRef, path.child('fileKeyRef')))
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(
    (one) => one !== undefined,
  ).length
  if (count === 0) {
    const oneOf = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.push(invalid(path, '', `must specify one of: ${oneOf}`))
  } else if (value !== '') errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  return errors
}

function validateKeySelector({ name = '', key = '' }: ConfigMapKeySelector, path: FieldPath): FieldError[] {
  const keyPath = path.child('key')
  return [
    ...invalids(path.child('name'), name, nameIsDNSSubdomain(name, false)),
    ...(key === '' ? [required(keyPath)] : invalids(keyPath, key, isConfigMapKey(key))),
  ]
}

function validateFileKeySelector(selector: FileKeySelector, path: FieldPath): FieldError[] {
  const { key = '', volumeName = '', path: file = '' } = selector
  const keyPath = path.child('key')
  const volumePath = path.child('volumeName')
  const filePath = path.child('path')
  return [
    ...(key === '' ? [required(keyPath)] : invalids(keyPath, key, isRelaxedEnvVarName(key))),
    ...(volumeName === '' ? [required(volumePath)] : validateDNS1123Label(volumeName, volumePath)),
    ...(file === '' ? [required(filePath)] : validatePathNoBacksteps(file, filePath)),
  ]
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: FieldPath): FieldError[] {
  return (sources ?? []).flatMap(({ prefix = '', configMapRef, secretRef }, at) => {
    const here = path.index(at)
    const errors = prefix === '' ? [] : invalids(here.child('prefix'), prefix, isRelaxedEnvVarName(prefix))
    if (configMapRef !== undefined)
      errors.push(...validateEnvSourceName(configMapRef.name, here.child('configMapRef', 'name')))
    if (secretRef !== undefined) errors.push(...validateEnvSourceName(secretRef.name, here.child('secretRef', 'name')))
    const count = [configMapRef, secretRef].filter((one) => one !== undefined).length
    if (count === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
    return errors
  })
}

/** Checked as a prefix of a name, as upstream does. */
function validateEnvSourceName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? invalids(path, name, nameIsDNSSubdomain(name, true)) : [required(path)]
}

const convertible = new Set([
  ...envFields,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])

/** `metadata.labels['app']` in two, or undefined. */
function splitSubscript(fieldPath: string): [path: string, subscript: string] | undefined {
  const match = /^(.+?)\['(.*)'\]$/s.exec(fieldPath)
  return match === null ? undefined : [match[1]!, match[2]!]
}

/** @param fields the paths that may be read here without a subscript */
export function validateObjectFieldSelector(
  { apiVersion = '', fieldPath = '' }: ObjectFieldSelector,
  fields: readonly string[],
  path: FieldPath,
): FieldError[] {
  const fieldPathPath = path.child('fieldPath')
  if (apiVersion === '') return [required(path.child('apiVersion'))]
  if (fieldPath === '') return [required(fieldPathPath)]
  const subscripted = splitSubscript(fieldPath)
  const refuse = (why: string): FieldError[] => [
    invalid(fieldPathPath, fieldPath, `error converting fieldPath: ${why}`),
  ]
  if (apiVersion !== 'v1') return refuse(`unsupported pod version: ${apiVersion}`)
  if (subscripted !== undefined) {
    const [parent, subscript] = subscripted
    if (parent === 'metadata.annotations') return validateQualifiedName(subscript.toLowerCase(), path)
    if (parent === 'metadata.labels') return validateQualifiedName(subscript, path)
    return refuse(`field label does not support subscript: ${fieldPath}`)
  }
  if (fieldPath !== 'spec.host' && !convertible.has(fieldPath)) return refuse(`field label not supported: ${fieldPath}`)
  const internal = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  return fields.includes(internal) ? [] : [notSupported(fieldPathPath, internal, [...fields].sort())]
}

const resourceFields = ['cpu', 'ephemeral-storage', 'memory']
const containerResourceFields = ['limits', 'requests'].flatMap((list) =>
  resourceFields.map((name) => `${list}.${name}`),
)
const byteDivisors = new Set([
  '1',
  ...[...'kMGTPE'].map((unit) => `1${unit}`),
  ...[...'KMGTPE'].map((unit) => `1${unit}i`),
])
const byteDivisorsText = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei'

/** @param isVolume volumes must name the container */
export function validateResourceFieldSelector(
  selector: ResourceFieldSelector,
  path: FieldPath,
  isVolume: boolean,
): FieldError[] {
  const { containerName = '', resource = '', divisor = '0' } = selector
  const errors: FieldError[] = []
  const isHugePages = /^(requests|limits)\.hugepages-/.test(resource)
  if (isVolume && containerName === '') errors.push(required(path.child('containerName')))
  else if (resource === '') errors.push(required(path.child('resource')))
  else if (!containerResourceFields.includes(resource) && !isHugePages) {
    errors.push(notSupported(path.child('resource'), resource, containerResourceFields))
  }
  return [...errors, ...validateDivisor(resource, divisor, path.child('divisor'))]
}

function validateDivisor(resource: string, divisor: string, path: FieldPath): FieldError[] {
  if (isZeroQuantity(parseQuantity(divisor))) return []
  const [, name] = /^(?:limits|requests)\.(.*)$/s.exec(resource) ?? []
  if (name === undefined) return []
  const bytes: Readonly<Record<string, string>> = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }
  if (name === 'cpu') {
    if (divisor === '1m' || divisor === '1') return []
    return [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
  }
  const kind = bytes[name] ?? (name.startsWith('hugepages-') ? 'hugepages' : undefined)
  if (kind === undefined || byteDivisors.has(divisor)) return []
  return [invalid(path, resource, `only divisor's values ${byteDivisorsText} are supported with the ${kind} resource`)]
}
