// What the expressions of a policy see of a request.
// Source: apiserver/pkg/admission/plugin/cel, CreateAdmissionRequest, CreateNamespaceObject, composition.go (v1.36)
import type { Compiled } from '../../apimachinery/cel/index.ts'
import { evaluate, type Bindings } from '../../apimachinery/cel/evaluate.ts'
import { EvaluationError, fromJson, type Value } from '../../apimachinery/cel/values.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'

/** A policy's variables by name; undefined for one that does not compile. */
export type Variables = ReadonlyMap<string, Compiled | undefined>

export function bindingsFor(
  attributes: Attributes,
  params: Frozen<AnyObject> | undefined,
  variables: Variables,
  reader: AdmissionReader,
): Bindings {
  const bindings = new Map<string, Value | (() => Value)>()
  const later = (name: string, make: () => Value): void => {
    let made: Value | undefined
    bindings.set(name, () => (made ??= make()))
  }
  later('object', () => fromJson(attributes.object))
  later('oldObject', () => fromJson(attributes.oldObject))
  later('params', () => fromJson(params))
  later('request', () => requestOf(attributes))
  later('namespaceObject', () => namespaceOf(attributes, reader))
  // Each is run when it is first used, and may use those before it.
  for (const [name, compiled] of variables) {
    later(`variables.${name}`, () => {
      try {
        if (compiled === undefined) throw new EvaluationError('compilation failed')
        return evaluate(compiled.node, bindings)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        throw new EvaluationError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`)
      }
    })
  }
  return bindings
}

/** Only what is not empty is there. */
function filled(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isEmpty = (value: unknown): boolean =>
    value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function requestOf(attributes: Attributes): Value {
  const { group, version, kind, resource, subresource, user } = attributes
  const ofKind = { group, version, kind }
  const ofResource = { group, version, resource }
  const { uid = '', extra = {} } = user
  return fromJson({
    kind: ofKind,
    resource: ofResource,
    requestKind: ofKind,
    requestResource: ofResource,
    operation: attributes.operation,
    userInfo: filled({ username: user.name, uid, groups: user.groups, extra }),
    dryRun: attributes.dryRun,
    options: {},
    ...filled({
      subResource: subresource,
      requestSubResource: subresource,
      name: attributes.name,
      namespace: attributes.namespace,
    }),
  })
}

/** Null for what is in no namespace. */
function namespaceOf({ namespace, group, resource }: Attributes, reader: AdmissionReader): Value {
  if (namespace === '' || (group === '' && resource === 'namespaces')) return null
  const found = reader.get('namespaces', undefined, namespace)
  if (found === undefined) return null
  const { managedFields: _fields, ownerReferences: _owners, ...metadata } = found.metadata ?? {}
  return fromJson({ metadata, spec: found['spec'] ?? {}, status: found['status'] ?? {} })
}
