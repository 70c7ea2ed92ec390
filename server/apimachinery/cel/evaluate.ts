// Runs an expression that has been checked.
// Source: cel-go 0.26, interpreter/interpretable.go, interpreter/attributes.go
import type { Comprehension, Node } from './ast.ts'
import { Uint } from './ast.ts'
import { qualifiedName } from './checker.ts'
import { callFunction, isNamespaced } from './functions.ts'
import { EvaluationError, Optional, Struct, TypeValue, equal, isMap, numberOf, printKey, typeNameOf } from './values.ts'
import type { MapKey, MapValue, Value } from './values.ts'

/** Values of variables; a function gives its value when it is first needed. */
export type Bindings = ReadonlyMap<string, Value | (() => Value)>

/** @throws EvaluationError */
export function evaluate(node: Node, bindings: Bindings): Value {
  return new Evaluator(bindings).run(node)
}

const typeValues = new Set('bool int uint double string bytes list map null_type type'.split(' '))

/** Steps of loops that one evaluation may make, instead of upstream's cost limit. */
const maxSteps = 1_000_000

/** Variables of macros, and those around them. */
interface Scope {
  readonly names: ReadonlyMap<string, Value>
  readonly outer: Scope | undefined
}

class Evaluator {
  readonly #bindings: Bindings
  #scopes: Scope | undefined
  #steps = 0

  constructor(bindings: Bindings) {
    this.#bindings = bindings
  }

  run(node: Node): Value {
    switch (node.kind) {
      case 'literal':
        return node.value
      case 'ident':
        return this.#ident(node.name)
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

  #known(name: string): Value | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name
    for (let scope = this.#scopes; scope !== undefined; scope = scope.outer) {
      const value = scope.names.get(plain)
      if (value !== undefined) return value
    }
    const bound = this.#bindings.get(plain)
    if (typeof bound === 'function') return bound()
    if (bound !== undefined) return bound
    return typeValues.has(plain) ? new TypeValue(plain) : undefined
  }

  #ident(name: string): Value {
    const value = this.#known(name)
    if (value === undefined) throw new EvaluationError(`no such attribute(s): ${name}`)
    return value
  }

