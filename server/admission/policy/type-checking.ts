// What is wrong with the types in the expressions of a policy, for each kind that it is for: warnings, never refusals.
// Source: apiserver/pkg/admission/plugin/policy/validating, TypeChecker; apiserver/pkg/cel/common, SchemaDeclType (v1.36)
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../api/admissionregistration.ts'
import { newAdmissionEnvironment } from '../../apimachinery/cel/admission.ts'
import { CompilationError, type Environment } from '../../apimachinery/cel/index.ts'
import * as types from '../../apimachinery/cel/types.ts'
import type { Type } from '../../apimachinery/cel/types.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { ScalarType, Schema, StructSchema } from '../../../openapi/schema.ts'
import { escapeName } from '../../apimachinery/cel/member-names.ts'

/** A kind that is served, and what its objects look like. */
export interface ServedKind {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly schema: StructSchema
}

/** Kinds looked at for one policy, at most. */
const MAX_TYPES = 10

/** @param served all kinds that are served now */
export function checkTypes(
  { spec }: Frozen<ValidatingAdmissionPolicy>,
  served: readonly ServedKind[],
): readonly ExpressionWarning[] {
  const kinds = kindsOf(spec, served)
  const params = spec?.paramKind === undefined ? undefined : paramsOf(spec.paramKind, served)
  const environments = kinds.map((one) => ({ kind: one, environment: environmentFor(one, spec, params) }))
  const warnings: ExpressionWarning[] = []
  const check = (expression: string, fieldRef: string): void => {
    const found = environments.flatMap(({ kind, environment }) => {
      const problem = problemOf(expression, environment)
      return problem === undefined ? [] : [`${printKind(kind)}: ${problem}\n`]
    })
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') })
  }
  for (const [at, { expression, messageExpression = '' }] of (spec?.validations ?? []).entries()) {
    check(expression, `spec.validations[${at}].expression`)
    if (messageExpression !== '') check(messageExpression, `spec.validations[${at}].messageExpression`)
  }
  return warnings
}

function problemOf(expression: string, environment: Environment): string | undefined {
  try {
    environment.compile(expression)
    return undefined
  } catch (error) {
    if (error instanceof CompilationError) return error.message
    throw error
  }
}

/** As Go prints a GroupVersionKind. */
function printKind({ group, version, kind }: ServedKind): string {
  return `${group}/${version}, Kind=${kind}`
}

type Spec = Frozen<ValidatingAdmissionPolicy>['spec']

/** Those that the policy names without a wildcard, in order of group, version and kind. */
function kindsOf(spec: Spec, served: readonly ServedKind[]): readonly ServedKind[] {
  const found = new Set<ServedKind>()
  const hasWildcard = (names: readonly string[] | undefined): boolean => names?.some((one) => one.includes('*')) ?? true
  for (const { apiGroups, apiVersions, resources = [] } of spec?.matchConstraints?.resourceRules ?? []) {
    if (hasWildcard(apiGroups) || hasWildcard(apiVersions)) continue
    const plain = resources.filter((one) => !/[*/]/.test(one))
    for (const one of served) {
      const isMeant =
        apiGroups?.includes(one.group) && apiVersions?.includes(one.version) && plain.includes(one.resource)
      if (isMeant === true && found.size < MAX_TYPES) found.add(one)
    }
  }
  const key = ({ group, version, kind }: ServedKind): string => [group, version, kind].join('\n')
  return [...found].toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function paramsOf(
  { apiVersion = '', kind }: Frozen<NonNullable<NonNullable<ValidatingAdmissionPolicy['spec']>['paramKind']>>,
  served: readonly ServedKind[],
): ServedKind | undefined {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return served.find((one) => one.group === group && one.version === version && one.kind === kind)
}

function environmentFor(object: ServedKind, spec: Spec, params: ServedKind | undefined): Environment {
  const fields: Structs = new Map()
  const known = { object: typeOf(object.schema, fields), params: params && typeOf(params.schema, fields) }
  const variables = new Map<string, Type>()
  const scope = { hasParams: spec?.paramKind !== undefined, hasAuthorizer: true, variables }
  for (const { name, expression } of spec?.variables ?? []) {
    const environment = newAdmissionEnvironment({ ...scope, variables: new Map(variables) }, { ...known, fields })
    variables.set(name, typeOfExpression(expression, environment))
  }
  return newAdmissionEnvironment(scope, { ...known, fields })
}

/** A variable that is wrong itself may be anything. */
function typeOfExpression(expression: string, environment: Environment): Type {
  try {
    return environment.compile(expression).type
  } catch (error) {
    if (error instanceof CompilationError) return types.dyn
    throw error
  }
}

/** Fields by the name of their struct. */
type Structs = Map<string, ReadonlyMap<string, Type>>

/** Undefined for what expressions cannot name. */
function typeOf(schema: Schema, structs: Structs): Type | undefined {
  switch (schema.form) {
    case 'scalar':
      return scalars[schema.scalar]
    case 'list': {
      const element = typeOf(schema.element, structs)
      return element && types.listOf(element)
    }
    case 'map': {
      const element = typeOf(schema.element, structs)
      return element && types.mapOf(types.string, element)
    }
    case 'struct': {
      if (!structs.has(schema.name)) {
        const fields = new Map<string, Type>()
        // Known before its fields are: types may hold themselves.
        structs.set(schema.name, fields)
        for (const [name, field] of schema.fields) {
          const escaped = escapeName(name)
          const one = typeOf(field.schema, structs)
          if (escaped !== undefined && one !== undefined) fields.set(escaped, one)
        }
      }
      return types.structOf(schema.name)
    }
    case 'any':
      return undefined
  }
}

const scalars: Readonly<Record<ScalarType, Type>> = {
  string: types.string,
  int32: types.int,
  int64: types.int,
  double: types.double,
  boolean: types.bool,
  bytes: types.bytes,
  quantity: types.string,
  intOrString: types.dyn,
  time: types.timestamp,
  microTime: types.timestamp,
  duration: types.string,
}
