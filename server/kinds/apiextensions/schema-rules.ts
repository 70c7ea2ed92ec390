// The rules of a schema: their form, and whether they compile.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema (v1.36)
import type { JSONSchemaProps, ValidationRule } from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { internal, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { findField } from '../../schema/field-path.ts'
import { compileRules, type CompiledRule } from '../../schema/rules.ts'
import { structuralOf } from '../../schema/structural.ts'
import { printRule } from './internal-form.ts'
import { unsupported } from './structure.ts'

const member = 'x-kubernetes-validations'

export function validateRules(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  return (schema[member] ?? []).flatMap((rule, at) => validateRule(rule, schema, path.child(member).index(at)))
}

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text)
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

function validateRule(rule: ValidationRule, schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const { message = '', messageExpression = '', fieldPath = '', reason } = rule
  const errors = validateTexts((rule.rule ?? '').trim(), message, path)
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const detail = 'messageExpression must be non-empty if specified'
    errors.push(required(path.child('messageExpression'), detail))
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(notSupported(path.child('reason'), reason, reasons))
  }
  if (fieldPath === '') return errors
  const at = path.child('fieldPath')
  if (fieldPath.trim() === '') errors.push(invalid(at, fieldPath, 'must be non-empty if specified'))
  if (hasNewlines(fieldPath)) errors.push(invalid(at, fieldPath, 'must not contain line breaks'))
  if (unsupported(schema) === undefined && typeof findField(fieldPath, structuralOf(schema)) === 'string') {
    errors.push(invalid(at, fieldPath, 'must be a valid path'))
  }
  return errors
}

function validateTexts(rule: string, message: string, path: FieldPath): FieldError[] {
  const at = path.child('message')
  if (rule === '') return [required(path.child('rule'), 'rule is not specified')]
  if (message !== '' && message.trim() === '') return [invalid(at, message, 'must be non-empty if specified')]
  if (hasNewlines(message.trim())) return [invalid(at, message, 'must not contain line breaks')]
  if (hasNewlines(rule) && message.trim() === '') {
    return [required(at, 'message must be specified if rule contains line breaks')]
  }
  return []
}

/** @param uncorrelatable the place below which rules may not compare with what was before */
export function compileErrors(
  schema: JSONSchemaProps,
  path: FieldPath,
  isRoot: boolean,
  uncorrelatable: FieldPath | undefined,
): FieldError[] {
  if ((schema[member]?.length ?? 0) === 0) return []
  const at = path.child(member)
  const structural = structuralOf(schema)
  const compiled = compileRules(structural, isRoot || structural.isEmbeddedResource)
  if (compiled === undefined) {
    const intro = 'internal error: failed to construct type information for x-kubernetes-validations rules'
    return [internal(at, `${intro}: unable to convert structural schema to CEL declarations`)]
  }
  return compiled.flatMap((one, index) => errorsOf(one, at.index(index), uncorrelatable))
}

function errorsOf(compiled: CompiledRule, path: FieldPath, uncorrelatable: FieldPath | undefined): FieldError[] {
  const { rule, error, messageError, usesOldSelf } = compiled
  const errors: FieldError[] = []
  if (error !== undefined) errors.push(invalid(path.child('rule'), printRule(rule), error))
  if (messageError !== undefined) {
    errors.push(invalid(path.child('messageExpression'), printRule(rule), messageError))
  }
  if (usesOldSelf) {
    if (uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${String(uncorrelatable)}`
      errors.push(invalid(path.child('rule'), rule.rule, detail))
    }
  } else if (rule.optionalOldSelf !== undefined) {
    const detail = 'may not be set if oldSelf is not used in rule'
    errors.push(invalid(path.child('optionalOldSelf'), rule.optionalOldSelf, detail))
  }
  return errors
}
