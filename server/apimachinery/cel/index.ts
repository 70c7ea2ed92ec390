// The Common Expression Language as Kubernetes speaks it: expressions are parsed, checked, and evaluated elsewhere.
// Own code, because clients see the reference implementation's errors word by word; see docs/decisions.
// Source: cel-go 0.26, cel/env.go; apiserver/pkg/cel/environment (v1.36)
import type { Node } from './ast.ts'
import { check } from './checker.ts'
import type { Declarations } from './checker.ts'
import { validateLiterals } from './literal-arguments.ts'
import type { Macros } from './macros.ts'
import { parse } from './parser.ts'
import { baseFunctions, parseFunctions, parseType } from './signatures.ts'
import type { Functions } from './signatures.ts'
import type { Type } from './types.ts'

export { CompilationError } from './source.ts'
export { typeName } from './types.ts'

export interface Compiled {
  readonly node: Node
  readonly type: Type
}

/** Types in the notation of signatures.ts: `map(string, list(A))`. */
export interface EnvironmentOptions {
  readonly variables: Readonly<Record<string, string | Type>>
  /** Fields of structs by the struct's name. A name that ends in `.*` allows all fields of all that begin so. */
  readonly structs?: Readonly<Record<string, Readonly<Record<string, string>> | 'any'>>
  /** Structs whose fields have types that are known already. */
  readonly fields?: ReadonlyMap<string, ReadonlyMap<string, Type>>
  readonly functions?: string
  readonly macros?: Macros
}

/** What an expression may use, and the compiler for it. */
export class Environment {
  readonly #declarations: Declarations
  readonly #macros: Macros

  constructor({ variables, structs = {}, fields: more = new Map(), functions = '', macros = {} }: EnvironmentOptions) {
    this.#macros = { twoVariables: true, optional: true, ...macros }
    const fields = new Map(
      Object.entries(structs).map(
        ([name, members]) => [name, members === 'any' ? 'any' : readFields(members)] as const,
      ),
    )
    const prefixes = [...fields.keys()].filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -1))
    this.#declarations = {
      variables: new Map(
        Object.entries(variables).map(([name, one]) => [name, typeof one === 'string' ? parseType(one) : one]),
      ),
      functions: functions === '' ? baseFunctions() : merged(baseFunctions(), parseFunctions(functions)),
      fieldsOf: (struct) =>
        fields.get(struct) ??
        more.get(struct) ??
        (prefixes.some((prefix) => struct.startsWith(prefix)) ? 'any' : undefined),
    }
  }

  /** @throws CompilationError */
  compile(source: string): Compiled {
    const node = parse(source, this.#macros)
    const type = check(source, node, this.#declarations)
    validateLiterals(source, node)
    return { node, type }
  }
}

function readFields(members: Readonly<Record<string, string>>): ReadonlyMap<string, Type> {
  return new Map(Object.entries(members).map(([name, type]) => [name, parseType(type)]))
}

function merged(base: Functions, more: Functions): Functions {
  const all = new Map(base)
  for (const [name, overloads] of more) all.set(name, [...(all.get(name) ?? []), ...overloads])
  return all
}
