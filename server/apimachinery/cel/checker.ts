// The types of an expression's parts, and what does not fit.
// Source: cel-go 0.26, checker/checker.go, checker/errors.go
import type { Comprehension, Node } from './ast.ts'
import { Uint } from './ast.ts'
import { CompilationError } from './source.ts'
import type { CelError } from './source.ts'
import type { Functions, Overload } from './signatures.ts'
import * as types from './types.ts'
import type { Mapping, Type } from './types.ts'

/** What expressions may name. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, Type>
  readonly functions: Functions
  /** Fields of a struct by name, `any` name if all are there; undefined for a struct that has none. */
  fieldsOf(struct: string): ReadonlyMap<string, Type> | 'any' | undefined
}

/** @throws CompilationError */
export function check(source: string, node: Node, declarations: Declarations): Type {
  const checker = new Checker(declarations)
  const result = checker.check(node)
  const errors = checker.errors.length > 0 ? checker.errors : checker.lateErrors()
  if (errors.length > 0) throw new CompilationError(source, errors)
  return types.substitute(checker.mapping, result, true)
}

const typeNames: ReadonlyMap<string, Type> = new Map([
  ...[types.bool, types.int, types.uint, types.double, types.string, types.bytes].map((one): [string, Type] => [
    one.name,
    types.typeOf(one),
  ]),
  ['null_type', types.typeOf(types.nullType)],
  ['type', types.typeOf(types.typeOf(types.dyn))],
  ['list', types.typeOf(types.listOf(types.dyn))],
  ['map', types.typeOf(types.mapOf(types.dyn, types.dyn))],
  ['google.protobuf.Timestamp', types.typeOf(types.timestamp)],
  ['google.protobuf.Duration', types.typeOf(types.duration)],
])

class Checker {
  readonly #declarations: Declarations
  readonly errors: CelError[] = []
  readonly #literals: { readonly parts: readonly (readonly [Node, Type])[]; readonly isList: boolean }[] = []
  /** How many calls of `format` are around. */
  #formats = 0
  readonly mapping: Mapping = new Map()
  /** Variables of macros, innermost last. */
  readonly #scopes: ReadonlyMap<string, Type>[] = []
  #freeParams = 0

  constructor(declarations: Declarations) {
    this.#declarations = declarations
  }

