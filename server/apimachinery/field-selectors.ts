// Field selectors: parsing, matching and printing.
// Source: staging/src/k8s.io/apimachinery/pkg/fields (v1.36)
import { newBadRequest } from './errors.ts'

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** A conjunction of comparisons of fields with texts; immutable. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[]

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements
  }

  get empty(): boolean {
    return this.requirements.length === 0
  }

  /** @param get the value of a field of the object in question, by name */
  matches(get: (field: string) => string): boolean {
    for (const { field, operator, value } of this.requirements) {
      if ((get(field) === value) !== (operator === '=')) return false
    }
    return true
  }

  requiresExactMatch(field: string): string | undefined {
    return this.requirements.find((one) => one.field === field && one.operator === '=')?.value
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => field + operator + escapeFieldValue(value)).join(',')
  }
}

const everyField = new FieldSelector([])

/** Makes any text usable as the value of a field selector. */
export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, (character) => `\\${character}`)
}

/**
 * The field selector of a query: `metadata.name=a,status.phase!=Running`; `\,` `\=` `\\` stand for themselves.
 * @throws StatusError 400 with upstream's text
 * Source: fields.ParseSelector
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === '') return everyField
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const at = term.search(/!=|=/)
    if (at < 0) throw newBadRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const operator = term.startsWith('!=', at) ? '!=' : '='
    const width = operator === '!=' || term.startsWith('==', at) ? 2 : 1
    const requirement: FieldRequirement = {
      field: term.slice(0, at),
      operator,
      value: unescapeFieldValue(term.slice(at + width)),
    }
    // A comparison of nothing with nothing restricts nothing.
    if (requirement.field === '' && requirement.value === '') continue
    requirements.push(requirement)
  }
  return new FieldSelector(requirements)
}

/** Splits at commas that no backslash escapes; the backslashes stay. */
function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...terms, text.slice(start)]
}

function unescapeFieldValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  let escaping = false
  for (const character of text) {
    if (escaping) {
      if (!'\\,='.includes(character)) {
        throw newBadRequest(`invalid field selector: invalid escape sequence: \\${character}`)
      }
      value += character
      escaping = false
    } else if (character === '\\') {
      escaping = true
    } else if (character === ',' || character === '=') {
      // Upstream prints the character as a number.
      throw newBadRequest(`invalid field selector: unescaped character in value: ${character.codePointAt(0)}`)
    } else {
      value += character
    }
  }
  if (escaping) throw newBadRequest('invalid field selector: invalid escape sequence: \\')
  return value
}
