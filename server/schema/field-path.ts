// Paths to fields as rules and selectable fields name them: `.spec.name`, `.labels['a.b/c']`.
// Source: apiextensions-apiserver/pkg/apiserver/schema/cel, ValidFieldPath (v1.36)
import { FieldPath } from '../apimachinery/field.ts'
import type { Structural } from './structural.ts'

export interface FoundField {
  readonly path: FieldPath
  readonly schema: Structural | undefined
  /** Name of the first step. */
  readonly root: string
}

const unexpectedEnd = 'unexpected end of JSON path'
const noField = 'does not refer to a valid field'

/** @returns a sentence that says what is wrong with the path, if something is */
export function findField(text: string, schema: Structural, allowsBrackets = true): FoundField | string {
  const tokens = tokenize(text)
  let here: Structural | undefined = schema
  let path = new FieldPath('')
  let root = ''
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at++]!
    let name: string
    if (token === '[') {
      if (!allowsBrackets) return 'array notation is not allowed'
      const quoted = tokens[at++]
      if (quoted === undefined) return unexpectedEnd
      if (quoted.length < 2 || !quoted.startsWith("'") || !quoted.endsWith("'")) {
        return `expected single quoted string but got ${quoted}`
      }
      const plain = unescape(quoted.slice(1, -1))
      if (plain === undefined) return `invalid string literal: invalid escape char ${badEscape(quoted)}`
      const problem = problemOf(here, plain)
      if (problem !== undefined) return problem
      const close = tokens[at++]
      if (close === undefined) return unexpectedEnd
      if (close !== ']') return `expected ] but got ${close}`
      name = plain
    } else if (token === '.') {
      const next = tokens[at++]
      if (next === undefined) return unexpectedEnd
      const problem = problemOf(here, next)
      if (problem !== undefined) return problem
      name = next
    } else return `expected [ or . but got: ${token}`
    const isNamed: boolean = here!.properties.size > 0
    path = isNamed ? path.child(name) : path.key(name)
    if (root === '') root = name
    here = isNamed ? here!.properties.get(name) : typeof here!.additional === 'object' ? here!.additional : undefined
  }
  return { path, schema: here, root }
}

function problemOf(schema: Structural | undefined, name: string): string | undefined {
  if (schema === undefined) return noField
  if (schema.properties.size > 0) return schema.properties.has(name) ? undefined : noField
  return schema.additional === undefined ? noField : undefined
}

function tokenize(text: string): string[] {
  return text.match(/'(?:\\'|[^'])*'|[.[\]]|[^.[\]']+(?:[^.[\]]*)|'/gs) ?? []
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function unescape(text: string): string | undefined {
  return badEscape(text) === undefined ? text.replace(/\\(.)/g, (_, letter: string) => escapes[letter]!) : undefined
}

function badEscape(text: string): string | undefined {
  return (text.match(/\\./g) ?? []).find((one) => escapes[one[1]!] === undefined)
}
