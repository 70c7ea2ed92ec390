// The JSON bytes of a version of an object. Mostly metadata changes from one to the next, or the status: what the versions
// share is not made into text again, nor are sets of owned fields, which many objects share.
import { escapeHTML } from '../apimachinery/escape-html.ts'
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

/** The bytes that Go's JSON has: they go out as they are. */
export function encodeObject(object: Frozen<AnyObject>, old?: EncodedVersion): EncodedObject {
  const names = Object.keys(object)
  const tailFrom = names.indexOf('metadata') + 1
  let head = ''
  for (let at = 0; at < tailFrom; at++) head += `${at === 0 ? '{' : ','}${memberJson(names[at]!, object[names[at]!])}`
  const start = bytesOf(head)
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
        ? bytesOf(`,${memberJson(names[tailFrom]!, object[names[tailFrom]!])}`)
        : ''
  let rest = ''
  for (let at = tailFrom + 1; at < names.length; at++) rest += `,${memberJson(names[at]!, object[names[at]!])}`
  return { bytes: flat(`${start}${first}${bytesOf(rest)}}`), tailAt, secondAt: tailAt + first.length }
}

function bytesOf(json: string): ByteString {
  return utf8Of(escapeHTML(json))
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
  return `${textJson(name)}:${name === 'metadata' ? metadataJson(value as Members) : json(value)}`
}

type Members = Readonly<Record<string, unknown>>

/** Metadata is made in one go but for the owners of fields, which come last unless members are sorted. */
function metadataJson(metadata: Members): string {
  const { managedFields, ...rest } = metadata
  if (!Array.isArray(managedFields)) return JSON.stringify(metadata)
  if (Object.keys(metadata).at(-1) !== 'managedFields') return membersJson(metadata, 'managedFields', ownersJson)
  const start = JSON.stringify(rest).slice(0, -1)
  return `${start}${start.length > 1 ? ',' : ''}"managedFields":${ownersJson(managedFields)}}`
}

function ownersJson(entries: unknown): string {
  let text = ''
  for (const entry of entries as readonly Frozen<ManagedFieldsEntry>[])
    text += `${text === '' ? '' : ','}${membersJson(entry as Members, 'fieldsV1', setJson)}`
  return `[${text}]`
}

function setJson(value: unknown): string {
  return typeof value === 'object' && value !== null ? textOfSet(value) : json(value)
}

/** @param special the member that is printed by `print` */
function membersJson(object: Members, special: string, print: (value: unknown) => string): string {
  let text = ''
  for (const name in object) {
    const value = object[name]
    text += `${text === '' ? '' : ','}${textJson(name)}:${name === special ? print(value) : json(value)}`
  }
  return `{${text}}`
}

function json(value: unknown): string {
  return typeof value === 'string' ? textJson(value) : JSON.stringify(value)
}

/** What JSON prints as it is. */
const plain = /^[ !#-[\]-~]*$/

/** Short texts are many: a call of JSON.stringify for each would be most of the time. */
function textJson(text: string): string {
  return text.length < maxPlain && plain.test(text) ? `"${text}"` : JSON.stringify(text)
}

const maxPlain = 100
