// Prints JSON values as YAML exactly as a real server does: keys in natural order, strings plain where they can be,
// quoted or literal where they must be, long lines folded after column 80.
// Source: go.yaml.in/yaml v2.4.3, encode.go, emitterc.go, sorter.go
import { isBase60, printFloat, resolvePlain } from './yaml-scalars.ts'

const bestIndent = 2
const bestWidth = 80
const maxSimpleKeyBytes = 128

export function printYAML(value: unknown): string {
  const emitter = new Emitter()
  emitter.node(value, false)
  emitter.endDocument()
  return emitter.text
}

type Style = 'plain' | 'single' | 'double' | 'literal'

class Emitter {
  text = ''
  #column = 0
  #indent = -1
  /** Whether the last thing written was white space, and whether only indentation and indicators are on the line. */
  #whitespace = true
  #indention = true

  /** @param inMapping whether the node is a key or value of a mapping */
  node(value: unknown, inMapping: boolean): void {
    if (Array.isArray(value)) this.#sequence(value, inMapping)
    else if (typeof value === 'object' && value !== null) this.#mapping(value as Record<string, unknown>)
    else this.#scalar(value, false)
  }

  endDocument(): void {
    this.#writeIndent()
  }

  #mapping(value: Record<string, unknown>): void {
    const keys = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort(compareKeys)
    if (keys.length === 0) return this.#indicator('{}', true)
    const outer = this.#indent
    this.#indent = outer < 0 ? 0 : outer + bestIndent
    for (const key of keys) {
      this.#writeIndent()
      if (isSimpleKey(key)) {
        this.#scalar(key, true)
        this.#indicator(':', false)
      } else {
        this.#indicator('?', true, true)
        this.#scalar(key, false)
        this.#writeIndent()
        this.#indicator(':', true, true)
      }
      this.node(value[key], true)
    }
    this.#indent = outer
  }

  #sequence(items: readonly unknown[], inMapping: boolean): void {
    if (items.length === 0) return this.#indicator('[]', true)
    const outer = this.#indent
    // The items of a sequence that is a mapping's value stand where its key stands.
    if (outer < 0) this.#indent = 0
    else if (!inMapping || this.#indention) this.#indent += bestIndent
    for (const item of items) {
      this.#writeIndent()
      this.#indicator('-', true, true)
      this.node(item, false)
    }
    this.#indent = outer
  }

  #scalar(value: unknown, isKey: boolean): void {
    const outer = this.#indent
    this.#indent = outer < 0 ? bestIndent : outer + bestIndent
    if (typeof value === 'string') this.#string(value, isKey)
    else this.#plain(typeof value === 'number' ? printNumber(value) : String(value), !isKey)
    this.#indent = outer
  }

  #string(text: string, isKey: boolean): void {
    switch (styleOf(text, isKey)) {
      case 'plain':
        return this.#plain(text, !isKey)
      case 'single':
        return this.#single(text, !isKey)
      case 'double':
        return this.#double(text, !isKey)
      case 'literal':
        return this.#literal(text)
    }
  }

  #put(text: string): void {
    this.text += text
    this.#column++
  }

  #break(text = '\n'): void {
    this.text += text
    this.#column = 0
  }

  #writeIndent(): void {
    const indent = Math.max(this.#indent, 0)
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#break()
    while (this.#column < indent) this.#put(' ')
    this.#whitespace = true
    this.#indention = true
  }

  #indicator(indicator: string, needsSpace: boolean, isIndention = false): void {
    if (needsSpace && !this.#whitespace) this.#put(' ')
    this.text += indicator
    this.#column += indicator.length
    this.#whitespace = false
    this.#indention &&= isIndention
  }

  #plain(text: string, mayFold: boolean): void {
    if (!this.#whitespace && text !== '') this.#put(' ')
    this.#folded(text, mayFold, 0, text.length)
    this.#whitespace = false
    this.#indention = false
  }

  #single(text: string, mayFold: boolean): void {
    this.#indicator("'", true)
    this.#folded(text, mayFold, 1, text.length - 1, "'")
    this.#indicator("'", false)
  }

  /** Writes text, breaking lines at single spaces from `first` up to `last`; `doubled` is a character to write twice. */
  #folded(text: string, mayFold: boolean, first: number, last: number, doubled?: string): void {
    let spaces = false
    let breaks = false
    let at = 0
    for (const character of text) {
      if (character === ' ') {
        if (mayFold && !spaces && this.#column > bestWidth && at >= first && at < last && text[at + 1] !== ' ')
          this.#writeIndent()
        else this.#put(character)
        spaces = true
      } else if (isBreak(character)) {
        if (!breaks && character === '\n') this.#break()
        this.#break(character)
        this.#indention = true
        breaks = true
      } else {
        if (breaks) this.#writeIndent()
        if (character === doubled) this.#put(character)
        this.#put(character)
        this.#indention = false
        spaces = false
        breaks = false
      }
      at += character.length
    }
  }

  #double(text: string, mayFold: boolean): void {
    this.#indicator('"', true)
    let spaces = false
    let at = 0
    for (const character of text) {
      const last = at + character.length === text.length
      if (
        !isPrintable(character) ||
        isBreak(character) ||
        text.startsWith('\ufeff') ||
        character === '"' ||
        character === '\\'
      ) {
        for (const part of escape(character)) this.#put(part)
        spaces = false
      } else if (character === ' ') {
        if (mayFold && !spaces && this.#column > bestWidth && at > 0 && !last) {
          this.#writeIndent()
          if (text[at + 1] === ' ') this.#put('\\')
        } else this.#put(character)
        spaces = true
      } else {
        this.#put(character)
        spaces = false
      }
      at += character.length
    }
    this.#indicator('"', false)
  }

  #literal(text: string): void {
    this.#indicator('|', true)
    if (text[0] === ' ' || isBreak(text[0]!)) this.#indicator(String(bestIndent), false)
    if (!isBreak(text.at(-1)!)) this.#indicator('-', false)
    else if (text.length === 1 || isBreak(text.at(-2)!)) this.#indicator('+', false)
    this.#break()
    this.#indention = true
    this.#whitespace = true
    let breaks = true
    for (const character of text) {
      if (isBreak(character)) {
        this.#break(character)
        this.#indention = true
        breaks = true
      } else {
        if (breaks) this.#writeIndent()
        this.#put(character)
        this.#indention = false
        breaks = false
      }
    }
  }
}

