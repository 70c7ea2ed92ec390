// Runs one MutatingAdmissionPolicy on an object: its conditions, then its mutations, each on what the one before has made.
// Source: apiserver/pkg/admission/plugin/policy/mutating, dispatcher.go, patch/json_patch.go, patch/smd.go (v1.36). No
// policy runs a second time, whatever its reinvocationPolicy.
import { typeOfKind } from '../../../openapi/index.ts'
import type { MutatingAdmissionPolicy, Mutation } from '../../api/admissionregistration.ts'
import { Struct, toJson, type Value } from '../../apimachinery/cel/values.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import { merged } from '../../apimachinery/managed-fields/merge.ts'
import { problemsOf } from '../../apimachinery/managed-fields/validate.ts'
import { deducedMap, shapeOf, type MapShape, type Shape } from '../../apimachinery/managed-fields/shape.ts'
import { applyJsonPatch, parseJsonPatch, type JsonPatchOperation } from '../../apimachinery/patch/json-patch.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'
import { bindingsFor } from './bindings.ts'
import { compile, compileBase, meets, run, type CompiledBase, type Expression } from './expressions.ts'

type Policy = Frozen<MutatingAdmissionPolicy>

interface CompiledPolicy extends CompiledBase {
  readonly mutations: readonly { type: Mutation['patchType']; expression: Expression }[]
}

/** By the stored object: a change makes another. */
const compiledPolicies = new WeakMap<Policy, CompiledPolicy>()

/** A mutation that cannot be made. */
class MutationError extends Error {}

/** Changes `attributes.object`. @returns what went wrong: one text for each mutation that failed */
export function mutate(
  policy: Policy,
  params: Frozen<AnyObject> | undefined,
  attributes: Attributes,
  reader: AdmissionReader,
): string[] {
  const { conditions, variables, mutations } = compiledPolicy(policy)
  const met = meets(conditions, bindingsFor(attributes, params, variables, reader))
  if (met !== true) return met === false ? [] : [met]
  return mutations.flatMap(({ type, expression }) => {
    // Made anew for each: the object is another one now.
    const result = run(expression, bindingsFor(attributes, params, variables, reader))
    if ('problem' in result) return [result.problem]
    try {
      replaceContent(
        attributes,
        type === 'JSONPatch' ? patched(attributes, result.value) : applied(attributes, result.value),
      )
      return []
    } catch (error) {
      if (error instanceof MutationError) return [error.message]
      throw error
    }
  })
}

function replaceContent(attributes: Attributes, content: object): void {
  const draft = attributes.object!
  const copy = structuredClone(content)
  for (const member of Object.keys(draft)) delete draft[member]
  Object.assign(draft, copy)
  attributes.setDefaults?.(draft)
}

function patched({ object }: Attributes, value: Value): object {
  const operations = (value as readonly Value[]).map((one) => {
    if (!(one instanceof Struct))
      throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch')
    const content = one.fields.get('value')
    if (content instanceof Struct) checkTypeNames(content, content.name)
    return toJson(one)
  })
  let document: unknown = object
  for (const operation of parseJsonPatch(operations)) {
    try {
      document = applyJsonPatch(document, [operation])
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      // A test that fails only stops the patch.
      if (operation.op === 'test') return object!
      throw new MutationError(`JSON Patch: ${problemOf(operation)}`)
    }
  }
  return document as object
}

/** Source: gopkg.in/evanphx/json-patch.v4, Patch.Apply */
function problemOf({ op, path = '' }: JsonPatchOperation): string {
  const key = path.slice(path.lastIndexOf('/') + 1)
  switch (op) {
    case 'remove':
      return `error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`
    case 'replace':
      return `replace operation does not apply: doc is missing key: ${path}: missing value`
    case 'add':
      return `add operation does not apply: doc is missing path: "${path}": missing value`
    case 'move':
    case 'copy':
      return `${op} operation does not apply: doc is missing from path: ${path}: missing value`
    default:
      return `Unexpected kind: ${op}`
  }
}

function applied({ object, kind }: Attributes, value: Value): object {
  if (!(value instanceof Struct)) throw new MutationError('unsupported return type from ApplyConfiguration expression')
  checkTypeNames(value, 'Object')
  const configuration = toJson(value) as Record<string, unknown>
  const schema = typeOfKind(object?.apiVersion ?? '', kind)
  const shape = schema === undefined ? deducedMap : (shapeOf(schema) as MapShape)
  const problems = problemsOf(shape, configuration)
  if (problems !== undefined) {
    throw new MutationError(`error applying patch: failed to convert patch object to typed object: ${problems}`)
  }
  const atomics = atomicsIn(shape, configuration, '')
  if (atomics.length > 0) {
    const problem = `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`
    throw new MutationError(`error applying patch: ${problem}`)
  }
  return merged(shape, object!, configuration)
}

/** Each struct must be named by its place: `Object.spec` in the member `spec`. */
function checkTypeNames(value: Value, expected: string): void {
  if (Array.isArray(value)) {
    for (const one of value as readonly Value[]) checkTypeNames(one, expected)
  } else if (value instanceof Map) {
    for (const one of value.values() as Iterable<Value>) checkTypeNames(one, expected)
  } else if (value instanceof Struct) {
    if (value.name !== expected) {
      const why = `unexpected type name ${JSON.stringify(value.name)}, expected ${JSON.stringify(expected)}`
      throw new MutationError(`type mismatch: ${why}, which matches field name path from root Object type`)
    }
    for (const [name, one] of value.fields) checkTypeNames(one, `${expected}.${name}`)
  }
}

/** Paths of what can only be replaced as a whole. */
function atomicsIn(shape: Shape, value: unknown, path: string): string[] {
  if (shape.form === 'list' && Array.isArray(value)) {
    const own = shape.atomic ? [path] : []
    return [...own, ...value.flatMap((one, at) => atomicsIn(shape.element, one, `${path}[${at}]`))]
  }
  if (shape.form !== 'map' || typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const own = shape.atomic && path !== '' ? [path] : []
  const members = Object.entries(value).flatMap(([name, one]) => {
    const found = shape.fields.get(name)?.shape
    return found === undefined ? [] : atomicsIn(found, one, `${path}.${name}`)
  })
  return [...own, ...members]
}

function compiledPolicy(policy: Policy): CompiledPolicy {
  let known = compiledPolicies.get(policy)
  if (known === undefined) compiledPolicies.set(policy, (known = compilePolicy(policy)))
  return known
}

function compilePolicy({ spec }: Policy): CompiledPolicy {
  const base = compileBase(spec ?? {})
  const scope = { ...base.scope, hasPatchTypes: true }
  return {
    ...base,
    mutations: (spec?.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }) => ({
      type: patchType,
      expression: compile((jsonPatch?.expression ?? applyConfiguration?.expression ?? '').trim(), scope),
    })),
  }
}
