// The expressions of a policy, compiled once, and run for a request.
// Source: apiserver/pkg/admission/plugin/cel, evaluateWithActivation, composition.go; webhook/matchconditions, Match (v1.36)
import type { MatchCondition, Variable } from '../../api/admissionregistration.ts'
import { compileForAdmission, type AdmissionScope } from '../../apimachinery/cel/admission.ts'
import { evaluate, type Bindings } from '../../apimachinery/cel/evaluate.ts'
import { CompilationError, type Compiled } from '../../apimachinery/cel/index.ts'
import { dyn, type Type } from '../../apimachinery/cel/types.ts'
import { EvaluationError, type Value } from '../../apimachinery/cel/values.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { Variables } from './bindings.ts'

export interface Expression {
  readonly text: string
  /** Undefined for one that does not compile. */
  readonly compiled: Compiled | undefined
}

export function compile(text: string, scope: AdmissionScope): Expression {
  try {
    return { text, compiled: compileForAdmission(text, scope) }
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error
    return { text, compiled: undefined }
  }
}

/** What both kinds of policies have, and the scope of their other expressions. */
export interface CompiledBase {
  readonly conditions: readonly Expression[]
  readonly variables: Variables
  readonly scope: AdmissionScope
}

interface PolicySpec {
  readonly paramKind?: unknown
  readonly matchConditions?: readonly Frozen<MatchCondition>[]
  readonly variables?: readonly Frozen<Variable>[]
}

export function compileBase({ paramKind, matchConditions = [], variables = [] }: PolicySpec): CompiledBase {
  const base: AdmissionScope = { hasParams: paramKind !== undefined, hasAuthorizer: true }
  const types = new Map<string, Type>()
  const compiled = new Map<string, Compiled | undefined>()
  for (const { name, expression } of variables) {
    const found = compile(expression, { ...base, variables: new Map(types) }).compiled
    types.set(name, found?.type ?? dyn)
    compiled.set(name, found)
  }
  return {
    conditions: matchConditions.map(({ expression }) => compile(expression.trim(), base)),
    variables: compiled,
    scope: variables.length === 0 ? base : { ...base, variables: types },
  }
}

export type Result = { readonly value: Value } | { readonly problem: string }

export function run({ text, compiled }: Expression, bindings: Bindings): Result {
  if (compiled === undefined) return { problem: `compilation failed: ${text}` }
  try {
    return { value: evaluate(compiled.node, bindings) }
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    return { problem: `expression '${text}' resulted in error: ${error.message}` }
  }
}

/** False if a condition does not hold; else what went wrong, if something did. */
export function meets(conditions: readonly Expression[], bindings: Bindings): boolean | string {
  const results = conditions.map((one) => run(one, bindings))
  if (results.some((result) => 'value' in result && result.value === false)) return false
  const problems = results.flatMap((result) => ('problem' in result ? [result.problem] : []))
  if (problems.length === 0) return true
  return problems.length === 1 ? problems[0]! : `[${[...new Set(problems)].join(', ')}]`
}
