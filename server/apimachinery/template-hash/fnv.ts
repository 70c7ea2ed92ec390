// FNV hashes of 32 bits over the UTF-8 bytes of a text. Source: Go's hash/fnv

const offset = 0x811c9dc5
const prime = 0x01000193

/** FNV-1a, as pod templates are hashed with; `more` are bytes after the text. */
export function fnv32a(text: string, more: readonly number[] = []): number {
  let hash = offset
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, prime)
  for (const byte of more) hash = Math.imul(hash ^ byte, prime)
  return hash >>> 0
}

/** FNV-1, as ControllerRevisions are hashed with. */
export function fnv32(text: string): number {
  let hash = offset
  for (const byte of Buffer.from(text)) hash = Math.imul(hash, prime) ^ byte
  return hash >>> 0
}
