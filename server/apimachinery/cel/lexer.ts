// Expressions into tokens; what is no token is reported and passed over.
// Source: cel-go 0.26, parser/gen/CEL.g4
import type { CelError } from './source.ts'

/** Kinds of tokens as error texts name them. */
export type TokenKind = string

export interface Token {
  /** `'+'`, `IDENTIFIER`, `<EOF>` */
  readonly kind: TokenKind
  readonly text: string
  /** In code points. */
  readonly offset: number
}

/** Every kind, in the order in which error texts list them. */
export const tokenKinds: readonly TokenKind[] = [
  ...['==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':'],
  ...['+', '*', '/', '%', 'true', 'false', 'null'],
]
  .map((text) => `'${text}'`)
  .concat('NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER', 'ESC_IDENTIFIER')

const operators = ['==', '!=', '<=', '>=', '&&', '||', ...'<>[]{}().,-!?:+*/%']
const words = new Set(['in', 'true', 'false', 'null'])

const blank = /(?:[\t \r\n\f]+|\/\/[^\n]*)/uy
const escape = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`
const plainStrings = `"(?:${escape}|[^\\\\"\\n\\r])*"|'(?:${escape}|[^\\\\'\\n\\r])*'`
const longStrings = `"""(?:${escape}|[^\\\\])*?"""|'''(?:${escape}|[^\\\\])*?'''`
const rawStrings = `[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\\n\\r]*"|'[^'\\n\\r]*')`
const anyString = `(?:${longStrings}|${plainStrings}|${rawStrings})`

/** Of those that match at a place the longest wins, then the first. */
const patterns: readonly [TokenKind, RegExp][] = [
  ['NUM_FLOAT', /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/uy],
  ['NUM_UINT', /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]/uy],
  ['NUM_INT', /(?:0x[0-9a-fA-F]+|[0-9]+)/uy],
  ['STRING', new RegExp(anyString, 'uy')],
  ['BYTES', new RegExp(`[bB]${anyString}`, 'uy')],
  ['IDENTIFIER', /[A-Za-z_][A-Za-z0-9_]*/uy],
  ['ESC_IDENTIFIER', /`[A-Za-z0-9_.\-/ ]+`/uy],
]

/** How far a broken string or escaped identifier reads before it breaks. */
const beginnings = [
  new RegExp(`[bB]?"(?:${escape}|[^\\\\"\\n\\r])*`, 'uy'),
  new RegExp(`[bB]?'(?:${escape}|[^\\\\'\\n\\r])*`, 'uy'),
  /[bB]?[rR]["'][^"'\n\r]*/uy,
  /`[A-Za-z0-9_.\-/ ]*/uy,
]
const brokenEscape = /\\(?:[xX][0-9a-fA-F]{0,1}|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]{0,1})?/uy

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index
  return pattern.exec(text)?.[0]
}

export function tokenize(source: string): { tokens: Token[]; errors: CelError[] } {
  const tokens: Token[] = []
  const errors: CelError[] = []
  let index = 0
  let offset = 0
  const take = (text: string): void => {
    index += text.length
    offset += [...text].length
  }
  while (index < source.length) {
    const space = matchAt(blank, source, index)
    if (space !== undefined) {
      take(space)
      continue
    }
    const found = longestToken(source, index)
    if (found !== undefined) tokens.push({ ...found, offset })
    const text = found?.text ?? brokenText(source, index)
    if (found === undefined) errors.push({ offset, message: `Syntax error: token recognition error at: '${text}'` })
    take(text)
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', offset })
  return { tokens, errors }
}

function longestToken(source: string, index: number): { kind: TokenKind; text: string } | undefined {
  let best: { kind: TokenKind; text: string } | undefined
  const operator = operators.find((one) => source.startsWith(one, index))
  if (operator !== undefined) best = { kind: `'${operator}'`, text: operator }
  for (const [kind, pattern] of patterns) {
    const text = matchAt(pattern, source, index)
    if (text !== undefined && text.length > (best?.text.length ?? 0)) best = { kind, text }
  }
  return best !== undefined && words.has(best.text) ? { kind: `'${best.text}'`, text: best.text } : best
}

/** What is passed over: up to and with the character at which no token can go on. */
function brokenText(source: string, index: number): string {
  if ('=&|'.includes(source[index]!)) return source.slice(index, index + 1 + pointAt(source, index + 1).length)
  const lengths = beginnings.map((pattern) => matchAt(pattern, source, index)?.length ?? 0)
  let end = index + Math.max(0, ...lengths)
  if (end > index) end += matchAt(brokenEscape, source, end)?.length ?? 0
  return source.slice(index, end + pointAt(source, end).length)
}

function pointAt(source: string, index: number): string {
  const point = source.codePointAt(index)
  return point === undefined ? '' : String.fromCodePoint(point)
}
