// JSON merge patch (RFC 7386).
// Source: gopkg.in/evanphx/json-patch.v4, MergePatch; apiserver/pkg/endpoints/handlers/patch.go (v1.36)
import { newBadRequest } from '../errors.ts'
import { jsonTypeOf } from './errors.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws StatusError 400 for anything but an object */
export function parseMergePatch(patch: unknown): JsonObject {
  if (patch === null) throw newBadRequest('Invalid JSON Patch')
  if (isObject(patch)) return patch
  throw newBadRequest(
    `error decoding patch: json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type map[string]interface {}`,
  )
}

/** The patched document; unchanged parts are shared with `document` and `patch`, which may be frozen. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...document }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else define(result, key, Object.hasOwn(document, key) ? merge(document[key], value) : withoutNulls(value))
  }
  return sorted(result)
}

function merge(current: unknown, patch: unknown): unknown {
  if (!isObject(current)) return withoutNulls(patch)
  // What takes the place of an object, and is none itself, comes as it is.
  return isObject(patch) ? applyMergePatch(current, patch) : patch
}

/** Null members of objects say that nothing is to be there; null elements of lists stay. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) if (member !== null) define(result, key, withoutNulls(member))
  return sorted(result)
}

/** Objects that a patch went through have their members in alphabetical order: error texts show it. */
function sorted(object: Record<string, unknown>): JsonObject {
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(object).sort()) define(result, key, object[key])
  return result
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
