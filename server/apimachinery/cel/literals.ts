// Literals of expressions into values.
// Source: cel-go 0.26, parser/unescape.go, parser.go (VisitInt, VisitUint, VisitDouble)
import { Uint } from './ast.ts'

const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/** Undefined if it does not fit. */
export function parseInt64(text: string, isNegative: boolean): bigint | undefined {
  const value = isNegative ? -BigInt(text) : BigInt(text)
  return value > maxInt || value < -maxInt - 1n ? undefined : value
}

export function parseUint64(text: string): Uint | undefined {
  const value = BigInt(text.slice(0, -1))
  return value > maxUint ? undefined : new Uint(value)
}

export function parseDouble(text: string): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** The text between the quotes, with its escapes resolved unless it is raw. */
export function parseString(token: string): string {
  const { isRaw, body } = unquote(token)
  return isRaw ? body : resolve(body, (code) => String.fromCodePoint(code))
}

export function parseBytes(token: string): Uint8Array {
  const { isRaw, body } = unquote(token.slice(1))
  if (isRaw) return new TextEncoder().encode(body)
  const text = resolve(body, (code, isByte) =>
    isByte ? `\uE000${String.fromCharCode(code)}` : String.fromCodePoint(code),
  )
  return new Uint8Array(
    text.split(/(\uE000[^])/u).flatMap((part) => {
      return part.startsWith('\uE000') && part.length === 2 ? [part.charCodeAt(1)] : [...new TextEncoder().encode(part)]
    }),
  )
}

function unquote(token: string): { isRaw: boolean; body: string } {
  const isRaw = /^[rR]/.test(token)
  const quoted = isRaw ? token.slice(1) : token
  const width = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1
  return { isRaw, body: quoted.slice(width, -width) }
}

function resolve(body: string, fromCode: (code: number, isByte: boolean) => string): string {
  const escapes = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/gu
  return body.replace(escapes, (_all, byte?: string, short?: string, long?: string, octal?: string, one?: string) => {
    if (byte !== undefined) return fromCode(Number.parseInt(byte, 16), true)
    if (octal !== undefined) return fromCode(Number.parseInt(octal, 8), true)
    const code = short ?? long
    if (code !== undefined) return fromCode(Number.parseInt(code, 16), false)
    return simple[one!] ?? one!
  })
}
