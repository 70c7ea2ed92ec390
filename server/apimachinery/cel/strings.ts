// Functions of strings, which count in code points.
// Source: cel-go 0.26, ext/strings.go, ext/formatting.go; apiserver/pkg/cel/library, regex.go (v1.36)
import { noOverload, toText } from './arithmetic.ts'
import { Uint } from './ast.ts'
import { compileRegex, regexProblem } from './regex.ts'
import { EvaluationError, isMap, typeNameOf } from './values.ts'
import type { CelFunction, Value } from './values.ts'

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : noOverload()
}

function position(value: Value | undefined, fallback: number): number {
  if (value === undefined) return fallback
  return typeof value === 'bigint' ? Number(value) : noOverload()
}

function inRange(at: number, length: number): number {
  if (at < 0 || at > length) throw new EvaluationError(`index out of range: ${at}`)
  return at
}

function regexOf(pattern: Value | undefined): RegExp {
  const regex = compileRegex(text(pattern))
  if (regex === undefined)
    throw new EvaluationError(`Illegal regex: error parsing regexp: ${regexProblem(text(pattern))}`)
  return regex
}

function indexOf(points: readonly string[], wanted: readonly string[], from: number): number {
  for (let at = from; at + wanted.length <= points.length; at++) {
    if (wanted.every((point, step) => points[at + step] === point)) return at
  }
  return -1
}

function lastIndexOf(points: readonly string[], wanted: readonly string[], from: number): number {
  for (let at = Math.min(from, points.length - wanted.length); at >= 0; at--) {
    if (wanted.every((point, step) => points[at + step] === point)) return at
  }
  return -1
}

function split(value: string, separator: string, limit: number): string[] {
  if (limit === 0) return []
  const parts = separator === '' ? [...value] : value.split(separator)
  if (limit < 0 || parts.length <= limit) return parts
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

function replace(value: string, old: string, fresh: string, limit: number): string {
  if (limit < 0) return value.replaceAll(old, () => fresh)
  const parts = value.split(old)
  const count = Math.min(limit, parts.length - 1)
  return [...parts.slice(0, count).map((part) => part + fresh), parts.slice(count).join(old)].join('')
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** A clause of a format text is `%`, a precision, and a letter. */
const clause = /%(?:%|(?:\.(\d+))?([sdfebxXo]))/g

function format(template: string, args: readonly Value[]): string {
  let at = 0
  return template.replace(clause, (all: string, precision: string | undefined, letter: string) => {
    if (all === '%%') return '%'
    const value = args[at]
    if (value === undefined) throw new EvaluationError(`index ${at} out of range`)
    at++
    return formatClause(letter, value, precision === undefined ? 6 : Number(precision))
  })
}

function formatClause(letter: string, value: Value, precision: number): string {
  const number = value instanceof Uint ? value.value : value
  switch (letter) {
    case 's':
      return printed(value)
    case 'f':
      return Number(number as bigint).toFixed(precision)
    case 'e':
      return scientific(Number(number as bigint), precision)
    case 'd':
      return typeof number === 'bigint' || typeof number === 'number' ? String(number) : wrongClause(letter, value)
    default: {
      const radix = { b: 2, o: 8, x: 16, X: 16 }[letter] ?? 10
      if (typeof number === 'string' && radix === 16) return upperIf(letter, Buffer.from(number).toString('hex'))
      if (typeof number === 'boolean' && letter === 'b') return number ? '1' : '0'
      return typeof number === 'bigint' ? upperIf(letter, number.toString(radix)) : wrongClause(letter, value)
    }
  }
}

function upperIf(letter: string, value: string): string {
  return letter === 'X' ? value.toUpperCase() : value
}

function wrongClause(letter: string, value: Value): never {
  throw new EvaluationError(`error during formatting: ${letter} clause cannot be used with ${typeNameOf(value)}`)
}

const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** `1.5×10⁰⁴` */
function scientific(value: number, precision: number): string {
  const [amount = '', exponent = ''] = value.toExponential(precision).split('e')
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0')
  const sign = exponent.startsWith('-') ? '⁻' : ''
  return `${amount}×10${sign}${[...digits].map((digit) => raised[Number(digit)]).join('')}`
}

/** Texts are only quoted inside of lists and maps. */
function printed(value: Value, isNested = false): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map((one) => printed(one, true)).join(', ')}]`
  if (isMap(value)) {
    const members = [...value].map(([key, one]) => `${printed(key, true)}:${printed(one, true)}`)
    return `{${members.sort().join(', ')}}`
  }
  return isNested && typeof value === 'string' ? JSON.stringify(value) : toText(value)
}

export const stringFunctions: Readonly<Record<string, CelFunction>> = {
  contains: (value, part) => text(value).includes(text(part)),
  startsWith: (value, part) => text(value).startsWith(text(part)),
  endsWith: (value, part) => text(value).endsWith(text(part)),
  charAt: (value, at) => {
    const points = [...text(value)]
    return points[inRange(position(at, 0), points.length)] ?? ''
  },
  indexOf: (value, part, from) => {
    const points = [...text(value)]
    return BigInt(indexOf(points, [...text(part)], inRange(position(from, 0), points.length)))
  },
  lastIndexOf: (value, part, from) => {
    const points = [...text(value)]
    return BigInt(lastIndexOf(points, [...text(part)], inRange(position(from, points.length), points.length)))
  },
  lowerAscii: (value) => text(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  upperAscii: (value) => text(value).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  trim: (value) => text(value).trim(),
  replace: (value, old, fresh, limit) => replace(text(value), text(old), text(fresh), position(limit, -1)),
  split: (value, separator, limit) => split(text(value), text(separator), position(limit, -1)),
  substring: (value, start, end) => {
    const points = [...text(value)]
    const from = inRange(position(start, 0), points.length)
    const to = inRange(position(end, points.length), points.length)
    if (from > to) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${to}`)
    return points.slice(from, to).join('')
  },
  join: (list, separator) => {
    if (!Array.isArray(list)) return noOverload()
    return (list as readonly Value[]).map(text).join(separator === undefined ? '' : text(separator))
  },
  format: (template, args) => (Array.isArray(args) ? format(text(template), args as readonly Value[]) : noOverload()),
  'strings.quote': (value) => `"${[...text(value)].map((one) => escapes[one] ?? one).join('')}"`,
  find: (value, pattern) => regexOf(pattern).exec(text(value))?.[0] ?? '',
  findAll: (value, pattern, limit) => {
    const { source, flags } = regexOf(pattern)
    const found = [...text(value).matchAll(new RegExp(source, `${flags}g`))].map(([all]) => all)
    const count = position(limit, -1)
    return count < 0 ? found : found.slice(0, count)
  },
}
