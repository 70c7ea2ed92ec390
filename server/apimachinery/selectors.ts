// Label selectors: parsing, matching and printing; field selectors are passed on from their own file.
// Source: staging/src/k8s.io/apimachinery/pkg/labels, metav1.LabelSelectorAsSelector (v1.36)
import { newBadRequest } from './errors.ts'
import { FieldPath, field, invalid, notSupported } from './field.ts'
import type { FieldError } from './field.ts'
import type { LabelSelector } from './types.ts'
import { isQualifiedName, isValidLabelValue } from './formats.ts'

export * from './field-selectors.ts'

export type Labels = Readonly<Record<string, string>> | undefined

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'gt' | 'lt' | 'exists' | '!'

/** In the order in which error texts list them. */
const binaryOperators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'] as const
const labelOperators: readonly LabelOperator[] = [...binaryOperators, 'exists', '!']

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

type Matcher = (labels: Labels) => boolean

/** A conjunction of requirements on labels; immutable. */
export class Selector {
  readonly requirements: readonly LabelRequirement[]
  readonly matches: Matcher
  readonly #matchesNothing: boolean

  /** @param requirements taken as valid; ordered by key here, so that equal selectors print the same */
  constructor(requirements: readonly LabelRequirement[], matchesNothing = false) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    this.#matchesNothing = matchesNothing
    this.matches = matchesNothing ? () => false : compileAll(this.requirements)
  }

  /** Whether it restricts nothing. */
  get empty(): boolean {
    return !this.#matchesNothing && this.requirements.length === 0
  }

  /** The one value the label must have, if the selector asks for one: what an index can look up. */
  requiresExactMatch(key: string): string | undefined {
    const found = this.requirements.find((requirement) => requirement.key === key)
    if (found === undefined || found.values.length !== 1) return undefined
    return found.operator === '=' || found.operator === '==' || found.operator === 'in' ? found.values[0] : undefined
  }

  /** `app=x,tier in (a,b)`; empty for a selector that matches everything and for one that matches nothing. */
  toString(): string {
    return this.requirements.map(printRequirement).join(',')
  }
}

export const everything = new Selector([])
export const nothing = new Selector([], true)

function compileAll(requirements: readonly LabelRequirement[]): Matcher {
  const matchers = requirements.map(compile)
  const [first, second] = matchers
  if (first === undefined) return () => true
  if (second === undefined) return first
  return (labels) => {
    for (const matcher of matchers) if (!matcher(labels)) return false
    return true
  }
}

function lookup(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
}

function compile({ key, operator, values }: LabelRequirement): Matcher {
  const first = values[0]
  switch (operator) {
    case '=':
    case '==':
      return (labels) => first !== undefined && lookup(labels, key) === first
    case 'in':
      return (labels) => {
        const value = lookup(labels, key)
        return value !== undefined && values.includes(value)
      }
    case '!=':
    case 'notin':
      return (labels) => {
        const value = lookup(labels, key)
        return value === undefined || !values.includes(value)
      }
    case 'exists':
      return (labels) => lookup(labels, key) !== undefined
    case '!':
      return (labels) => lookup(labels, key) === undefined
    case 'gt':
    case 'lt': {
      const bound = parseInt64(first)
      return (labels) => {
        const value = parseInt64(lookup(labels, key))
        if (value === undefined || bound === undefined) return false
        return operator === 'gt' ? value > bound : value < bound
      }
    }
  }
}

function printRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

/** As Go's strconv.ParseInt(text, 10, 64): a sign is allowed, blanks are not. */
function parseInt64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/**
 * A checked requirement.
 * @throws Error with upstream's text; several findings are joined as `[a, b]`
 * Source: labels.NewRequirement
 */
