// x-kubernetes-validations: rules in CEL that values of a schema must keep, alone or beside what they replace.
// Source: apiextensions-apiserver/pkg/apiserver/schema/cel, compilation.go and validation.go (v1.36)
import type { ValidationRule } from '../api/apiextensions.ts'
import type { Node } from '../apimachinery/cel/ast.ts'
import { evaluate, type Bindings } from '../apimachinery/cel/evaluate.ts'
import { CompilationError, Environment, typeName, type Compiled } from '../apimachinery/cel/index.ts'
import { optionalOf, type Type } from '../apimachinery/cel/types.ts'
import { EvaluationError, Optional, type Value } from '../apimachinery/cel/values.ts'
import { childrenOf } from '../apimachinery/cel/walk.ts'
import { duplicate, field, forbidden, invalid, required } from '../apimachinery/field.ts'
import type { FieldError, FieldPath } from '../apimachinery/field.ts'
import { typeOfSchema, withTypeAndObjectMeta, type Structs } from './cel-types.ts'
import { valueOf } from './cel-values.ts'
import { itemLike, type Correlation } from './correlation.ts'
import { findField } from './field-path.ts'
import type { Structural } from './structural.ts'

type Rule = ValidationRule

export interface CompiledRule {
  readonly rule: Rule
  /** Undefined if the rule is empty or does not compile. */
  readonly program?: Compiled
  readonly error?: string
  readonly usesOldSelf: boolean
  readonly message?: Compiled
  readonly messageError?: string
  /** Where the rule's finding is told, seen from its own place. */
  readonly fieldPath: string
}

export const rulesOf = ({ source }: Structural): readonly Rule[] => source['x-kubernetes-validations'] ?? []

/** Named after nothing that a rule can name. */
const selfName = 'selfType'

/** @returns undefined if rules cannot name values of the schema */
export function compileRules(schema: Structural, isRoot: boolean): readonly CompiledRule[] | undefined {
  const rules = rulesOf(schema)
  if (rules.length === 0) return []
  const fields: Structs = new Map()
  const self = typeOfSchema(schema, selfName, isRoot, fields)
  if (self === undefined) return undefined
  const environments = [self, optionalOf(self)].map(
    (oldSelf) => () => new Environment({ variables: { self, oldSelf }, fields }),
  )
  const known: (Environment | undefined)[] = []
  return rules.map((rule) => {
    const which = rule.optionalOldSelf === true ? 1 : 0
    return compileRule(rule, schema, (known[which] ??= environments[which]!()))
  })
}

function compileRule(rule: Rule, schema: Structural, environment: Environment): CompiledRule {
  const found = rule.fieldPath ? findField(rule.fieldPath, schema) : undefined
  const fieldPath = found === undefined || typeof found === 'string' ? '' : String(found.path)
  const nothing = { rule, usesOldSelf: false, fieldPath }
  if (rule.rule.trim() === '') return nothing
  const program = compile(rule.rule, environment)
  if (typeof program === 'string') return { ...nothing, error: `compilation failed: ${program}` }
  if (!isType(program.type, 'bool')) return { ...nothing, error: 'cel expression must evaluate to a bool' }
  const result = { ...nothing, program, usesOldSelf: names(program.node, 'oldSelf') }
  if (!rule.messageExpression) return result
  const message = compile(rule.messageExpression, environment)
  if (typeof message === 'string')
    return { ...result, messageError: `messageExpression compilation failed: ${message}` }
  if (!isType(message.type, 'string')) return { ...result, messageError: 'messageExpression must evaluate to a string' }
  return { ...result, message }
}

const isType = (type: Type, name: string): boolean => type.kind === 'basic' && typeName(type) === name

function compile(text: string, environment: Environment): Compiled | string {
  try {
    return environment.compile(text)
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error
    return error.message
  }
}

function names(node: Node, name: string): boolean {
  return (node.kind === 'ident' && node.name === name) || childrenOf(node).some((child) => names(child, name))
}

/** The rules of a schema, and those of the schemas below that have some. */
export interface RuleTree {
  readonly schema: Structural
  readonly rules: readonly CompiledRule[] | undefined
  readonly items: RuleTree | undefined
  readonly additional: RuleTree | undefined
  readonly properties: ReadonlyMap<string, RuleTree>
}

/** @returns undefined if there is no rule at all */
export function ruleTree(schema: Structural, isRoot: boolean): RuleTree | undefined {
  return schema.hasRules ? treeOf(schema, isRoot) : undefined
}

function treeOf(schema: Structural, isRoot: boolean): RuleTree {
  const below = (one: Structural | true | undefined): RuleTree | undefined =>
    typeof one === 'object' ? ruleTree(one, one.isEmbeddedResource) : undefined
  const properties = [...schema.properties].flatMap(([name, property]): [string, RuleTree][] => {
    const tree = below(property)
    return tree === undefined ? [] : [[name, tree]]
  })
  return {
    schema: isRoot ? withTypeAndObjectMeta(schema) : schema,
    rules: compileRules(schema, isRoot),
    items: below(schema.items),
    additional: below(schema.additional),
    properties: new Map(properties),
  }
}

/** What is found: errors, and what is not held against an update that has not made it worse. */
export interface RuleFindings {
  readonly errors: FieldError[]
  readonly warnings: string[]
}

/** How far ratcheting goes: where the value cannot be told from another, its surroundings decide. */
interface Ratchet {
  readonly here: Correlation | undefined
  readonly around: Correlation | undefined
}

const isUnchanged = ({ here, around }: Ratchet): boolean => (here ?? around)?.equal() === true

