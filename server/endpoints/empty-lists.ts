// Empty lists and maps that a client sent where Go always prints the member: decoding makes them null, as they are stored. But who
// sent one changed something, and so comes to own it.
import type { AnyObject } from '../apimachinery/types.ts'
import type { Schema, StructSchema } from '../../openapi/schema.ts'

type Members = Record<string, unknown>
/** Puts back into what was decoded the empty lists and maps of what was sent. */
type Restorer = (sent: unknown, decoded: unknown) => void

/** Leaves in `decoded`, made from `sent`, the empty lists and maps it would have in Go. */
export function restoreEmptyLists(schema: StructSchema, sent: unknown, decoded: AnyObject): void {
  restorerOf(schema)?.(sent, decoded)
  // An empty list of managedFields asks to forget all owners.
  const entries = (sent as Partial<AnyObject> | undefined)?.metadata?.managedFields
  if (Array.isArray(entries) && entries.length === 0 && decoded.metadata !== undefined)
    decoded.metadata.managedFields = []
}

const restorers = new WeakMap<Schema, Restorer | undefined>()

/** Undefined if no list or map at or below the schema is always printed. */
function restorerOf(schema: Schema): Restorer | undefined {
  if (!restorers.has(schema)) {
    // Recursive types have no such members: what is under way adds nothing.
    restorers.set(schema, undefined)
    restorers.set(schema, compile(schema))
  }
  return restorers.get(schema)
}

function compile(schema: Schema): Restorer | undefined {
  if (schema.form === 'scalar' || schema.form === 'any') return undefined
  if (schema.form === 'struct') return compileStruct(schema)
  const element = restorerOf(schema.element)
  if (element === undefined) return undefined
  return (sent, decoded) => {
    if (!isObject(sent) || !isObject(decoded)) return
    for (const key in decoded) element(sent[key], decoded[key])
  }
}

function compileStruct({ fields }: StructSchema): Restorer | undefined {
  const steps: { readonly name: string; readonly isKept: boolean; readonly below: Restorer | undefined }[] = []
  for (const { name, omit, schema } of fields.values()) {
    const isKept = !omit && (schema.form === 'list' || schema.form === 'map')
    const below = restorerOf(schema)
    if (isKept || below !== undefined) steps.push({ name, isKept, below })
  }
  if (steps.length === 0) return undefined
  return (sent, decoded) => {
    if (!isObject(sent) || !isObject(decoded)) return
    for (const { name, isKept, below } of steps) {
      const value = sent[name]
      if (value === undefined || value === null) continue
      if (isKept && decoded[name] === null && isEmpty(value)) decoded[name] = Array.isArray(value) ? [] : {}
      else below?.(value, decoded[name])
    }
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: unknown): boolean {
  for (const _ in value as object) return false
  return typeof value === 'object'
}