  #select(node: Extract<Node, { kind: 'select' }>): Value {
    const name = node.isTest || node.isOptional ? undefined : qualifiedName(node)
    const known = name === undefined ? undefined : this.#known(name)
    if (known !== undefined) return known
    const operand = this.run(node.operand)
    if (operand instanceof Optional) {
      const found = operand.content === undefined ? undefined : member(operand.content, node.field)
      return node.isTest ? found !== undefined : new Optional(found)
    }
    const found = member(operand, node.field)
    if (node.isTest) return isPresent(operand, found)
    if (node.isOptional) return new Optional(found)
    if (found === undefined) throw new EvaluationError(`no such key: ${node.field}`)
    return found
  }

  #call(node: Extract<Node, { kind: 'call' }>): Value {
    const { name, target, args } = node
    switch (name) {
      case '_&&_':
      case '_||_':
        return this.#logic(args, name === '_||_')
      case '_?_:_': {
        const condition = this.run(args[0]!)
        if (typeof condition !== 'boolean') throw new EvaluationError('no such overload')
        return this.run(args[condition ? 1 : 2]!)
      }
      case '_[_]':
      case '_[?_]':
        return this.#index(this.run(args[0]!), this.run(args[1]!), name === '_[?_]')
      case '_==_':
        return equal(this.run(args[0]!), this.run(args[1]!))
      case '_!=_':
        return !equal(this.run(args[0]!), this.run(args[1]!))
    }
    const prefix = target === undefined ? undefined : qualifiedName(target)
    if (prefix !== undefined && isNamespaced(`${prefix}.${name}`)) {
      return callFunction(
        `${prefix}.${name}`,
        args.map((arg) => this.run(arg)),
      )
    }
    if (target === undefined)
      return callFunction(
        name,
        args.map((arg) => this.run(arg)),
      )
    return callFunction(name, [this.run(target), ...args.map((arg) => this.run(arg))], true)
  }

  /** An operand that decides hides errors of the other. */
  #logic(operands: readonly Node[], decisive: boolean): Value {
    let failure: unknown
    for (const operand of operands) {
      try {
        const value = this.run(operand)
        if (value === decisive) return decisive
        if (typeof value !== 'boolean') failure ??= new EvaluationError('no such overload')
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure as EvaluationError
    return !decisive
  }

  #index(operand: Value, key: Value, isOptional: boolean): Value {
    const isWrapped = operand instanceof Optional
    const container = isWrapped ? operand.content : operand
    const found = container === undefined ? undefined : element(container, key)
    if (isOptional || isWrapped) return new Optional(found)
    if (found !== undefined) return found
    throw new EvaluationError(
      Array.isArray(container) ? `index out of bounds: ${printKey(key)}` : `no such key: ${printKey(key)}`,
    )
  }

  #list({ elements, optional }: Extract<Node, { kind: 'list' }>): Value {
    return elements.flatMap((one, at): Value[] => {
      const value = this.run(one)
      if (!optional.has(at) || !(value instanceof Optional)) return [value]
      return value.content === undefined ? [] : [value.content]
    })
  }

  #map({ entries }: Extract<Node, { kind: 'map' }>): Value {
    const map = new Map<MapKey, Value>()
    for (const { key, value, isOptional } of entries) {
      const name = keyOf(this.run(key))
      const content = this.run(value)
      if (isOptional && content instanceof Optional) {
        if (content.content !== undefined) map.set(name, content.content)
      } else map.set(name, content)
    }
    return map
  }

  #struct({ type, fields }: Extract<Node, { kind: 'struct' }>): Value {
    const members = new Map<string, Value>()
    for (const { name, value, isOptional } of fields) {
      const content = this.run(value)
      if (isOptional && content instanceof Optional) {
        if (content.content !== undefined) members.set(name, content.content)
      } else members.set(name, content)
    }
    return new Struct(type, members)
  }

  #within<R>(names: ReadonlyMap<string, Value>, body: () => R): R {
    const outer = this.#scopes
    this.#scopes = { names, outer }
    try {
      return body()
    } finally {
      this.#scopes = outer
    }
  }

  #bind(node: Extract<Node, { kind: 'bind' }>): Value {
    const value = this.run(node.value)
    if (node.over === undefined) return this.#within(new Map([[node.name, value]]), () => this.run(node.body))
    const content = value instanceof Optional ? value.content : value
    if (content === undefined) return new Optional()
    const result = this.#within(new Map([[node.name, content]]), () => this.run(node.body))
    return node.over === 'optFlatMap' ? result : new Optional(result)
  }

  #comprehension(node: Comprehension): Value {
    const range = this.run(node.range)
    const isKeyed = isMap(range)
    if (!isKeyed && !Array.isArray(range)) {
      throw new EvaluationError(`got 'types.${goTypeOf(range)}', expected iterable type`)
    }
    const pairs: [Value, Value][] = isKeyed
      ? [...range].map(([key, value]) => [key, value])
      : (range as readonly Value[]).map((value, at) => [BigInt(at), value])
    const [first = '', second] = node.variables
    const steps = pairs.map(([key, value]) => {
      const names = new Map<string, Value>()
      if (second !== undefined) names.set(first, key).set(second, value)
      else names.set(first, isKeyed ? key : value)
      return { key, value, names }
    })
    return this.#fold(node, isKeyed, steps)
  }

  #fold(node: Comprehension, isKeyed: boolean, steps: readonly Step[]): Value {
    const holds = ({ names }: Step): boolean => {
      if (++this.#steps > maxSteps) throw new EvaluationError('operation cancelled: actual cost limit exceeded')
      if (node.predicate === undefined) return true
      const value = this.#within(names, () => this.run(node.predicate!))
      if (typeof value !== 'boolean') throw new EvaluationError('no such overload')
      return value
    }
    const made = ({ names }: Step): Value => this.#within(names, () => this.run(node.transform!))
    switch (node.macro) {
      case 'all':
      case 'exists':
        return foldLogic(steps, holds, node.macro === 'exists')
      case 'exists_one':
        return steps.filter(holds).length === 1
      case 'filter':
        return steps.filter(holds).map(({ key, value }) => (isKeyed ? key : value))
      case 'map':
      case 'transformList':
        return steps.filter(holds).map(made)
      case 'transformMap':
        return new Map(steps.filter(holds).map((step) => [keyOf(step.key), made(step)]))
      case 'transformMapEntry':
        return new Map(steps.filter(holds).flatMap((step) => [...(made(step) as MapValue)]))
    }
  }
}

interface Step {
  readonly key: Value
  readonly value: Value
  readonly names: ReadonlyMap<string, Value>
}

/** As with `&&` and `||`: what decides hides errors. */
function foldLogic(steps: readonly Step[], holds: (step: Step) => boolean, decisive: boolean): boolean {
  let failure: EvaluationError | undefined
  for (const step of steps) {
    try {
      if (holds(step) === decisive) return decisive
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !decisive
}

/** `String`, as the reference implementation names its type. */
function goTypeOf(value: Value): string {
  const name = typeNameOf(value)
  return name === 'null_type' ? 'Null' : name.charAt(0).toUpperCase() + name.slice(1)
}

function keyOf(value: Value): MapKey {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value
  if (value instanceof Uint) return value.value
  throw new EvaluationError(`unsupported key type: ${printKey(value)}`)
}

/** Undefined if there is none. */
function member(operand: Value, field: string): Value | undefined {
  if (isMap(operand)) return operand.get(field)
  if (operand instanceof Struct) return operand.fields.get(field)
  return undefined
}

/** A field of a declared struct is there if it is not empty. */
function isPresent(operand: Value, found: Value | undefined): boolean {
  if (found === undefined) return false
  if (!(operand instanceof Struct)) return true
  return !(
    found === null ||
    found === '' ||
    found === false ||
    found === 0n ||
    (Array.isArray(found) && found.length === 0)
  )
}

function element(container: Value, key: Value): Value | undefined {
  if (Array.isArray(container)) {
    const at = numberOf(key)
    if (at === undefined || !Number.isInteger(Number(at))) throw new EvaluationError('no such overload')
    return Number(at) < 0 ? undefined : (container as readonly Value[])[Number(at)]
  }
  if (isMap(container)) {
    const number = typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key
    return container.get(keyOf(number))
  }
  return container instanceof Struct && typeof key === 'string' ? container.fields.get(key) : undefined
}
