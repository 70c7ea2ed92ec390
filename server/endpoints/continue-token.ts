// The continue token of a paged list: where the page ended, and of which revision the list is a picture.
// Source: apiserver/pkg/storage, continue.go (v1.36)
import { posix } from 'node:path'
import { newBadRequest } from '../apimachinery/errors.ts'

const tokenVersion = 'meta.k8s.io/v1'

export interface ContinuePoint {
  /** The page after this key, relative to the list's prefix. */
  readonly after: string
  /** Undefined: the client accepted an inconsistent continuation. */
  readonly revision: number | undefined
}

export function encodeContinue({ after, revision }: ContinuePoint): string {
  const token = { v: tokenVersion, rv: revision ?? -1, start: `/${after}\0` }
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** @throws StatusError 400 with the real server's reasons */
export function decodeContinue(token: string): ContinuePoint {
  const illegal = illegalByte(token)
  if (illegal !== undefined) throw refuse(`continue key is not valid: illegal base64 data at input byte ${illegal}`)
  const bytes = Buffer.from(token, 'base64url')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw refuse(`continue key is not valid: ${invalidStart(bytes)}`)
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    throw refuse(
      `continue key is not valid: json: cannot unmarshal ${kind} into Go value of type storage.continueToken`,
    )
  }
  const parsed: { v?: unknown; rv?: unknown; start?: unknown } = value ?? {}
  if (parsed.v !== tokenVersion) {
    throw refuse(`continue key is not valid: server does not recognize this encoded version ${String(parsed.v ?? '')}`)
  }
  if (typeof parsed.rv !== 'number' || parsed.rv === 0) {
    throw refuse(`continue key is not valid: incorrect encoded start resourceVersion (version ${tokenVersion})`)
  }
  const start = typeof parsed.start === 'string' ? parsed.start : ''
  if (start === '') throw refuse('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)')
  // Nobody climbs out of the resource's own keys.
  const key = start.startsWith('/') ? start : `/${start}`
  if (posix.normalize(key) !== key) throw refuse(`continue key is not valid: ${start}`)
  return { after: key.slice(1).replace(/\0$/, ''), revision: parsed.rv < 0 ? undefined : parsed.rv }
}

/** Where Go finds the text to be no unpadded base64 of the URL alphabet; undefined if nowhere. */
function illegalByte(token: string): number | undefined {
  const at = token.search(/[^A-Za-z0-9_-]/)
  if (at >= 0) return at
  return token.length % 4 === 1 ? token.length - 1 : undefined
}

function refuse(why: string): Error {
  return newBadRequest(`invalid continue token: ${why}`)
}

/** How Go's JSON decoder speaks of a text that does not begin a value. */
function invalidStart(bytes: Buffer): string {
  const first = bytes[0]
  if (first === undefined) return 'unexpected end of JSON input'
  const shown = first < 0x20 || first >= 0x7f ? `\\u${first.toString(16).padStart(4, '0')}` : String.fromCharCode(first)
  return `invalid character '${shown}' looking for beginning of value`
}