/** Whole numbers up to 64 bits are integers, what is larger or has a fraction is not. */
function printNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? String(value) : printFloat(value)
}

const isBreak = (character: string): boolean => /^[\r\n\x85\u2028\u2029]$/.test(character)

/** What YAML 1.1 calls printable, but for characters beyond 16 bits, which go-yaml escapes. */
function isPrintable(character: string): boolean {
  return character.length === 1 && /^[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/.test(character)
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escape(character: string): string {
  const short = shortEscapes[character]
  if (short !== undefined) return `\\${short}`
  const code = character.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  return code <= 0xff
    ? `\\x${hex.padStart(2, '0')}`
    : code <= 0xffff
      ? `\\u${hex.padStart(4, '0')}`
      : `\\U${hex.padStart(8, '0')}`
}

/** A key that fits before its colon on one line. */
function isSimpleKey(key: string): boolean {
  return Buffer.byteLength(key) <= maxSimpleKeyBytes && !/[\r\n\x85\u2028\u2029]/.test(key)
}

function styleOf(text: string, isKey: boolean): Style {
  const { plainAllowed, singleAllowed, blockAllowed } = analyze(text)
  if (text.includes('\n')) return blockAllowed && !isKey ? 'literal' : 'double'
  const { tag } = resolvePlain(text)
  if (tag !== 'string' || isBase60(text)) return 'double'
  if (plainAllowed) return 'plain'
  return singleAllowed ? 'single' : 'double'
}

interface Analysis {
  readonly plainAllowed: boolean
  readonly singleAllowed: boolean
  readonly blockAllowed: boolean
}

/** A character, or nothing, that ends what went before: in the emitter's eyes the end of the text is white space. */
const isBlank = (character: string | undefined): boolean =>
  character === undefined || character === ' ' || character === '\t'

function analyze(text: string): Analysis {
  if (text === '') return { plainAllowed: true, singleAllowed: true, blockAllowed: false }
  let indicators = text.startsWith('---') || text.startsWith('...')
  let isSpecial = false
  let spaceBreak = false
  let breakSpace = false
  let hasBreaks = false
  let previous: string | undefined
  const characters = [...text]
  for (const [index, character] of characters.entries()) {
    const next = characters[index + 1]
    if (index === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character)) indicators = true
      if ('?:-'.includes(character) && isBlank(next)) indicators = true
    } else {
      if (character === ':' && isBlank(next)) indicators = true
      if (character === '#' && (isBlank(previous) || isBreak(previous!))) indicators = true
    }
    if (!isPrintable(character)) isSpecial = true
    if (character === ' ' && previous !== undefined && isBreak(previous)) breakSpace = true
    if (isBreak(character)) {
      hasBreaks = true
      if (previous === ' ') spaceBreak = true
    }
    previous = character
  }
  const [first, last] = [characters[0]!, characters.at(-1)!]
  const isPadded = first === ' ' || last === ' ' || isBreak(first) || isBreak(last)
  const isOdd = spaceBreak || isSpecial
  return {
    plainAllowed: !indicators && !isPadded && !hasBreaks && !isOdd,
    singleAllowed: !breakSpace && !isOdd,
    blockAllowed: last !== ' ' && !isOdd,
  }
}

const isLetter = (character: string): boolean => /^\p{L}$/u.test(character)
const isDigit = (character: string | undefined): boolean => character !== undefined && /^\p{Nd}$/u.test(character)

/** Numbers within keys count by their value: `a9` before `a10`; letters come after everything else. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0
  const a = [...left]
  const b = [...right]
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a[index]!
    const y = b[index]!
    if (x === y) continue
    const xIsLetter = isLetter(x)
    const yIsLetter = isLetter(y)
    const byCode = x.codePointAt(0)! - y.codePointAt(0)!
    if (xIsLetter && yIsLetter) return byCode
    if (xIsLetter || yIsLetter) return yIsLetter ? -1 : 1
    const [xNumber, xEnd] = numberAt(a, index, x === '0' || y === '0')
    const [yNumber, yEnd] = numberAt(b, index, x === '0' || y === '0')
    return xNumber - yNumber || xEnd - yEnd || byCode
  }
  return a.length - b.length
}

/** The digits from `index` on; with a 1 before them if they stand behind a digit that is not zero, so that zeros count. */
function numberAt(characters: readonly string[], index: number, hasZero: boolean): [number: number, end: number] {
  let number = 0
  if (hasZero) {
    for (let before = index - 1; before >= 0 && isDigit(characters[before]); before--) {
      if (characters[before] !== '0') {
        number = 1
        break
      }
    }
  }
  let end = index
  for (; isDigit(characters[end]); end++) number = number * 10 + (characters[end]!.codePointAt(0)! - 48)
  return [number, end]
}
