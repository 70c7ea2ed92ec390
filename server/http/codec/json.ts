// JSON in and out: parsed with Go's words for what is wrong, printed as Go prints it.
import { escapeHTML } from '../../apimachinery/escape-html.ts'
import { findSyntaxError, isPlain, JSONSyntaxError, lookClosely } from './json-syntax.ts'

export { JSONSyntaxError } from './json-syntax.ts'

export interface ParsedJSON {
  readonly value: unknown
  /** Paths of members that occur more than once; only if asked for. */
  readonly duplicates: string[]
  /** By path, numbers whose text says more than their value; only if asked for. */
  readonly oddNumbers: ReadonlyMap<string, string>
}

/** Half of a pair of escapes is no character in Go. */
const halfPair = /\\u[dD][89a-fA-F]/

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}

const none: ReadonlyMap<string, string> = new Map()

/** @param options bytes: what the text was made of, where it may not have been UTF-8 @throws JSONSyntaxError */
export function parseJSON(text: string, options: { findDuplicates?: boolean; bytes?: Uint8Array } = {}): ParsedJSON {
  let value: unknown
  try {
    value = text.includes('\\u') && halfPair.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text)
  } catch (error) {
    const problem = findSyntaxError(options.bytes ?? Buffer.from(text))
    throw new JSONSyntaxError(problem ?? (error as Error).message, { cause: error })
  }
  if (options.findDuplicates !== true || isPlain(text, value)) return { value, duplicates: [], oddNumbers: none }
  return lookClosely(text)
}

/** One line with its end, or `pretty`: indented by two, without a line end. Members are printed in the order they have. */
export function printJSON(object: unknown, pretty = false): string {
  return pretty ? escapeHTML(JSON.stringify(object, null, 2)) : `${escapeHTML(JSON.stringify(object))}\n`
}

export function encodeJSON(object: unknown, pretty = false): Buffer {
  return Buffer.from(printJSON(object, pretty))
}
