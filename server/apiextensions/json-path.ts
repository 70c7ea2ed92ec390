// JSONPath as printer columns, selectable fields and scales of custom resources use it: members, indexes, slices, wildcards,
// recursive descent, and filters that compare with a literal. Missing members give nothing.
// Source: k8s.io/client-go/util/jsonpath (v1.36)

/** From one value to those it leads to. */
type Step = (value: unknown) => unknown[]

export class JSONPathError extends Error {
  override readonly name = 'JSONPathError'
}

export type JSONPath = (value: unknown) => unknown[]

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws JSONPathError for what cannot be read; `.spec.replicas`, `.items[?(@.type=="Ready")].status` */
export function compileJSONPath(text: string): JSONPath {
  const steps = parse(text.replace(/^\$/, ''))
  return (value) => steps.reduce((values, step) => values.flatMap(step), [value] as unknown[])
}

function parse(text: string): Step[] {
  const steps: Step[] = []
  let rest = text
  while (rest !== '') {
    const recursive = /^\.\.(?=[^.[])/.exec(rest)
    if (recursive !== null) {
      steps.push(descendants)
      rest = rest.slice(1)
      continue
    }
    const name = /^\.?((?:\\.|[^\\.[\]])+)/.exec(rest)
    if (rest.startsWith('[')) {
      const end = closing(rest)
      steps.push(bracket(rest.slice(1, end)))
      rest = rest.slice(end + 1)
    } else if (name !== null) {
      steps.push(member(name[1]!.replace(/\\(.)/g, '$1')))
      rest = rest.slice(name[0].length)
    } else if (rest === '.') rest = ''
    else throw new JSONPathError(`unrecognized character in action: ${rest}`)
  }
  return steps
}

/** Where the bracket that opens a text ends; quoted brackets do not count. */
function closing(text: string): number {
  let quote = ''
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (quote !== '') {
      if (character === '\\') at++
      else if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '[') depth++
    else if (character === ']' && --depth === 0) return at
  }
  throw new JSONPathError('unterminated array')
}

function member(name: string): Step {
  if (name === '*') return children
  return (value) => (isMembers(value) && Object.hasOwn(value, name) ? [value[name]] : [])
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  return isMembers(value) ? Object.values(value) : []
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)]
}

function bracket(inside: string): Step {
  const quoted = /^\s*(?:'((?:\\.|[^'])*)'|"((?:\\.|[^"])*)")\s*$/.exec(inside)
  if (quoted !== null) return member((quoted[1] ?? quoted[2]!).replace(/\\(.)/g, '$1'))
  if (inside.trim() === '*') return children
  if (inside.startsWith('?(') && inside.endsWith(')')) return filter(inside.slice(2, -1).trim())
  const slice = /^\s*(-?\d+)?\s*(?:(:)\s*(-?\d+)?)?\s*(?::\s*(-?\d+)?)?\s*$/.exec(inside)
  if (slice === null) throw new JSONPathError(`invalid array index ${inside}`)
  const [, from, colon, to, by] = slice
  if (colon === undefined) {
    const index = Number(from)
    return (value) => (Array.isArray(value) && value.at(index) !== undefined ? [value.at(index)] : [])
  }
  const step = Number(by ?? 1)
  return (value) => {
    if (!Array.isArray(value)) return []
    const part = (value as unknown[]).slice(Number(from ?? 0), to === undefined ? undefined : Number(to))
    return part.filter((_, at) => at % step === 0)
  }
}

const comparisons: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => (left as number) < (right as number),
  '<=': (left, right) => (left as number) <= (right as number),
  '>': (left, right) => (left as number) > (right as number),
  '>=': (left, right) => (left as number) >= (right as number),
}

function filter(text: string): Step {
  const parts = /^(@(?:"[^"]*"|'[^']*'|[^=!<>"'])*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?$/.exec(text)
  if (parts === null) throw new JSONPathError(`unrecognized filter ${text}`)
  const [, left, operator, right] = parts
  const path = compileJSONPath(left!.slice(1))
  if (operator === undefined) return (value) => children(value).filter((item) => path(item).length > 0)
  const literal = literalOf(right!.trim())
  const compare = comparisons[operator]!
  return (value) =>
    children(value).filter((item) => {
      const found = path(item)
      return found.length > 0 && compare(found[0], literal)
    })
}

function literalOf(text: string): unknown {
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(text)
  if (quoted !== null) return (quoted[1] ?? quoted[2]!).replace(/\\(.)/g, '$1')
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  if (text === '' || Number.isNaN(number)) throw new JSONPathError(`unrecognized literal ${text}`)
  return number
}