/** @param correlation undefined for a creation */
export function checkRules(
  tree: RuleTree,
  value: unknown,
  old: unknown,
  path: FieldPath,
  correlation?: Correlation,
): RuleFindings {
  const findings: RuleFindings = { errors: [], warnings: [] }
  walk(tree, value, old, path, { here: correlation, around: undefined }, findings)
  return findings
}

function walk(
  tree: RuleTree,
  value: unknown,
  old: unknown,
  path: FieldPath,
  ratchet: Ratchet,
  findings: RuleFindings,
): void {
  if (value === null || value === undefined) return
  runRules(tree, value, old, path, ratchet, findings)
  if (typeof value !== 'object') return
  if (Array.isArray(value)) {
    const { items } = tree
    if (items === undefined) return
    for (const [at, item] of value.entries()) {
      const next = stepTo(ratchet, (here) => here.index(at))
      walk(items, item, itemLike(item, old, tree.schema), path.index(at), next, findings)
    }
    return
  }
  const before = typeof old === 'object' && old !== null && !Array.isArray(old) ? (old as Record<string, unknown>) : {}
  for (const name of Object.keys(value).sort()) {
    const below = tree.properties.get(name) ?? tree.additional
    if (below === undefined) continue
    const isNamed = tree.properties.has(name)
    // All versions of an object are brought to the same type: whether these have changed cannot be told.
    const isRootType = ratchet.around === undefined && (name === 'apiVersion' || name === 'kind')
    const next = isRootType ? { here: undefined, around: undefined } : stepTo(ratchet, (here) => here.key(name))
    const member = (value as Record<string, unknown>)[name]
    walk(below, member, before[name], isNamed ? path.child(name) : path.key(name), next, findings)
  }
}

function stepTo(ratchet: Ratchet, step: (here: Correlation) => Correlation | undefined): Ratchet {
  return ratchet.here === undefined ? ratchet : { here: step(ratchet.here), around: ratchet.here }
}

function runRules(
  { schema, rules }: RuleTree,
  value: unknown,
  old: unknown,
  path: FieldPath,
  ratchet: Ratchet,
  findings: RuleFindings,
): void {
  const report = (detail: string): void => void findings.errors.push(invalid(path, schema.type, detail))
  if (rules === undefined) {
    report('rule compiler initialization error: failed to convert to declType for CEL validation rules')
    return
  }
  if (rules.length === 0) return
  const hasOld = old !== undefined && old !== null
  const self = lazily(() => valueOf(value, schema))
  const oldSelf = lazily(() => valueOf(old, schema))
  const plain: Bindings = new Map([['self', self] as const, ...(hasOld ? [['oldSelf', oldSelf] as const] : [])])
  const optional: Bindings = new Map([
    ['self', self] as const,
    ['oldSelf', () => new Optional(hasOld ? oldSelf() : undefined)] as const,
  ])
  for (const compiled of rules) {
    const { rule, program, error, usesOldSelf } = compiled
    if (error !== undefined) report(`rule compile error: ${error}`)
    if (program === undefined) continue
    const isOptional = rule.optionalOldSelf === true
    if (usesOldSelf && !hasOld && !isOptional) continue
    const result = run(program, isOptional ? optional : plain)
    if (typeof result === 'string') report(problemOf(result, rule))
    else if (result.value !== true) {
      const finding = findingOf(compiled, value, schema, path, plain)
      if (!usesOldSelf && isUnchanged(ratchet)) findings.warnings.push(`${finding.field}: ${finding.message}`)
      else findings.errors.push(finding)
    }
  }
}

function lazily(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

function run({ node }: Compiled, bindings: Bindings): { readonly value: Value } | string {
  try {
    return { value: evaluate(node, bindings) }
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    return error.message
  }
}

const textOf = ({ rule, message }: Rule): string => (message ? message : rule).trim()

function problemOf(problem: string, rule: Rule): string {
  if (problem.startsWith('no such overload')) {
    return `'${problem}': call arguments did not match a supported operator, function or macro signature for rule: ${textOf(rule)}`
  }
  if (problem.startsWith('operation cancelled: actual cost limit exceeded')) {
    return `'${problem}': no further validation rules will be run due to call cost exceeds limit for rule: ${textOf(rule)}`
  }
  return `${problem} evaluating rule: ${textOf(rule)}`
}

const maxMessageBytes = 5 * 1024

function findingOf(
  { rule, message, fieldPath }: CompiledRule,
  value: unknown,
  { type }: Structural,
  path: FieldPath,
  bindings: Bindings,
): FieldError {
  const at = path.child(fieldPath)
  const detail = evaluatedMessage(message, bindings) ?? (rule.message ? textOf(rule) : `failed rule: ${textOf(rule)}`)
  const isWhole = type === 'object' || type === 'array'
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(at, detail)
    case 'FieldValueRequired':
      return required(at, detail)
    case 'FieldValueDuplicate':
      return isWhole
        ? { reason: 'FieldValueDuplicate', field: String(at), message: 'Duplicate value' }
        : duplicate(at, value)
    default:
      // Objects and lists are not printed.
      return isWhole
        ? { reason: 'FieldValueInvalid', field: String(at), message: `Invalid value: ${detail}` }
        : invalid(at, value, detail)
  }
}

function evaluatedMessage(message: Compiled | undefined, bindings: Bindings): string | undefined {
  if (message === undefined) return undefined
  const result = run(message, bindings)
  if (typeof result === 'string' || typeof result.value !== 'string') return undefined
  const text = result.value.trim()
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes ? undefined : text
}

/** Findings that leave rules unchecked, and the one that says so. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

export function blocksRules(errors: readonly FieldError[]): boolean {
  return errors.some(({ reason }) => blocking.has(reason))
}

export const notChecked: FieldError = invalid(
  field('<nil>'),
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)
