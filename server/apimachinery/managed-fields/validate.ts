// Whether an applied configuration fits its type: everything declared, of the right type, no list item twice.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, TypedValue.Validate
import { fieldElement, printElement } from './path-element.ts'
import {
  deducedMap,
  isMap,
  itemElement,
  ListItemError,
  type ListShape,
  type MapShape,
  type ScalarShape,
  type Shape,
} from './shape.ts'

interface Problem {
  readonly path: string
  readonly message: string
  readonly isRepetition?: true
}

/**
 * All problems in one text, as upstream words them; undefined if there is none.
 * @param mayRepeat list items may be there twice: what was written by others than appliers
 */
export function problemsOf(shape: MapShape, object: unknown, mayRepeat = false): string | undefined {
  const problems: Problem[] = []
  checkMap(shape, object, '', problems)
  if (mayRepeat) return textOf(problems.filter(({ isRepetition }) => isRepetition !== true))
  return textOf(problems)
}

function textOf(problems: readonly Problem[]): string | undefined {
  if (problems.length === 0) return undefined
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n')
}

function check(shape: Shape, value: unknown, path: string, problems: Problem[]): void {
  if (shape.form === 'scalar') checkScalar(shape, value, path, problems)
  else if (shape.form === 'list') checkList(shape, value, path, problems)
  else if (shape.form === 'map') checkMap(shape, value, path, problems)
  // Without a type there is nothing to check but what a map would check, which takes anything.
  else if (!shape.atomic && isMap(value)) checkMap(deducedMap, value, path, problems)
}

function checkScalar({ type }: ScalarShape, value: unknown, path: string, problems: Problem[]): void {
  if (value === null) return
  const message = scalarProblem(type, value)
  if (message !== undefined) problems.push({ path, message })
}

function scalarProblem(type: ScalarShape['type'], value: unknown): string | undefined {
  switch (type) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goTypeName(value)}`
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goPlain(value)}}`
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got &{${goPlain(value)}}` : undefined
  }
}

function checkList(shape: ListShape, value: unknown, path: string, problems: Problem[]): void {
  if (value === null) return
  if (!Array.isArray(value)) {
    problems.push({ path, message: `expected list, got &{${goPlain(value)}}` })
    return
  }
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    let step = `[${index}]`
    if (!shape.atomic) {
      try {
        const element = itemElement(shape, item)
        step = printElement(element)
        if (seen.has(element)) problems.push({ path, message: `duplicate entries for key ${step}`, isRepetition: true })
        seen.add(element)
      } catch (error) {
        if (!(error instanceof ListItemError)) throw error
        problems.push({ path, message: `element ${index}: ${error.message}` })
        return
      }
    }
    check(shape.element, item, path + step, problems)
  }
}

function checkMap({ fields, element }: MapShape, value: unknown, path: string, problems: Problem[]): void {
  if (value === null) return
  if (!isMap(value)) {
    problems.push({ path, message: `expected map, got &{${goPlain(value)}}` })
    return
  }
  for (const name in value) {
    const shape = fields.get(name)?.shape ?? element
    const below = path + printElement(fieldElement(name))
    if (shape === undefined) {
      problems.push({ path: below, message: 'field not declared in schema' })
      return
    }
    check(shape, value[name], below, problems)
  }
}

function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'float64' : 'string'
}

/** As `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[string]interface {}{${members.map(([name, member]) => `${JSON.stringify(name)}:${goSyntax(member)}`).join(', ')}}`
  }
  return JSON.stringify(value)
}

/** As `%v` prints it. */
function goPlain(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[${members.map(([name, member]) => `${name}:${goPlain(member)}`).join(' ')}]`
  }
  return String(value)
}
