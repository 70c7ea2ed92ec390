// The metadata of an object, cut out of its stored bytes: Tables and metadata-only forms hold little else.
import type { Entry } from '../storage/store.ts'

const opening = Buffer.from('"metadata":')
const kindInitial = 0x6b
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d

/** The bytes of `{…}` after the member `metadata`, which follows kind and apiVersion. */
export function metadataBytes({ json, object }: Entry): Buffer {
  // Custom resources begin with apiVersion, and may have any members before their metadata.
  if (json[2] !== kindInitial) return Buffer.from(JSON.stringify(object.metadata))
  const start = json.indexOf(opening) + opening.length
  let depth = 0
  for (let at = start; ; at++) {
    const byte = json[at]!
    if (byte === quote) at = endOfString(json, at)
    else if (byte === openBrace) depth++
    else if (byte === closeBrace && --depth === 0) return json.subarray(start, at + 1)
  }
}

/** Where the string that begins at a quote ends. */
function endOfString(json: Buffer, start: number): number {
  for (let at = start + 1; ; at++) {
    const byte = json[at]!
    if (byte === backslash) at++
    else if (byte === quote) return at
  }
}
