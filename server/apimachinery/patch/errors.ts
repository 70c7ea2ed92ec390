// How patches fail. Many of upstream's failures carry no reason, or a text that says nothing: kept, as clients see them.
// Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (v1.36)
import { StatusError } from '../errors.ts'

/** 422 for a JSON patch that does not apply. Why it does not is kept as the cause, for logs. */
export function newUnprocessablePatch(why: string): StatusError {
  return new StatusError(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    },
    { cause: new Error(why) },
  )
}

/** 500 without a reason: a strategic merge patch that makes no sense. */
export function newBrokenPatch(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/** What Go's JSON decoder calls a value of the wrong type. */
export function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value
}

/** A value as Go's %v prints it: `map[a:1 b:[x y]]`. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${members.map(([key, member]) => `${key}:${goPrint(member)}`).join(' ')}]`
}
