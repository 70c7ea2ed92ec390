// Runs one policy on one request: its conditions, then its validations.
// Source: apiserver/pkg/admission/plugin/policy/validating, validator.Validate; webhook/matchconditions, Match;
// apiserver/pkg/admission/plugin/cel, evaluateWithActivation (v1.36). Audit annotations are not made: there is no audit.
import type { ValidatingAdmissionPolicy, Validation } from '../../api/admissionregistration.ts'
import { compileForAdmission, type AdmissionScope } from '../../apimachinery/cel/admission.ts'
import { evaluate, type Bindings } from '../../apimachinery/cel/evaluate.ts'
import { CompilationError, type Compiled } from '../../apimachinery/cel/index.ts'
import { dyn, type Type } from '../../apimachinery/cel/types.ts'
import { EvaluationError, type Value } from '../../apimachinery/cel/values.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'
import { bindingsFor, type Variables } from './bindings.ts'

type Policy = Frozen<ValidatingAdmissionPolicy>

/** A validation that does not hold. */
export interface Denial {
  readonly message: string
  /** Of the Status; undefined if the policy itself failed. */
  readonly reason?: string | undefined
}

interface Expression {
  readonly text: string
  readonly compiled: Compiled | undefined
}

interface CompiledPolicy {
  readonly conditions: readonly Expression[]
  readonly variables: Variables
  readonly validations: readonly { rule: Frozen<Validation>; expression: Expression; message: Expression | undefined }[]
}

/** By the stored object: a change makes another. */
const compiledPolicies = new WeakMap<Policy, CompiledPolicy>()

export function judge(
  policy: Policy,
  params: Frozen<AnyObject> | undefined,
  attributes: Attributes,
  reader: AdmissionReader,
): readonly Denial[] {
  const { conditions, variables, validations } = compiledPolicy(policy)
  const isStrict = policy.spec?.failurePolicy !== 'Ignore'
  const failed = (message: string): Denial[] => (isStrict ? [{ message }] : [])
  const bindings = bindingsFor(attributes, params, variables, reader)
  const met = meets(conditions, bindings)
  if (met !== true) return met === false ? [] : failed(met)
  return validations.flatMap(({ rule, expression, message }) => {
    const result = run(expression, bindings)
    if ('problem' in result) return failed(result.problem)
    if (result.value === true) return []
    return [{ message: messageOf(rule, message, bindings), reason: rule.reason ?? 'Invalid' }]
  })
}

/** False if one does not hold; else what went wrong, if something did. */
function meets(conditions: readonly Expression[], bindings: Bindings): boolean | string {
  const results = conditions.map((one) => run(one, bindings))
  if (results.some((result) => 'value' in result && result.value === false)) return false
  const problems = results.flatMap((result) => ('problem' in result ? [result.problem] : []))
  if (problems.length === 0) return true
  return problems.length === 1 ? problems[0]! : `[${[...new Set(problems)].join(', ')}]`
}

function run({ text, compiled }: Expression, bindings: Bindings): { value: Value } | { problem: string } {
  if (compiled === undefined) return { problem: `compilation failed: ${text}` }
  try {
    return { value: evaluate(compiled.node, bindings) }
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    return { problem: `expression '${text}' resulted in error: ${error.message}` }
  }
}

const maxMessageBytes = 5 * 1024

function messageOf(rule: Frozen<Validation>, expression: Expression | undefined, bindings: Bindings): string {
  const result = expression === undefined ? undefined : run(expression, bindings)
  if (result !== undefined && 'value' in result && typeof result.value === 'string') {
    const text = result.value.trim()
    if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= maxMessageBytes) return text
  }
  return rule.message?.trim() || `failed expression: ${rule.expression.trim()}`
}

function compiledPolicy(policy: Policy): CompiledPolicy {
  let known = compiledPolicies.get(policy)
  if (known === undefined) compiledPolicies.set(policy, (known = compilePolicy(policy)))
  return known
}

function compilePolicy({ spec = {} }: Policy): CompiledPolicy {
  const base: AdmissionScope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const types = new Map<string, Type>()
  const variables = new Map<string, Compiled | undefined>()
  for (const { name, expression } of spec.variables ?? []) {
    const { compiled } = compile(expression, { ...base, variables: new Map(types) })
    types.set(name, compiled?.type ?? dyn)
    variables.set(name, compiled)
  }
  const scope = variables.size === 0 ? base : { ...base, variables: types }
  return {
    conditions: (spec.matchConditions ?? []).map(({ expression }) => compile(expression.trim(), base)),
    variables,
    validations: (spec.validations ?? []).map((rule) => ({
      rule,
      expression: compile(rule.expression, scope),
      message: rule.messageExpression ? compile(rule.messageExpression, { ...scope, hasAuthorizer: false }) : undefined,
    })),
  }
}

function compile(text: string, scope: AdmissionScope): Expression {
  try {
    return { text, compiled: compileForAdmission(text, scope) }
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error
    return { text, compiled: undefined }
  }
}
