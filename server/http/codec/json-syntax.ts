// Go's view of JSON text: its words for syntax errors, and where a member occurs twice.
// The first look is JSON.parse's; this is the second one, taken when that fails or finds members missing.
// Source: Go encoding/json, scanner; sigs.k8s.io/json, UnmarshalStrict (v1.36)

/** A text that is not JSON, in Go's words: `invalid character 'b' looking for beginning of value`. */
export class JSONSyntaxError extends Error {
  override readonly name = 'JSONSyntaxError'
}

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const ZERO = 48
const NINE = 57
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const maxDepth = 10_000

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE

/** What Go finds wrong with a text; undefined if nothing. It reads bytes, so it names bytes. */
export function findSyntaxError(text: string): string | undefined {
  try {
    new Scanner(Buffer.from(text)).document()
    return undefined
  } catch (error) {
    if (error instanceof JSONSyntaxError) return error.message
    throw error
  }
}

class Scanner {
  readonly #bytes: Uint8Array
  #at = 0
  #depth = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  document(): void {
    this.#value()
    this.#space()
    if (this.#at < this.#bytes.length) this.#fail('after top-level value')
  }

  #fail(context: string): never {
    const byte = this.#bytes[this.#at]
    throw new JSONSyntaxError(
      byte === undefined ? 'unexpected end of JSON input' : `invalid character ${quoteByte(byte)} ${context}`,
    )
  }

  #space(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== SPACE && byte !== NEWLINE && byte !== TAB && byte !== RETURN) return byte
      this.#at++
    }
  }

  #value(): void {
    const byte = this.#space()
    switch (byte) {
      case OPEN_OBJECT:
        return this.#nested(() => this.#object())
      case OPEN_LIST:
        return this.#nested(() => this.#list())
      case QUOTE:
        return this.#string()
      case 116:
        return this.#literal('true')
      case 102:
        return this.#literal('false')
      case 110:
        return this.#literal('null')
      default:
        if (byte === MINUS || isDigit(byte)) return this.#number()
        this.#fail('looking for beginning of value')
    }
  }

  #nested(inside: () => void): void {
    if (++this.#depth > maxDepth) this.#fail('exceeded max depth')
    this.#at++
    inside()
    this.#at++
    this.#depth--
  }

  #object(): void {
    if (this.#space() === CLOSE_OBJECT) return
    for (;;) {
      if (this.#space() !== QUOTE) this.#fail('looking for beginning of object key string')
      this.#string()
      if (this.#space() !== COLON) this.#fail('after object key')
      this.#at++
      this.#value()
      const byte = this.#space()
      if (byte === CLOSE_OBJECT) return
      if (byte !== COMMA) this.#fail('after object key:value pair')
      this.#at++
    }
  }

  #list(): void {
    if (this.#space() === CLOSE_LIST) return
    for (;;) {
      this.#value()
      const byte = this.#space()
      if (byte === CLOSE_LIST) return
      if (byte !== COMMA) this.#fail('after array element')
      this.#at++
    }
  }

  #string(): void {
    this.#at++
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined || byte < SPACE) this.#fail('in string literal')
      this.#at++
      if (byte === QUOTE) return
      if (byte === BACKSLASH) this.#escape()
    }
  }

  #escape(): void {
    const letter = String.fromCharCode(this.#bytes[this.#at] ?? 0)
    if (!'bfnrt\\/"u'.includes(letter)) this.#fail('in string escape code')
    this.#at++
    if (letter !== 'u') return
    for (let digits = 0; digits < 4; digits++) {
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(this.#bytes[this.#at] ?? 0)))
        this.#fail('in \\u hexadecimal character escape')
      this.#at++
    }
  }

  #literal(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at] !== word.charCodeAt(index))
        this.#fail(`in literal ${word} (expecting '${word[index]}')`)
      this.#at++
    }
  }

  #number(): void {
    if (this.#bytes[this.#at] === MINUS) this.#at++
    if (!isDigit(this.#bytes[this.#at])) this.#fail('in numeric literal')
    if (this.#bytes[this.#at] === ZERO) this.#at++
    else this.#digits()
    if (this.#bytes[this.#at] === 46) {
      this.#at++
      if (!isDigit(this.#bytes[this.#at])) this.#fail('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#bytes[this.#at] === 101 || this.#bytes[this.#at] === 69) {
      this.#at++
      if (this.#bytes[this.#at] === 43 || this.#bytes[this.#at] === MINUS) this.#at++
      if (!isDigit(this.#bytes[this.#at])) this.#fail('in exponent of numeric literal')
      this.#digits()
    }
  }

  #digits(): void {
    while (isDigit(this.#bytes[this.#at])) this.#at++
  }
}

const namedEscapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
}

/** A byte as Go's quoteChar prints it; bytes of longer characters come out as the Latin-1 letter of their number. */
function quoteByte(byte: number): string {
  if (byte === 39) return "'\\''"
  if (byte === QUOTE) return `'"'`
  if (byte === BACKSLASH) return "'\\\\'"
  const named = namedEscapes[byte]
  if (named !== undefined) return `'${named}'`
  const hex = byte.toString(16).padStart(2, '0')
  if (byte < SPACE || byte === 127) return `'\\x${hex}'`
  // 0xa0 and 0xad are not printable in Go either.
  return (byte >= 128 && byte <= 160) || byte === 173 ? `'\\u00${hex}'` : `'${String.fromCharCode(byte)}'`
}

/**
 * Number of members in the objects of a valid text: strings followed by a colon. Cheap enough for every write, since
 * it jumps from quote to quote.
 */
export function countMembers(text: string): number {
  let count = 0
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', open + 1)) {
    let close = text.indexOf('"', open + 1)
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
    let next = close + 1
    while (text.charCodeAt(next) <= SPACE) next++
    if (text.charCodeAt(next) === COLON) count++
    open = close
  }
  return count
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

/** Number of members in the objects of a parsed value, where those that occurred twice are one. */
export function countParsedMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countParsedMembers(item)
    return count
  }
  // What JSON.parse makes inherits no enumerable members: for-in, the fastest way, sees its own ones only.
  for (const key in value) {
    count++
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object') count += countParsedMembers(member)
  }
  return count
}

const maxReported = 100

/**
 * Paths of members that occur more than once in a valid text, in its order: `metadata.name`, `spec.containers[0].image`.
 */
export function findDuplicates(text: string): string[] {
  const found = new Set<string>()
  let at = 0
  const skipSpace = (): number => {
    while (text.charCodeAt(at) <= SPACE) at++
    return text.charCodeAt(at)
  }
  const skipString = (): string => {
    const open = at
    let close = text.indexOf('"', open + 1)
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
    at = close + 1
    return text.slice(open, at)
  }
  const visit = (path: string): void => {
    const code = skipSpace()
    if (code === OPEN_OBJECT) {
      const seen = new Set<string>()
      at++
      for (let next = skipSpace(); next !== CLOSE_OBJECT; next = skipSpace()) {
        if (next === COMMA) {
          at++
          skipSpace()
        }
        const key = JSON.parse(skipString()) as string
        const member = path === '' ? key : `${path}.${key}`
        if (seen.has(key)) found.add(member)
        seen.add(key)
        skipSpace()
        at++
        visit(member)
      }
      at++
    } else if (code === OPEN_LIST) {
      at++
      for (let index = 0, next = skipSpace(); next !== CLOSE_LIST; next = skipSpace()) {
        if (next === COMMA) at++
        visit(`${path}[${index++}]`)
      }
      at++
    } else if (code === QUOTE) {
      skipString()
    } else {
      while (!/[\s,\]}]/.test(text[at] ?? ',')) at++
    }
  }
  visit('')
  return [...found].slice(0, maxReported)
}
