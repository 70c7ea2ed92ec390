// Bytes in JSON: base64 as Go reads and prints it.
// Source: Go 1.26 encoding/base64, StdEncoding

export class Base64Error extends Error {
  override readonly name = 'Base64Error'
}

/**
 * The text that Go prints for the bytes that it reads: without line breaks, unused bits zero.
 * @throws Base64Error with Go's text
 */
export function canonicalBase64(text: string): string {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*$/.test(text)) return text
  checkBase64(text)
  return Buffer.from(text, 'base64').toString('base64')
}

/** Finds the byte at which Go's decoder gives up; line breaks do not count as characters, but do in offsets. */
function checkBase64(text: string): void {
  const bytes = Buffer.from(text, 'utf8')
  const corrupt = (offset: number): never => {
    throw new Base64Error(`illegal base64 data at input byte ${offset}`)
  }
  const isLineBreak = (at: number): boolean => bytes[at] === 0x0a || bytes[at] === 0x0d
  let at = 0
  const skipLineBreaks = (): void => {
    while (at < bytes.length && isLineBreak(at)) at++
  }
  while (at < bytes.length) {
    let digits = 0
    while (digits < 4) {
      if (at === bytes.length) {
        if (digits === 0) return
        corrupt(at - digits)
      }
      const byte = bytes[at++]!
      if (isBase64Digit(byte)) {
        digits++
        continue
      }
      if (byte === 0x0a || byte === 0x0d) continue
      if (byte !== 0x3d || digits < 2) corrupt(at - 1)
      if (digits === 2) {
        skipLineBreaks()
        if (at === bytes.length) corrupt(bytes.length)
        if (bytes[at] !== 0x3d) corrupt(at - 1)
        at++
      }
      skipLineBreaks()
      if (at < bytes.length) corrupt(at)
      return
    }
  }
}

function isBase64Digit(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2f
  )
}
