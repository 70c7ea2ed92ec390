// The JSON bytes of a version of an object. Mostly metadata changes from one to the next, or the status: what the versions
// share is not made into text again, nor are sets of owned fields, which many objects share.
import { textOfSet } from '../apimachinery/managed-fields/interned-sets.ts'
import type { AnyObject, Frozen, ManagedFieldsEntry } from '../apimachinery/types.ts'
import { utf8Of, type ByteString } from './byte-string.ts'

export interface EncodedObject {
  readonly bytes: ByteString
  /** Where the members after metadata begin, with the comma before the first. */
  readonly tailAt: number
  /** Where the second of them begins. */
  readonly secondAt: number
}

/** A version that may share members with the one to be encoded. */
export interface EncodedVersion extends EncodedObject {
  readonly object: Frozen<AnyObject>
}

/** The bytes of JSON.stringify. */
export function encodeObject(object: Frozen<AnyObject>, old?: EncodedVersion): EncodedObject {
  const names = Object.keys(object)
  const tailFrom = names.indexOf('metadata') + 1
  const head = names.slice(0, tailFrom).map((name) => memberJson(name, object[name]))
  const start = utf8Of(`{${head.join(',')}`)
  const tailAt = start.length
  const oldNames = old === undefined ? [] : Object.keys(old.object)
  const oldFrom = oldNames.indexOf('metadata') + 1
  let shared = 0
  while (
    tailFrom + shared < names.length &&
    isShared(names[tailFrom + shared]!, oldNames[oldFrom + shared], object, old)
  )
    shared++
  // The object that is stored has metadata, so that there always is something before the comma.
  const isWholeTail = old !== undefined && tailFrom + shared === names.length && oldFrom + shared === oldNames.length
  if (isWholeTail)
    return { bytes: flat(start + old.bytes.slice(old.tailAt)), tailAt, secondAt: tailAt + old.secondAt - old.tailAt }
  const first =
    old !== undefined && shared > 0
      ? old.bytes.slice(old.tailAt, old.secondAt)
      : names.length > tailFrom
        ? utf8Of(`,${memberJson(names[tailFrom]!, object[names[tailFrom]!])}`)
        : ''
  const rest = names.slice(tailFrom + 1).map((name) => `,${memberJson(name, object[name])}`)
  return { bytes: flat(`${start}${first}${utf8Of(rest.join(''))}}`), tailAt, secondAt: tailAt + first.length }
}

function isShared(
  name: string,
  oldName: string | undefined,
  object: Frozen<AnyObject>,
  old: EncodedVersion | undefined,
): boolean {
  return name === oldName && object[name] === old!.object[name]
}

/** One piece: a string made of others, or a part of another, would keep those in memory. */
function flat(bytes: ByteString): ByteString {
  bytes.charCodeAt(0)
  return bytes
}

function memberJson(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${name === 'metadata' ? metadataJson(value as object) : JSON.stringify(value)}`
}

function metadataJson(metadata: object): string {
  const members: string[] = []
  for (const [name, value] of Object.entries(metadata)) {
    const isOwners = name === 'managedFields' && Array.isArray(value)
    const json = isOwners ? `[${value.map(ownerJson).join(',')}]` : JSON.stringify(value)
    members.push(`${JSON.stringify(name)}:${json}`)
  }
  return `{${members.join(',')}}`
}

function ownerJson(entry: Frozen<ManagedFieldsEntry>): string {
  const members: string[] = []
  for (const [name, value] of Object.entries(entry)) {
    const json = name === 'fieldsV1' && typeof value === 'object' ? textOfSet(value) : JSON.stringify(value)
    members.push(`${JSON.stringify(name)}:${json}`)
  }
  return `{${members.join(',')}}`
}
