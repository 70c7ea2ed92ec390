// One step of a path to an owned field, in the text form fieldsV1 has: `f:name`, `k:{"name":"c"}`, `v:"a"`, `i:0`.
// Source: sigs.k8s.io/structured-merge-diff/v6 fieldpath, PathElement, SerializePathElement; value, Compare

/** A serialised step. The text is canonical: equal steps are equal strings. */
export type PathElement = string

export const fieldElement = (name: string): PathElement => `f:${name}`
export const valueElement = (value: unknown): PathElement => `v:${goJson(value)}`

/** @param key members of the list item that tell it from others */
export function keyElement(key: Readonly<Record<string, unknown>>): PathElement {
  const names = Object.keys(key)
  if (names.length > 1) names.sort()
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${goJson(key[name])}`).join(',')}}`
}

const goJson = (value: unknown): string => escaped(JSON.stringify(value))

/** JSON as Go encodes it: without what browsers might take for markup. */
export function escaped(json: string): string {
  return /[<>&\u2028\u2029]/.test(json) ? json.replace(/[<>&\u2028\u2029]/g, escapeUnit) : json
}

const escapeUnit = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * A step as somebody sent it, brought into the canonical form; undefined for a kind of step nobody knows.
 * @throws PathElementError
 */
export function canonicalElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new PathElementError('key must be 2 characters long:')
  if (text[1] !== ':') throw new PathElementError(`missing colon: ${text}`)
  switch (text[0]) {
    case 'f':
      return text
    case 'v':
      return valueElement(parse(text.slice(2)))
    case 'k': {
      const key = parse(text.slice(2))
      if (typeof key !== 'object' || key === null || Array.isArray(key))
        throw new PathElementError(`not an object: ${text}`)
      return keyElement(key as Record<string, unknown>)
    }
    case 'i':
      if (!/^[+-]?\d+$/.test(text.slice(2))) throw new PathElementError(`not a number: ${text}`)
      return `i:${Number(text.slice(2))}`
    default:
      return undefined
  }
}

export class PathElementError extends Error {
  override readonly name = 'PathElementError'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PathElementError((error as Error).message)
  }
}

const kinds = 'fkvi'

/** Fields first, then keys, values and indexes; each in its own order, which for numbers is not that of their text. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const kind = a[0]!
  if (kind !== b[0]) return kinds.indexOf(kind) - kinds.indexOf(b[0]!)
  switch (kind) {
    case 'f':
      return a < b ? -1 : 1
    case 'k':
      return compareKeys(keyOf(a), keyOf(b))
    case 'v':
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
    default:
      return Number(a.slice(2)) - Number(b.slice(2))
  }
}

type Key = Readonly<Record<string, unknown>>

/** Lists of the same kind have the same keys in many objects, and sorting asks for each of them many times. */
const parsedKeys = new Map<PathElement, Key>()
const maxParsedKeys = 5000

function keyOf(element: PathElement): Key {
  let key = parsedKeys.get(element)
  if (key === undefined) {
    key = JSON.parse(element.slice(2)) as Key
    if (parsedKeys.size >= maxParsedKeys) parsedKeys.clear()
    parsedKeys.set(element, key)
  }
  return key
}

function compareKeys(a: Key, b: Key): number {
  const names = Object.keys(a)
  const others = Object.keys(b)
  for (let at = 0; at < names.length && at < others.length; at++) {
    const name = names[at]!
    const other = others[at]!
    if (name !== other) return name < other ? -1 : 1
    const order = compareValues(a[name], b[other])
    if (order !== 0) return order
  }
  return names.length - others.length
}

/** Numbers, then strings, booleans, lists, objects, null. */
function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a)
  if (rank !== rankOf(b)) return rank - rankOf(b)
  if (typeof a === 'number' || typeof a === 'string' || typeof a === 'boolean') {
    return a === b ? 0 : a < (b as typeof a) ? -1 : 1
  }
  const left = JSON.stringify(a)
  const right = JSON.stringify(b)
  return left === right ? 0 : left < right ? -1 : 1
}

function rankOf(value: unknown): number {
  if (value === null) return 5
  return ['number', 'string', 'boolean'].indexOf(typeof value) >= 0
    ? ['number', 'string', 'boolean'].indexOf(typeof value)
    : Array.isArray(value)
      ? 3
      : 4
}

/** As messages show it: `.name`, `[name="c"]`, `[="a"]`, `[0]`. */
export function printElement(element: PathElement): string {
  const text = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${text}`
    case 'k': {
      const key = JSON.parse(text) as Key
      return `[${Object.keys(key)
        .map((name) => `${name}=${printValue(key[name])}`)
        .join(',')}]`
    }
    case 'v':
      return `[=${printValue(JSON.parse(text))}]`
    default:
      return `[${text}]`
  }
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, member]) => `${name}=${printValue(member)}`)
      .join('')
  return JSON.stringify(value)
}
