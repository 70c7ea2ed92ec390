// The tree of an expression. Each node knows the position that errors about it name.
// Source: cel-go 0.26, common/ast

export type Literal = null | boolean | bigint | number | string | Uint | Uint8Array

/** An unsigned integer, apart from signed ones. */
export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

export interface Entry {
  readonly offset: number
  readonly key: Node
  readonly value: Node
  readonly isOptional: boolean
}

export interface FieldInit {
  readonly offset: number
  readonly name: string
  readonly value: Node
  readonly isOptional: boolean
}

/** Macros that walk over a list or map; `one` and `two` variables. */
export type ComprehensionName =
  | 'all'
  | 'exists'
  | 'exists_one'
  | 'filter'
  | 'map'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'

export interface Comprehension {
  readonly kind: 'comprehension'
  readonly offset: number
  readonly macro: ComprehensionName
  readonly range: Node
  readonly variables: readonly string[]
  /** Absent for a map without a filter. */
  readonly predicate: Node | undefined
  /** Absent for macros that only judge. */
  readonly transform: Node | undefined
}

export type Node =
  | { readonly kind: 'literal'; readonly offset: number; readonly value: Literal }
  | { readonly kind: 'ident'; readonly offset: number; readonly name: string }
  | {
      readonly kind: 'select'
      readonly offset: number
      readonly operand: Node
      readonly field: string
      readonly isOptional: boolean
      /** `has(…)` */
      readonly isTest: boolean
    }
  | {
      readonly kind: 'call'
      readonly offset: number
      readonly name: string
      readonly target: Node | undefined
      readonly args: readonly Node[]
    }
  | {
      readonly kind: 'list'
      readonly offset: number
      readonly elements: readonly Node[]
      readonly optional: ReadonlySet<number>
    }
  | { readonly kind: 'map'; readonly offset: number; readonly entries: readonly Entry[] }
  | { readonly kind: 'struct'; readonly offset: number; readonly type: string; readonly fields: readonly FieldInit[] }
  | Comprehension
  /** `cel.bind(name, value, body)`, and `optMap` with its like. */
  | {
      readonly kind: 'bind'
      readonly offset: number
      readonly name: string
      readonly value: Node
      readonly body: Node
      /** The value is an optional one: its content is bound, and the body makes the content of the result. */
      readonly over?: 'optMap' | 'optFlatMap'
    }
