// JSON in and out: parsed with Go's words for what is wrong, printed as Go prints it.
import { countMembers, countParsedMembers, findDuplicates, findSyntaxError, JSONSyntaxError } from './json-syntax.ts'

export { JSONSyntaxError } from './json-syntax.ts'

export interface ParsedJSON {
  readonly value: unknown
  /** Paths of members that occur more than once; only if asked for. */
  readonly duplicates: string[]
}

/** @throws JSONSyntaxError */
export function parseJSON(text: string, options: { findDuplicates?: boolean } = {}): ParsedJSON {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new JSONSyntaxError(findSyntaxError(text) ?? (error as Error).message, { cause: error })
  }
  // JSON.parse keeps the last of several members: where it kept them all there is nothing to find.
  const isSuspect = options.findDuplicates === true && countMembers(text) !== countParsedMembers(value)
  return { value, duplicates: isSuspect ? findDuplicates(text) : [] }
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

const mustEscape = /[<>&\u2028\u2029]/g

/** Go escapes what could end a script in a page, in strings and so everywhere. */
export function escapeHTML(json: string): string {
  return mustEscape.test(json) ? json.replace(mustEscape, (character) => escapes[character]!) : json
}

/** One line with its end, or `pretty`: indented by two, without a line end. Members are printed in the order they have. */
export function printJSON(object: unknown, pretty = false): string {
  return pretty ? escapeHTML(JSON.stringify(object, null, 2)) : `${escapeHTML(JSON.stringify(object))}\n`
}

export function encodeJSON(object: unknown, pretty = false): Buffer {
  return Buffer.from(printJSON(object, pretty))
}
