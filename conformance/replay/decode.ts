// Bodies as values: JSON as it is, anything else under a key that says what it is.
import { gunzipSync } from 'node:zlib'
import type { Response, ResponseHeaders } from './connection.ts'
import { describeEnvelope, isEnvelope } from './protobuf.ts'

/** RFC 8949, section 3.4.6: the tag of self-described CBOR. */
const cborTag = Buffer.from([0xd9, 0xd9, 0xf7])

export function unzipped({ headers, body }: Response): Buffer {
  return headers['content-encoding']?.[0] === 'gzip' ? gunzipSync(body) : body
}

/** @param body without content encoding */
export function decodeBody(headers: ResponseHeaders, body: Buffer): unknown {
  if (body.length === 0) return null
  if (isEnvelope(body)) return { $protobuf: describeEnvelope(body) }
  const type = (headers['content-type']?.[0] ?? '').split(';')[0]!.trim()
  if (type === 'application/json' || type.endsWith('+json')) {
    const text = body.toString()
    try {
      return JSON.parse(text) as unknown
    } catch {
      return { $text: text }
    }
  }
  if (body.subarray(0, cborTag.length).equals(cborTag)) return { $cbor: 'self-described' }
  try {
    return { $text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    return { $bytes: body.length }
  }
}

export function layoutOf(body: Buffer): { trailingNewline: boolean; multiline: boolean } {
  const text = body.toString()
  return { trailingNewline: text.endsWith('\n'), multiline: text.replace(/\n+$/, '').includes('\n') }
}