  #error({ offset }: { readonly offset: number }, message: string): Type {
    this.errors.push({ offset, message })
    return types.errorType
  }

  #undeclared(node: { readonly offset: number }, name: string): Type {
    return this.#error(node, `undeclared reference to '${name}' (in container '')`)
  }

  #mismatch(node: { readonly offset: number }, expected: Type, actual: Type): Type {
    return this.#error(node, `expected type '${types.formatType(expected)}' but found '${types.formatType(actual)}'`)
  }

  #lookup(name: string): Type | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name
    const scope = this.#scopes.findLast((one) => one.has(plain))
    const known = scope?.get(plain) ?? this.#declarations.variables.get(plain) ?? typeNames.get(plain)
    if (known !== undefined) return known
    return this.#declarations.fieldsOf(plain) === undefined ? undefined : types.typeOf(types.structOf(plain))
  }

  #freeParam(): Type {
    return types.paramOf(`_var${this.#freeParams++}`)
  }

  check(node: Node): Type {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value)
      case 'ident':
        return this.#lookup(node.name) ?? this.#undeclared(node, node.name)
      case 'select':
        return this.#select(node)
      case 'call':
        return this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'struct':
        return this.#struct(node)
      case 'comprehension':
        return this.#comprehension(node)
      case 'bind':
        return this.#bind(node)
    }
  }

  #select(node: Extract<Node, { kind: 'select' }>): Type {
    const name = node.isTest || node.isOptional ? undefined : qualifiedName(node)
    const known = name === undefined ? undefined : this.#lookup(name)
    if (known !== undefined) return known
    const operand = types.substitute(this.mapping, this.check(node.operand))
    const target = types.isOptional(operand) ? operand.params[0]! : operand
    const field = this.#field(node, target, node.field)
    if (node.isTest) return types.bool
    const result = types.isOptional(operand) || node.isOptional ? types.optionalOf(field) : field
    return types.substitute(this.mapping, result)
  }

  #field(node: { readonly offset: number }, target: Type, field: string): Type {
    if (target.kind === 'map') return target.params[1]!
    if (target.kind === 'struct') return this.#structField(node, target.name, field)
    if (target.kind === 'param') types.isAssignable(this.mapping, types.dyn, target)
    else if (!types.isDynamic(target)) {
      this.#error(node, `type '${types.formatType(target)}' does not support field selection`)
    }
    return types.dyn
  }

  #structField(node: { readonly offset: number }, struct: string, field: string): Type {
    const fields = this.#declarations.fieldsOf(struct)
    if (fields === 'any') return types.dyn
    if (fields === undefined) return this.#error(node, `unexpected failed resolution of '${struct}'`)
    return fields.get(field) ?? this.#error(node, `undefined field '${field}'`)
  }

  #call(node: Extract<Node, { kind: 'call' }>): Type {
    const { name, target, args } = node
    if (name === 'format') this.#formats++
    const argTypes = args.map((arg) => this.check(arg))
    if (name === 'format') this.#formats--
    const functions = this.#declarations.functions
    if (target === undefined) {
      const overloads = functions.get(name.startsWith('.') ? name.slice(1) : name)
      if (overloads === undefined) return this.#undeclared(node, name)
      return this.#resolve(node, name, overloads, argTypes, false)
    }
    const prefix = qualifiedName(target)
    const namespaced = prefix === undefined ? undefined : functions.get(`${prefix}.${name}`)
    if (namespaced !== undefined) return this.#resolve(node, `${prefix}.${name}`, namespaced, argTypes, false)
    const targetType = this.check(target)
    const overloads = functions.get(name)
    if (overloads === undefined) return this.#undeclared(node, name)
    return this.#resolve(node, name, overloads, [targetType, ...argTypes], true)
  }

  #resolve(
    node: Extract<Node, { kind: 'call' }>,
    name: string,
    overloads: readonly Overload[],
    args: readonly Type[],
    isMember: boolean,
  ): Type {
    if (name === '_&&_' || name === '_||_') return this.#logic(node, args)
    let result: Type | undefined
    for (const overload of overloads) {
      if (overload.isMember !== isMember) continue
      const fresh = this.#instantiate(overload)
      if (!types.areAssignable(this.mapping, args, fresh.args)) continue
      const found = types.substitute(this.mapping, fresh.result)
      if (result === undefined) result = found
      else if (result.kind !== 'dyn' && !types.isSameType(found, result)) result = types.dyn
    }
    return result ?? this.#noOverload(node, name, args, isMember)
  }

  #noOverload(node: { readonly offset: number }, name: string, args: readonly Type[], isMember: boolean): Type {
    const printed = args.map((arg) => types.formatType(types.substitute(this.mapping, arg, true)))
    const applied = isMember ? `${printed[0]}.(${printed.slice(1).join(', ')})` : `(${printed.join(', ')})`
    return this.#error(node, `found no matching overload for '${name}' applied to '${applied}'`)
  }

  #logic(node: Extract<Node, { kind: 'call' }>, args: readonly Type[]): Type {
    let result = types.bool
    for (const [at, arg] of args.entries()) {
      if (!types.isAssignable(this.mapping, arg, types.bool)) {
        result = this.#mismatch(node.args[at]!, types.bool, types.substitute(this.mapping, arg))
      }
    }
    return result
  }

  /** An overload whose parameters are new ones. */
  #instantiate({ args, result }: Overload): { args: readonly Type[]; result: Type } {
    const fresh: Mapping = new Map()
    const rename = (one: Type): Type => {
      if (one.kind === 'param') {
        const known = fresh.get(one.name) ?? this.#freeParam()
        fresh.set(one.name, known)
        return known
      }
      return one.params.length === 0 ? one : { ...one, params: one.params.map(rename) }
    }
    return { args: args.map(rename), result: rename(result) }
  }

  #join(previous: Type | undefined, current: Type): Type {
    if (previous === undefined) return current
    return types.isAssignable(this.mapping, previous, current) ? types.mostGeneral(previous, current) : types.dyn
  }

  /** Parts of a literal that must be of one type; a text's format may have arguments of any types. */
  #mustAgree(parts: readonly (readonly [Node, Type])[], isList: boolean): void {
    if (this.#formats === 0 && parts.length > 1) this.#literals.push({ parts, isList })
  }

  /** Errors that are only told if there are no others: parts of literals whose types differ, `dyn` from others too. */
  lateErrors(): CelError[] {
    return this.#literals.flatMap(({ parts, isList }) => {
      const [first, ...others] = parts.map(([node, one]) => [node, types.substitute(this.mapping, one, true)] as const)
      const wrong = others.filter(([, one]) => !types.isSameType(one, first![1]))
      return (isList ? wrong.slice(0, 1) : wrong).map(([{ offset }, one]) => ({
        offset,
        message: `expected type '${types.formatType(first![1])}' but found '${types.formatType(one)}'`,
      }))
    })
  }

  /** The content of an optional element. */
  #unwrap(node: Node, one: Type): Type {
    if (types.isOptional(one)) return one.params[0]!
    if (one.kind !== 'dyn') this.#mismatch(node, types.optionalOf(one), one)
    return one
  }

  #list({ elements, optional }: Extract<Node, { kind: 'list' }>): Type {
    let joined: Type | undefined
    const parts: [Node, Type][] = []
    for (const [at, element] of elements.entries()) {
      const one = this.check(element)
      const content = optional.has(at) ? this.#unwrap(element, one) : one
      parts.push([element, content])
      joined = this.#join(joined, content)
    }
    this.#mustAgree(parts, true)
    return types.listOf(joined ?? this.#freeParam())
  }

  #map({ entries }: Extract<Node, { kind: 'map' }>): Type {
    let keys: Type | undefined
    let values: Type | undefined
    const keyParts: [Node, Type][] = []
    const valueParts: [Node, Type][] = []
    for (const { key, value, isOptional } of entries) {
      const name = this.check(key)
      const one = this.check(value)
      const content = isOptional ? this.#unwrap(value, one) : one
      keyParts.push([key, name])
      valueParts.push([value, content])
      keys = this.#join(keys, name)
      values = this.#join(values, content)
    }
    this.#mustAgree(keyParts, false)
    this.#mustAgree(valueParts, false)
    return types.mapOf(keys ?? this.#freeParam(), values ?? this.#freeParam())
  }

  #struct(node: Extract<Node, { kind: 'struct' }>): Type {
    const known = this.#lookup(node.type)
    if (known === undefined) return this.#undeclared(node, node.type)
    let result = types.errorType
    if (known.kind !== 'type') this.#error(node, `'${types.formatType(known)}' is not a type`)
    else {
      const instance = known.params[0]!
      if (['struct', 'timestamp', 'duration', 'any', 'dyn', 'null'].includes(instance.kind)) result = instance
      else this.#error(node, `'${instance.name}' is not a message type`)
    }
    for (const field of node.fields) {
      const value = this.check(field.value)
      const content = field.isOptional ? this.#unwrap(field.value, value) : value
      if (result.kind !== 'struct') continue
      const fields = this.#declarations.fieldsOf(result.name)
      const declared = fields === 'any' ? types.dyn : fields?.get(field.name)
      if (declared !== undefined && types.isAssignable(this.mapping, declared, content)) continue
      const wanted = declared === undefined ? '' : types.formatType(declared)
      const found = types.formatType(content)
      this.#error(field, `expected type of field '${field.name}' is '${wanted}' but provided type is '${found}'`)
    }
    return result
  }

  #within<R>(variables: ReadonlyMap<string, Type>, body: () => R): R {
    this.#scopes.push(variables)
    try {
      return body()
    } finally {
      this.#scopes.pop()
    }
  }

  #bind(node: Extract<Node, { kind: 'bind' }>): Type {
    const value = types.substitute(this.mapping, this.check(node.value))
    if (node.over === undefined) return this.#within(new Map([[node.name, value]]), () => this.check(node.body))
    const content = types.isOptional(value) ? value.params[0]! : types.dyn
    if (!types.isOptional(value) && !types.isDynamic(value)) this.#noOverload(node, 'hasValue', [value], true)
    const body = this.#within(new Map([[node.name, content]]), () => this.check(node.body))
    return node.over === 'optFlatMap' ? body : types.optionalOf(body)
  }

  #comprehension(node: Comprehension): Type {
    const range = types.substitute(this.mapping, this.check(node.range))
    const variables = this.#iterationTypes(node, range)
    return this.#within(variables, () => {
      const predicate = node.predicate === undefined ? undefined : this.check(node.predicate)
      const transform = node.transform === undefined ? undefined : this.check(node.transform)
      return this.#comprehensionResult(node, range, { predicate, transform })
    })
  }

  #iterationTypes(node: Comprehension, range: Type): Map<string, Type> {
    const [first = '', second] = node.variables
    let key = types.dyn
    let value = types.dyn
    if (range.kind === 'list') {
      key = second === undefined ? range.params[0]! : types.int
      value = range.params[0]!
    } else if (range.kind === 'map') [key, value] = [range.params[0]!, range.params[1]!]
    else if (types.isDynamic(range) || range.kind === 'param') types.isAssignable(this.mapping, types.dyn, range)
    else {
      const printed = types.formatType(range)
      const detail = 'cannot be range of a comprehension (must be list, map, or dynamic)'
      key = value = this.#error(node.range, `expression of type '${printed}' ${detail}`)
    }
    return new Map(
      second === undefined
        ? [[first, key]]
        : [
            [first, key],
            [second, value],
          ],
    )
  }

  #comprehensionResult(
    node: Comprehension,
    range: Type,
    { predicate, transform }: { predicate: Type | undefined; transform: Type | undefined },
  ): Type {
    const { macro } = node
    if (macro === 'all' || macro === 'exists') {
      if (!types.isAssignable(this.mapping, predicate!, types.bool)) {
        this.#mismatch(node.predicate!, types.bool, types.substitute(this.mapping, predicate!))
      }
      return types.bool
    }
    const result = this.#accumulated(node, range, transform)
    if (predicate !== undefined && !types.isAssignable(this.mapping, predicate, types.bool)) {
      this.#noOverload(node, '_?_:_', [predicate, result, result], false)
    }
    return macro === 'exists_one' ? types.bool : types.substitute(this.mapping, result)
  }

  #accumulated(node: Comprehension, range: Type, transform: Type | undefined): Type {
    switch (node.macro) {
      case 'exists_one':
        return types.int
      case 'filter':
        return types.listOf(range.kind === 'list' || range.kind === 'map' ? range.params[0]! : types.dyn)
      case 'transformMap':
        return types.mapOf(
          range.kind === 'map' ? range.params[0]! : range.kind === 'list' ? types.int : types.dyn,
          transform!,
        )
      case 'transformMapEntry':
        return transform!
      default:
        return types.listOf(transform!)
    }
  }
}

function literalType(value: Extract<Node, { kind: 'literal' }>['value']): Type {
  if (value === null) return types.nullType
  if (value instanceof Uint) return types.uint
  if (value instanceof Uint8Array) return types.bytes
  switch (typeof value) {
    case 'boolean':
      return types.bool
    case 'bigint':
      return types.int
    case 'number':
      return types.double
    default:
      return types.string
  }
}

/** `a.b.c` of names alone. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'ident') return node.name
  if (node.kind !== 'select' || node.isTest || node.isOptional) return undefined
  const prefix = qualifiedName(node.operand)
  return prefix === undefined ? undefined : `${prefix}.${node.field}`
}
