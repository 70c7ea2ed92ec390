// Prints a value of a Go type as Go's spew does for hashing: every field, in Go order, with its type.
//   (v1.Container){Name:(string)c Image:(string)nginx Command:([]string)<nil> ... Stdin:(bool)false}
// Source: k8s.io/utils/dump, ForHash; github.com/davecgh/go-spew, %#v
//
// The value is JSON as stored: what a controller reads has passed through protobuf, which knows no empty list or map,
// so that those print as nil. Left out, and printed as absent: times and managedFields of a template's metadata, which
// no client sets.
import goTypesJson from './go-types.json' with { type: 'json' }
import { printQuantity } from './go-quantity.ts'

/** Go name, JSON name (empty: embedded in place), Go type. */
type FieldRow = readonly [string, string, string]

// The rows of the file are lists to TypeScript, not tuples.
const goTypes = goTypesJson as unknown as Readonly<Record<string, readonly FieldRow[]>>

/** Prints a value without its type. */
type Print = (value: unknown) => string

const printers = new Map<string, Print>()

/** @param type a Go type such as `v1.PodTemplateSpec`, with its type in front: `(v1.PodTemplateSpec){...}` */
export function printForHash(type: string, value: unknown): string {
  return `(${type})${printerOf(type)(value)}`
}

function printerOf(type: string): Print {
  let printer = printers.get(type)
  if (printer === undefined) {
    printer = compile(type)
    printers.set(type, printer)
  }
  return printer
}

function compile(type: string): Print {
  if (type.startsWith('*')) {
    const target = type.slice(1)
    return (value) => (isAbsent(value) ? '<nil>' : printerOf(target)(value))
  }
  if (type.startsWith('[]')) {
    const element = type.slice(2)
    return (value) =>
      Array.isArray(value) && value.length > 0 ? `[${value.map(printerOf(element)).join(' ')}]` : '<nil>'
  }
  if (type.startsWith('map[')) return compileMap(type.slice(type.indexOf(']') + 1))
  switch (type) {
    case 'v1.ResourceList':
      return compileMap('resource.Quantity')
    case 'resource.Quantity':
      return (value) => printQuantity(isAbsent(value) ? undefined : String(value))
    case 'intstr.IntOrString':
      return printIntOrString
    case 'v1.Time':
      return () => '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
    case 'bool':
      return (value) => String(value ?? false)
    case 'int':
    case 'int32':
    case 'int64':
      return (value) => String(value ?? 0)
  }
  const fields = goTypes[type]
  // What is in no table is a string by another name.
  return fields === undefined ? (value) => String(value ?? '') : compileStruct(fields)
}

const omitted = new Set(['ManagedFields', 'DeletionTimestamp'])

interface Part {
  /** `Name:(string)` */
  readonly lead: string
  readonly json: string
  readonly type: string
  print?: Print
  /** The whole part when the value is absent: most are. */
  absent?: string
}

function compileStruct(fields: readonly FieldRow[]): Print {
  const parts: Part[] = fields.map(([go, json, type], at) => ({
    lead: `${at === 0 ? '{' : ' '}${go}:(${type})`,
    json: omitted.has(go) ? '-' : json,
    type,
  }))
  if (parts.length === 0) return () => '{}'
  return (value) => {
    const object = (value ?? {}) as Readonly<Record<string, unknown>>
    let text = ''
    for (const part of parts) {
      const member = part.json === '' ? value : object[part.json]
      // Printers are looked up here, on first use: types may name each other in circles.
      if (isAbsent(member)) text += part.absent ??= part.lead + printerOf(part.type)(undefined)
      else text += part.lead + (part.print ??= printerOf(part.type))(member)
    }
    return `${text}}`
  }
}

function compileMap(element: string): Print {
  return (value) => {
    if (isAbsent(value)) return '<nil>'
    const object = value as Readonly<Record<string, unknown>>
    const keys = Object.keys(object).sort()
    if (keys.length === 0) return '<nil>'
    const print = printerOf(element)
    return `map[${keys.map((key) => `${key}:${print(object[key])}`).join(' ')}]`
  }
}

function printIntOrString(value: unknown): string {
  const isText = typeof value === 'string'
  const number = typeof value === 'number' ? value : 0
  return `{Type:(intstr.Type)${isText ? 1 : 0} IntVal:(int32)${number} StrVal:(string)${isText ? value : ''}}`
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
