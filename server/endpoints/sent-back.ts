// Members of an update that are the very ones of the stored object: what loops of this process send back as they got it.
// They are sound, and nobody has to read them again.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Resource } from '../registry/resources.ts'
import type { Scope } from './api.ts'
import type { Body } from './decode.ts'

export interface SentBack {
  /** What is left to read, with what is known of it. */
  readonly body: Body
  /** Members that are to be put into the object once it is read, shared with what is stored: an update of the status cannot change them. */
  readonly shared: Readonly<Record<string, unknown>>
}

/** What an update of the status decides on, or takes along. */
const readForStatus = new Set(['apiVersion', 'kind', 'metadata', 'status'])

/** @param stored asked only where some of the body was made by the server */
export function splitSentBack(
  { resource, subresource }: Pick<Scope, 'resource' | 'subresource'>,
  body: Body,
  stored: () => Frozen<AnyObject> | undefined,
): SentBack {
  const { value } = body
  if (!isStoredForm(resource) || !hasFrozenMember(value)) return { body, shared: {} }
  const known = stored()
  if (known === undefined) return { body, shared: {} }
  if (subresource !== 'status') return { body: { ...body, known }, shared: {} }
  const left: Record<string, unknown> = {}
  const shared: Record<string, unknown> = {}
  for (const name in value) {
    const member = value[name]
    if (member !== known[name]) left[name] = member
    else if (name === 'metadata') left[name] = withoutOwners(known)
    else if (readForStatus.has(name) || typeof member !== 'object') left[name] = member
    else shared[name] = member
  }
  return { body: { ...body, value: left, known }, shared }
}

function isStoredForm({ schema, fromStored, toStored }: Resource): boolean {
  return schema.decode === undefined && fromStored === undefined && toStored === undefined
}

function hasFrozenMember(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  for (const name in value) {
    const member = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof member === 'object' && member !== null && Object.isFrozen(member)) return true
  }
  return false
}

/** Those of the stored object count, whatever a subresource sends. */
function withoutOwners({ metadata }: Frozen<AnyObject>): object {
  const { managedFields: _, ...rest } = metadata ?? {}
  return rest
}
