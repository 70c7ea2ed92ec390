// Runs one ValidatingAdmissionPolicy on one request: its conditions, then its validations.
// Source: apiserver/pkg/admission/plugin/policy/validating, validator.Validate (v1.36). Audit annotations are not made:
// there is no audit.
import type { ValidatingAdmissionPolicy, Validation } from '../../api/admissionregistration.ts'
import type { Bindings } from '../../apimachinery/cel/evaluate.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'
import { bindingsFor } from './bindings.ts'
import { compile, compileBase, meets, run, type CompiledBase, type Expression } from './expressions.ts'

type Policy = Frozen<ValidatingAdmissionPolicy>

/** A validation that does not hold. */
export interface Denial {
  readonly message: string
  /** Of the Status; undefined if the policy itself failed. */
  readonly reason?: string | undefined
}

interface CompiledPolicy extends CompiledBase {
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
  const base = compileBase(spec)
  return {
    ...base,
    validations: (spec.validations ?? []).map((rule) => ({
      rule,
      expression: compile(rule.expression, base.scope),
      message: rule.messageExpression
        ? compile(rule.messageExpression, { ...base.scope, hasAuthorizer: false })
        : undefined,
    })),
  }
}
