// The metadata of an object, cut out of its stored bytes: Tables and metadata-only forms hold little else.
import { utf8Of, type ByteString } from '../storage/byte-string.ts'
import type { Entry } from '../storage/store.ts'

const slot = Symbol('where the metadata ends')
const opening = '"metadata":'
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d

/** The bytes of `{…}` after the member `metadata`, which follows kind and apiVersion. */
export function metadataBytes(entry: Entry): ByteString {
  const { bytes } = entry
  // Custom resources begin with apiVersion, and may have any members before their metadata.
  if (!bytes.startsWith('{"kind"')) return utf8Of(JSON.stringify(entry.peek().metadata))
  const start = bytes.indexOf(opening) + opening.length
  return bytes.slice(
    start,
    entry.memo(slot, () => endOfObject(bytes, start)),
  )
}

/** Behind the brace that closes the one at `start`. */
function endOfObject(json: ByteString, start: number): number {
  let depth = 0
  for (let at = start; ; at++) {
    const byte = json.charCodeAt(at)
    if (byte === quote) at = endOfString(json, at)
    else if (byte === openBrace) depth++
    else if (byte === closeBrace && --depth === 0) return at + 1
  }
}

/** Where the string that begins at a quote ends. */
function endOfString(json: ByteString, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

/** Whether there is an odd number of backslashes before. */
function isEscaped(json: ByteString, at: number): boolean {
  let before = at
  while (json.charCodeAt(before - 1) === backslash) before--
  return (at - before) % 2 === 1
}
