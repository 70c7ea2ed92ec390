// Calls that are not calls: has, all, exists, map and their like.
// Source: cel-go 0.26, parser/macro.go, ext/comprehensions.go, ext/bindings.go, cel/library.go (optMap)
import type { ComprehensionName, Node } from './ast.ts'

export interface MacroCall {
  readonly name: string
  readonly target: Node | undefined
  readonly args: readonly Node[]
  readonly offset: number
}

/** Which macros there are beyond those of the language. */
export interface Macros {
  readonly twoVariables?: boolean
  readonly optional?: boolean
  readonly bindings?: boolean
}

interface MacroError {
  readonly offset: number
  readonly message: string
}

/** A macro's tree, what is wrong with its arguments, or undefined for a plain call. */
export function expandMacro(macros: Macros, call: MacroCall): Node | MacroError | undefined {
  const { name, target, args, offset } = call
  if (target === undefined) return name === 'has' && args.length === 1 ? expandHas(args[0]!, offset) : undefined
  if (macros.bindings === true && name === 'bind' && isName(target, 'cel') && args.length === 3) {
    return expandBind(args[0]!, args[1]!, args[2]!, offset, 'cel.bind() variable names must be simple identifiers')
  }
  if (macros.optional === true && (name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    const message = `${name}() variable name must be a simple identifier`
    const bound = expandBind(args[0]!, target, args[1]!, offset, message)
    return 'message' in bound ? bound : { ...bound, over: name }
  }
  return expandComprehension(macros, call)
}

function isName(node: Node, name: string): boolean {
  return node.kind === 'ident' && node.name === name
}

function expandHas(argument: Node, offset: number): Node | MacroError {
  if (argument.kind === 'select' && !argument.isTest) return { ...argument, offset, isTest: true }
  return { offset: argument.offset, message: 'invalid argument to has() macro' }
}

function expandBind(
  variable: Node,
  value: Node,
  body: Node,
  offset: number,
  message: string,
): Extract<Node, { kind: 'bind' }> | MacroError {
  if (variable.kind !== 'ident') return { offset: variable.offset, message }
  return { kind: 'bind', offset, name: variable.name, value, body }
}

interface Shape {
  readonly macro: ComprehensionName
  readonly variables: number
  readonly predicate?: number
  readonly transform?: number
}

/** By name and number of arguments: which argument is what. */
const oneVariable: Readonly<Record<string, Shape>> = {
  all2: { macro: 'all', variables: 1, predicate: 1 },
  exists2: { macro: 'exists', variables: 1, predicate: 1 },
  exists_one2: { macro: 'exists_one', variables: 1, predicate: 1 },
  existsOne2: { macro: 'exists_one', variables: 1, predicate: 1 },
  filter2: { macro: 'filter', variables: 1, predicate: 1 },
  map2: { macro: 'map', variables: 1, transform: 1 },
  map3: { macro: 'map', variables: 1, predicate: 1, transform: 2 },
}

const twoVariables: Readonly<Record<string, Shape>> = {
  all3: { macro: 'all', variables: 2, predicate: 2 },
  exists3: { macro: 'exists', variables: 2, predicate: 2 },
  existsOne3: { macro: 'exists_one', variables: 2, predicate: 2 },
  exists_one3: { macro: 'exists_one', variables: 2, predicate: 2 },
  transformList3: { macro: 'transformList', variables: 2, transform: 2 },
  transformList4: { macro: 'transformList', variables: 2, predicate: 2, transform: 3 },
  transformMap3: { macro: 'transformMap', variables: 2, transform: 2 },
  transformMap4: { macro: 'transformMap', variables: 2, predicate: 2, transform: 3 },
  transformMapEntry3: { macro: 'transformMapEntry', variables: 2, transform: 2 },
  transformMapEntry4: { macro: 'transformMapEntry', variables: 2, predicate: 2, transform: 3 },
}

function expandComprehension(macros: Macros, call: MacroCall): Node | MacroError | undefined {
  const key = `${call.name}${call.args.length}`
  const shape = oneVariable[key] ?? (macros.twoVariables === true ? twoVariables[key] : undefined)
  if (shape === undefined) return undefined
  const names = call.args.slice(0, shape.variables)
  const wrong = names.find((one) => one.kind !== 'ident')
  if (wrong !== undefined) return { offset: wrong.offset, message: 'argument must be a simple name' }
  return {
    kind: 'comprehension',
    offset: call.offset,
    macro: shape.macro,
    range: call.target!,
    variables: names.map((one) => (one.kind === 'ident' ? one.name : '')),
    predicate: shape.predicate === undefined ? undefined : call.args[shape.predicate],
    transform: shape.transform === undefined ? undefined : call.args[shape.transform],
  }
}
