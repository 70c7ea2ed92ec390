// Bytes that stay, as strings with a character for each byte. A pod of 5.4 kB takes 5.5 kB so, and 6.5 kB in a Buffer, whose
// memory is outside the heap, in pieces that nobody moves together; and JSON.parse takes it as it is.

/** Characters 0 to 255, each a byte. Of UTF-8 that is ASCII alone it is the text itself. */
export type ByteString = string

export function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** The UTF-8 of a text. */
export function utf8Of(text: string): ByteString {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

/** The text whose UTF-8 the bytes are. */
export function textOf(bytes: ByteString): string {
  // In UTF-8, what is not ASCII is longer than one byte.
  return Buffer.byteLength(bytes) === bytes.length ? bytes : Buffer.from(bytes, 'latin1').toString()
}

/** Bytes of their own: in Node's shared pool, one object that stays would hold the memory of many that went. */
export function toBuffer(bytes: ByteString): Buffer {
  const buffer = Buffer.allocUnsafeSlow(bytes.length)
  buffer.write(bytes, 'latin1')
  return buffer
}
