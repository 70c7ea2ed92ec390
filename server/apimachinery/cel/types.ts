// Types of expressions: how they read, and which may stand for which.
// Source: cel-go 0.26, common/types/types.go, checker/types.go, checker/format.go

/** A struct or an abstract type has its own name; a parameter stands for any type until it is bound. */
export interface Type {
  readonly kind:
    | 'basic'
    | 'null'
    | 'dyn'
    | 'any'
    | 'error'
    | 'duration'
    | 'timestamp'
    | 'type'
    | 'list'
    | 'map'
    | 'struct'
    | 'opaque'
    | 'param'
  readonly name: string
  readonly params: readonly Type[]
}

function type(kind: Type['kind'], name: string, params: readonly Type[] = []): Type {
  return { kind, name, params }
}

export const bool = type('basic', 'bool')
export const int = type('basic', 'int')
export const uint = type('basic', 'uint')
export const double = type('basic', 'double')
export const string = type('basic', 'string')
export const bytes = type('basic', 'bytes')
export const nullType = type('null', 'null_type')
export const dyn = type('dyn', 'dyn')
export const any = type('any', 'google.protobuf.Any')
export const errorType = type('error', '*error*')
export const duration = type('duration', 'google.protobuf.Duration')
export const timestamp = type('timestamp', 'google.protobuf.Timestamp')

export const listOf = (element: Type): Type => type('list', 'list', [element])
export const mapOf = (key: Type, value: Type): Type => type('map', 'map', [key, value])
export const typeOf = (instance: Type): Type => type('type', 'type', [instance])
export const structOf = (name: string): Type => type('struct', name)
export const optionalOf = (content: Type): Type => type('opaque', 'optional_type', [content])
export const paramOf = (name: string): Type => type('param', name)

/** As an error of the checker names it. */
export function formatType(one: Type): string {
  const short: Partial<Record<Type['kind'], string>> = {
    any: 'any',
    duration: 'duration',
    error: '!error!',
    null: 'null',
    timestamp: 'timestamp',
  }
  return short[one.kind] ?? withParams(one, formatType)
}

/** As a type names itself. */
export function typeName(one: Type): string {
  return withParams(one, typeName)
}

function withParams({ name, params }: Type, format: (one: Type) => string): string {
  return params.length === 0 ? name : `${name}(${params.map(format).join(', ')})`
}

export function isOptional(one: Type): boolean {
  return one.kind === 'opaque' && one.name === 'optional_type'
}

export function isDynamic(one: Type): boolean {
  return one.kind === 'dyn' || one.kind === 'any' || one.kind === 'error'
}

export function isSameType(a: Type, b: Type): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.params.length === b.params.length &&
    a.params.every((param, at) => isSameType(param, b.params[at]!))
  )
}

/** What parameters are bound to, by name. */
export type Mapping = Map<string, Type>

/** @param toDyn what unbound parameters become; else they stay */
export function substitute(mapping: Mapping, one: Type, toDyn = false): Type {
  if (one.kind === 'param') {
    const bound = mapping.get(one.name)
    if (bound !== undefined) return substitute(mapping, bound, toDyn)
    return toDyn ? dyn : one
  }
  if (one.params.length === 0) return one
  return { ...one, params: one.params.map((param) => substitute(mapping, param, toDyn)) }
}

/** Whether values of `b` may stand where `a` is asked for. Binds parameters of both, but only if they fit. */
export function isAssignable(mapping: Mapping, a: Type, b: Type): boolean {
  return areAssignable(mapping, [a], [b])
}

export function areAssignable(mapping: Mapping, as: readonly Type[], bs: readonly Type[]): boolean {
  if (as.length !== bs.length) return false
  const trial: Mapping = new Map(mapping)
  if (!as.every((a, at) => fits(trial, a, bs[at]!))) return false
  for (const [name, bound] of trial) mapping.set(name, bound)
  return true
}

function fits(mapping: Mapping, a: Type, b: Type): boolean {
  if (b.kind === 'param') {
    const bound = mapping.has(b.name)
    if (bindsTo(mapping, a, b)) return true
    if (bound) return false
  }
  if (a.kind === 'param') return bindsTo(mapping, b, a)
  if (isDynamic(a) || isDynamic(b)) return true
  if (a.kind === 'null') return isNullable(b)
  if (b.kind === 'null') return isNullable(a)
  if (a.kind !== b.kind || a.name !== b.name) return false
  if (a.kind === 'type') return true
  return a.params.length === b.params.length && a.params.every((param, at) => fits(mapping, param, b.params[at]!))
}

function isNullable({ kind }: Type): boolean {
  return ['null', 'opaque', 'struct', 'duration', 'timestamp', 'any'].includes(kind)
}

function bindsTo(mapping: Mapping, one: Type, param: Type): boolean {
  if (isSameType(one, param)) return true
  const bound = mapping.get(param.name)
  if (bound === undefined) {
    if (isReferenced(mapping, param, one)) return false
    mapping.set(param.name, one)
    return true
  }
  if (isSameType(one, bound)) return true
  if (!fits(mapping, one, bound)) return false
  const general = mostGeneral(one, bound)
  if (!isReferenced(mapping, param, general)) mapping.set(param.name, general)
  return true
}

function isReferenced(mapping: Mapping, param: Type, within: Type): boolean {
  if (within.kind === 'param') {
    if (within.name === param.name) return true
    const bound = mapping.get(within.name)
    return bound !== undefined && isReferenced(mapping, param, bound)
  }
  return within.params.some((one) => isReferenced(mapping, param, one))
}

export function mostGeneral(a: Type, b: Type): Type {
  return isAsGeneral(a, b) ? a : b
}

function isAsGeneral(a: Type, b: Type): boolean {
  if (isDynamic(a) || a.kind === 'param') return true
  if (isDynamic(b) || b.kind === 'param') return false
  if (a.kind !== b.kind || a.name !== b.name) return false
  if (a.kind === 'type') return true
  return a.params.length === b.params.length && a.params.every((param, at) => isAsGeneral(param, b.params[at]!))
}
