// Protobuf answers, as far as they are compared: magic, envelope, and the numbers of the fields of object and metadata.
// The contents are checked by cases that read the object back as JSON.

interface Field {
  readonly number: number
  readonly wireType: number
  /** Of length-delimited fields, else empty. */
  readonly bytes: Buffer
}

const magic = Buffer.from('k8s\0')
const lengthDelimited = 2

export function isEnvelope(bytes: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic)
}

/** @throws Error if it ends within a field */
function fields(bytes: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('the message ends within a field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const wireType = tag % 8
    let bytes: Buffer = Buffer.alloc(0)
    if (wireType === 0) varint()
    else if (wireType === 1) bytes = take(8)
    else if (wireType === lengthDelimited) bytes = take(varint())
    else if (wireType === 5) bytes = take(4)
    else throw new Error(`there is no wire type ${wireType}`)
    found.push({ number: Math.floor(tag / 8), wireType, bytes })
  }
  return found
}

/** `['1:2', '3:0']`: number and wire type. */
function outline(bytes: Buffer): string[] {
  return [...new Set(fields(bytes).map(({ number, wireType }) => `${number}:${wireType}`))].sort()
}

/** Source: apimachinery/pkg/runtime, Unknown (v1.36): type meta 1, raw 2, content encoding 3, content type 4. */
export function describeEnvelope(bytes: Buffer): Record<string, unknown> {
  if (!isEnvelope(bytes)) return { magic: false }
  const described: Record<string, unknown> = { magic: true }
  for (const { number, bytes: value } of fields(bytes.subarray(magic.length))) {
    if (number === 1) {
      const type = new Map(fields(value).map((one) => [one.number, one.bytes.toString()]))
      described['apiVersion'] = type.get(1) ?? ''
      described['kind'] = type.get(2) ?? ''
    } else if (number === 2) {
      described['fields'] = outline(value)
      const metadata = fields(value).find((one) => one.number === 1 && one.wireType === lengthDelimited)
      const names = metadata === undefined ? [] : metadataOutline(metadata.bytes)
      if (names !== undefined) described['metadataFields'] = names
    } else if (number === 3) described['contentEncoding'] = value.toString()
    else if (number === 4) described['contentType'] = value.toString()
  }
  return described
}

/** Undefined where field 1 of an object is no message. */
function metadataOutline(bytes: Buffer): string[] | undefined {
  try {
    return outline(bytes)
  } catch {
    return undefined
  }
}

/**
 * One frame of a watch, in an envelope or bare.
 * Source: apimachinery/pkg/apis/meta/v1, WatchEvent (v1.36): type 1, object 2, whose raw is 1.
 */
export function describeEvent(frame: Buffer): Record<string, unknown> {
  const described: Record<string, unknown> = {}
  let event = frame
  if (isEnvelope(frame)) {
    described['framed'] = 'envelope'
    event = fields(frame.subarray(magic.length)).find(({ number }) => number === 2)?.bytes ?? frame
  }
  for (const { number, bytes } of fields(event)) {
    if (number === 1) described['type'] = bytes.toString()
    const raw = number === 2 ? fields(bytes).find((one) => one.number === 1) : undefined
    if (raw !== undefined) described['object'] = describeEnvelope(raw.bytes)
  }
  return described
}
