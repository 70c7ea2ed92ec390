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
export function findSyntaxError(bytes: Uint8Array): string | undefined {
  try {
    new Scanner(bytes).document()
    return undefined
  } catch (error) {
    if (error instanceof JSONSyntaxError) return error.message
    throw error
  }
}

class Scanner {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  document(): void {
    const open: number[] = []
    for (;;) {
      if (this.#begin(open)) continue
      // A value has ended: so may have what it is in, level by level.
      for (;;) {
        const level = open.at(-1)
        const byte = this.#space()
        if (level === undefined) return byte === undefined ? undefined : this.#fail('after top-level value')
        if (byte === COMMA) {
          this.#at++
          if (level === OPEN_OBJECT) this.#key()
          break
        }
        const isObject = level === OPEN_OBJECT
        if (byte !== (isObject ? CLOSE_OBJECT : CLOSE_LIST))
          this.#fail(isObject ? 'after object key:value pair' : 'after array element')
        this.#at++
        open.pop()
      }
    }
  }

  /** Reads a scalar or an empty object or list; true where an object or list begins whose first value is next. */
  #begin(open: number[]): boolean {
    const byte = this.#space()
    if (byte !== OPEN_OBJECT && byte !== OPEN_LIST) {
      this.#scalar(byte)
      return false
    }
    if (open.length >= maxDepth) this.#fail('exceeded max depth')
    this.#at++
    const isObject = byte === OPEN_OBJECT
    if (this.#space() === (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
      this.#at++
      return false
    }
    open.push(byte)
    if (isObject) this.#key()
    return true
  }

  #key(): void {
    if (this.#space() !== QUOTE) this.#fail('looking for beginning of object key string')
    this.#string()
    if (this.#space() !== COLON) this.#fail('after object key')
    this.#at++
  }

  /** @param isInToken the text has ended where Go would still read on: it takes the end for a blank */
  #fail(context: string, isInToken = false): never {
    const byte = this.#bytes[this.#at] ?? (isInToken ? SPACE : undefined)
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

  #scalar(byte: number | undefined): void {
    switch (byte) {
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
    if (!'bfnrt\\/"u'.includes(letter)) this.#fail('in string escape code', true)
    this.#at++
    if (letter !== 'u') return
    for (let digits = 0; digits < 4; digits++) {
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(this.#bytes[this.#at] ?? 0)))
        this.#fail('in \\u hexadecimal character escape', true)
      this.#at++
    }
  }

  #literal(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at] !== word.charCodeAt(index))
        this.#fail(`in literal ${word} (expecting '${word[index]}')`, true)
      this.#at++
    }
  }

  #number(): void {
    if (this.#bytes[this.#at] === MINUS) this.#at++
    if (!isDigit(this.#bytes[this.#at])) this.#fail('in numeric literal', true)
    if (this.#bytes[this.#at] === ZERO) this.#at++
    else this.#digits()
    if (this.#bytes[this.#at] === 46) {
      this.#at++
      if (!isDigit(this.#bytes[this.#at])) this.#fail('after decimal point in numeric literal', true)
      this.#digits()
    }
    if (this.#bytes[this.#at] === 101 || this.#bytes[this.#at] === 69) {
      this.#at++
      if (this.#bytes[this.#at] === 43 || this.#bytes[this.#at] === MINUS) this.#at++
      if (!isDigit(this.#bytes[this.#at])) this.#fail('in exponent of numeric literal', true)
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
 * Whether JSON.parse has told all there is in a valid text: no member was there twice, and no number's text says more than
 * its value. Cheap enough for every write, since it jumps from quote to quote.
 */
export function isPlain(text: string, value: unknown): boolean {
  let members = 0
  let close = -1
  for (;;) {
    const open = text.indexOf('"', close + 1)
    // Between strings there are marks, and now and then a number: `:1.0,` is the shortest odd one.
    const gapEnd = open === -1 ? text.length : open
    if (gapEnd - close > 4 && oddNumber.test(text.slice(close + 1, gapEnd))) return false
    if (open === -1) return members === countParsedMembers(value)
    close = text.indexOf('"', open + 1)
    while (text.charCodeAt(close - 1) === BACKSLASH && isEscaped(text, close)) close = text.indexOf('"', close + 1)
    let next = close + 1
    while (text.charCodeAt(next) <= SPACE) next++
    if (text.charCodeAt(next) === COLON) members++
  }
}

/** Numbers whose text says more than their value: 17 digits, or an integer with a point or an exponent. */
const oddNumber = /\d{16}|\d[.eE]/

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

/** Number of members in the objects of a parsed value, where those that occurred twice are one. */
function countParsedMembers(value: unknown): number {
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

export interface CloseLook {
  /** Members that occur twice are one, as Go decodes them: objects have the members of both, else the last counts. */
  readonly value: unknown
  /** Paths of members that occur more than once, in the order of the text: `metadata.name`, `spec.containers[0].image`. */
  readonly duplicates: string[]
  /** By path, as they stand in the text, numbers that are not the canonical print of their value. */
  readonly oddNumbers: ReadonlyMap<string, string>
}

/** What JSON.parse does not tell of a valid text. */
export function lookClosely(text: string): CloseLook {
  const reader = new CloseReader(text)
  const value = reader.read('')
  return { value, duplicates: [...reader.duplicates].slice(0, maxReported), oddNumbers: reader.oddNumbers }
}

type Members = Record<string, unknown>

class CloseReader {
  readonly duplicates = new Set<string>()
  readonly oddNumbers = new Map<string, string>()
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(path: string, before?: unknown): unknown {
    const code = this.#next()
    if (code === OPEN_OBJECT) return this.#object(path, isMembers(before) ? before : {})
    if (code === OPEN_LIST) return this.#list(path)
    return code === QUOTE ? this.#string() : this.#word(path)
  }

  /** The next character that is no blank. */
  #next(): number {
    while (this.#text.charCodeAt(this.#at) <= SPACE) this.#at++
    return this.#text.charCodeAt(this.#at)
  }

  #object(path: string, members: Members): Members {
    const seen = new Set<string>()
    this.#at++
    for (let next = this.#next(); next !== CLOSE_OBJECT; next = this.#next()) {
      if (next === COMMA) {
        this.#at++
        this.#next()
      }
      const key = this.#string()
      const member = path === '' ? key : `${path}.${key}`
      const isAgain = seen.has(key)
      if (isAgain) this.duplicates.add(member)
      seen.add(key)
      this.#next()
      this.#at++
      const value = this.read(member, isAgain ? members[key] : undefined)
      Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
    }
    this.#at++
    return members
  }

  #list(path: string): unknown[] {
    const items: unknown[] = []
    this.#at++
    for (let next = this.#next(); next !== CLOSE_LIST; next = this.#next()) {
      if (next === COMMA) this.#at++
      items.push(this.read(`${path}[${items.length}]`))
    }
    this.#at++
    return items
  }

  #string(): string {
    const open = this.#at
    let close = this.#text.indexOf('"', open + 1)
    while (isEscaped(this.#text, close)) close = this.#text.indexOf('"', close + 1)
    this.#at = close + 1
    return JSON.parse(this.#text.slice(open, this.#at)) as string
  }

  #word(path: string): unknown {
    const start = this.#at
    while (!/[\s,\]}]/.test(this.#text[this.#at] ?? ',')) this.#at++
    const word = this.#text.slice(start, this.#at)
    const value = JSON.parse(word) as unknown
    if (typeof value === 'number' && word !== String(value)) this.oddNumbers.set(path, word)
    return value
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