export function newLabelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: FieldError[] = []
  const keyErrors = isQualifiedName(key)
  if (keyErrors.length > 0) errors.push(invalid(field('key'), key, keyErrors.join('; ')))
  const path = field('values')
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0)
        errors.push(invalid(path, values, "for 'in', 'notin' operators, values set can't be empty"))
      break
    case '=':
    case '==':
    case '!=':
      if (values.length !== 1) errors.push(invalid(path, values, 'exact-match compatibility requires one single value'))
      break
    case 'exists':
    case '!':
      if (values.length !== 0)
        errors.push(invalid(path, values, 'values set must be empty for exists and does not exist'))
      break
    case 'gt':
    case 'lt':
      if (values.length !== 1) {
        errors.push(invalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required"))
      }
      values.forEach((value, at) => {
        if (parseInt64(value) !== undefined) return
        errors.push(invalid(path.index(at), value, "for 'Gt', 'Lt' operators, the value must be an integer"))
      })
      break
    default:
      errors.push(notSupported(field('operator'), operator, labelOperators))
  }
  values.forEach((value, at) => {
    const valueErrors = isValidLabelValue(value)
    if (valueErrors.length > 0) errors.push(invalid(path.index(at).key(key), value, valueErrors.join('; ')))
  })
  if (errors.length > 0) throw new Error(joinErrors(errors))
  return { key, operator, values }
}

/** The text of several field errors as one Go error. Source: util/errors, Aggregate.Error */
function joinErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

// --- parsing -------------------------------------------------------------------------------------------------

type TokenKind = 'identifier' | 'end' | LabelToken
type LabelToken = ')' | '(' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | 'in' | 'notin'

interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const special = '=!(),><'
const blank = ' \t\r\n'
const symbols: ReadonlySet<string> = new Set(['==', '!=', '=', '!', '(', ')', ',', '>', '<'])

function scan(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    while (at < text.length && blank.includes(text[at]!)) at++
    if (at >= text.length || text[at] === '\0') return [...tokens, { kind: 'end', text: '' }]
    const start = at
    if (special.includes(text[at]!)) {
      at += symbols.has(text.slice(at, at + 2)) ? 2 : 1
      const symbol = text.slice(start, at)
      tokens.push({ kind: symbol as LabelToken, text: symbol })
      continue
    }
    while (at < text.length && !special.includes(text[at]!) && !blank.includes(text[at]!) && text[at] !== '\0') at++
    const word = text.slice(start, at)
    // A word takes the NUL that ends it; where a word begins, one is the end of everything.
    if (text[at] === '\0') at++
    tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word })
  }
}

