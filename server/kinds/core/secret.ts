// Secret of the core group.
// Source: pkg/apis/core/validation, ValidateSecret; pkg/registry/core/secret; pkg/apis/core/v1, conversion of Secret (v1.36)
import type { Secret } from '../../api/core.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, required, tooLong } from '../../apimachinery/field.ts'
import { isConfigMapKey } from '../../apimachinery/formats.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { invalids } from '../metadata/field-formats.ts'
import { base64Length, maxDataBytes, validateImmutableData } from './configmap.ts'
import { jsonObjectProblem } from './json-problem.ts'
import { problemOfKeyPair } from './key-pair.ts'

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  defaults,
  strategy: { validate, validateUpdate, validateUpdateOnly: true, warnings },
  selectableFields: { type: ({ type }) => type ?? '' },
  cells: { Type: ({ type }) => type ?? '', Data: ({ data }) => Object.keys(data ?? {}).length },
})

/** stringData is for writing only: it goes into the data. */
function defaults(draft: Secret): void {
  if (draft.stringData !== undefined) {
    for (const [key, text] of Object.entries(draft.stringData)) {
      draft.data = { ...draft.data, [key]: Buffer.from(text).toString('base64') }
    }
    delete draft.stringData
  }
}

function warnings({ type, data = {} }: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return []
  const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('latin1')
  const problem = problemOfKeyPair(read('tls.crt'), read('tls.key'))
  return problem === undefined ? [] : [problem]
}

/** Keys that a type requires. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}
/** Those of them that hold JSON. */
const jsonKeys = new Set(['.dockercfg', '.dockerconfigjson'])

const serviceAccountName = 'kubernetes.io/service-account.name'

function validate({ metadata, type = '', data = {} }: Secret): FieldError[] {
  const dataPath = field('data')
  const errors = Object.keys(data).flatMap((key) => invalids(dataPath.key(key), key, isConfigMapKey(key)))
  const size = Object.values(data).reduce((sum, value) => sum + base64Length(value), 0)
  if (size > maxDataBytes) errors.push(tooLong(dataPath, maxDataBytes))
  for (const key of requiredKeys[type] ?? []) {
    const value = data[key]
    if (value === undefined) errors.push(required(dataPath.key(key)))
    else if (jsonKeys.has(key)) {
      const problem = jsonObjectProblem(Buffer.from(value, 'base64').toString())
      if (problem !== undefined) errors.push(invalid(dataPath.key(key), '<secret contents redacted>', problem))
    }
  }
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata?.annotations?.[serviceAccountName]) {
        errors.push(required(field('metadata', 'annotations').key(serviceAccountName)))
      }
      break
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        errors.push(required(dataPath.key('username')), required(dataPath.key('password')))
      }
      break
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required(dataPath.key('ssh-privatekey')))
      break
    default:
  }
  return errors
}

function validateUpdate(object: Secret, old: Secret): FieldError[] {
  return [
    ...validateImmutableField(object.type ?? '', old.type ?? '', field('type')),
    ...validateImmutableData(object, old, ['data']),
    ...validate(object),
  ]
}