/** `in` and `notin` are operators after a key and plain words everywhere else. */
class LabelSelectorParser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string) {
    this.#tokens = scan(text)
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'end') return requirements
      if (token.kind !== 'identifier' && token.kind !== '!') {
        throw new Error(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      try {
        requirements.push(this.#requirement())
      } catch (error) {
        throw new Error(`unable to parse requirement: ${(error as Error).message}`, { cause: error })
      }
      const next = this.#take()
      if (next.kind === 'end') return requirements
      if (next.kind !== ',') throw new Error(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== 'identifier' && after.kind !== '!') {
        throw new Error(`found '${after.text}', expected: identifier after ','`)
      }
    }
  }

  #peek(): Token {
    return asValue(this.#tokens[this.#at]!)
  }

  #take(): Token {
    return asValue(this.#tokens[this.#at++]!)
  }

  #requirement(): LabelRequirement {
    let token = this.#take()
    const negated = token.kind === '!'
    if (negated) token = this.#take()
    if (token.kind !== 'identifier') throw new Error(`found '${token.text}', expected: identifier`)
    const key = token.text
    const keyErrors = isQualifiedName(key)
    // Upstream's path is a nil pointer here, and that is what it prints.
    if (keyErrors.length > 0) throw new Error(joinErrors([invalid(new FieldPath('<nil>'), key, keyErrors.join('; '))]))
    const next = this.#peek()
    if (negated) return newLabelRequirement(key, '!', [])
    if (next.kind === 'end' || next.kind === ',') return newLabelRequirement(key, 'exists', [])
    const operator = this.#operator()
    const values = operator === 'in' || operator === 'notin' ? this.#values() : this.#exactValue()
    return newLabelRequirement(key, operator, [...values].sort())
  }

  #operator(): LabelOperator {
    const token = this.#tokens[this.#at++]!
    switch (token.kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token.kind
      case '>':
        return 'gt'
      case '<':
        return 'lt'
      default:
        throw new Error(`found '${token.text}', expected: ${binaryOperators.join(', ')}`)
    }
  }

  #values(): Set<string> {
    const open = this.#take()
    if (open.kind !== '(') throw new Error(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind === ')') {
      this.#take()
      return new Set([''])
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new Error(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values = this.#identifiers()
    if (this.#take().kind !== ')') throw new Error(`found '${first.text}', expected: ')'`)
    return values
  }

  #identifiers(): Set<string> {
    const values = new Set<string>()
    for (;;) {
      const token = this.#take()
      const next = this.#tokens[this.#at] === undefined ? token : this.#peek()
      if (token.kind === 'identifier') {
        values.add(token.text)
        if (next.kind === ')') return values
        if (next.kind !== ',') throw new Error(`found '${next.text}', expected: ',' or ')'`)
      } else if (token.kind === ',') {
        // An empty value stands before, between and after commas.
        if (values.size === 0) values.add('')
        if (next.kind === ')' || next.kind === ',') values.add('')
        if (next.kind === ')') return values
      } else {
        throw new Error(`found '${token.text}', expected: ',', or identifier`)
      }
    }
  }

  #exactValue(): Set<string> {
    const next = this.#peek()
    if (next.kind === 'end' || next.kind === ',') return new Set([''])
    const token = this.#take()
    if (token.kind === 'identifier') return new Set([token.text])
    throw new Error(`found '${token.text}', expected: identifier`)
  }
}

function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
}

/**
 * The selector of a query: `a=b,c!=d,e in (x,y),!f,g>1`.
 * @throws StatusError 400 with the parser's text
 */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return everything
  try {
    return new Selector(new LabelSelectorParser(text).parse())
  } catch (error) {
    throw newBadRequest((error as Error).message)
  }
}

/** Requires each of the labels; no label at all selects everything. They are taken as valid. */
export function selectorFromSet(labels: Labels): Selector {
  return new Selector(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

const operatorsByName: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** metav1.LabelSelector as it is in an object, frozen or not. */
export interface LabelSelectorLike {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** Compiled selectors of frozen LabelSelectors: they are asked about for every object. */
const compiled = new WeakMap<object, Selector>()

/**
 * The selector of a metav1.LabelSelector. An absent one matches nothing, an empty one everything.
 * @throws Error with upstream's text
 * Source: metav1.LabelSelectorAsSelector
 */
export function labelSelectorAsSelector(selector: LabelSelectorLike | LabelSelector | null | undefined): Selector {
  if (selector === null || selector === undefined) return nothing
  const known = compiled.get(selector)
  if (known !== undefined) return known
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(newLabelRequirement(key, '=', [value]))
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = Object.hasOwn(operatorsByName, operator) ? operatorsByName[operator] : undefined
    if (known === undefined) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(newLabelRequirement(key, known, values ?? []))
  }
  const result = requirements.length === 0 ? everything : new Selector(requirements)
  if (Object.isFrozen(selector)) compiled.set(selector, result)
  return result
}

/** As tables and kubectl print it: `<none>`, `app=x,tier in (a,b)`, `<error>`. Source: metav1.FormatLabelSelector */
export function formatLabelSelector(selector: LabelSelectorLike | LabelSelector | null | undefined): string {
  try {
    return String(labelSelectorAsSelector(selector)) || '<none>'
  } catch {
    return '<error>'
  }
}
