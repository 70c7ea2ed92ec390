// The environments of admission: what webhooks' conditions and policies' expressions may name.
// Source: apiserver/pkg/admission/plugin/cel, compile.go (BuildRequestType, BuildNamespaceType), composition.go,
// apiserver/pkg/admission/plugin/policy/mutating/patch (v1.36)
import { Environment, type Compiled } from './index.ts'
import { typeName, type Type } from './types.ts'

export interface AdmissionScope {
  readonly hasParams?: boolean
  readonly hasAuthorizer?: boolean
  /** `Object` and `JSONPatch`, for what makes patches. */
  readonly hasPatchTypes?: boolean
  /** Types of the policy's variables, if it has some. */
  readonly variables?: ReadonlyMap<string, Type>
}

const kindFields = { group: 'string', version: 'string', kind: 'string' }
const resourceFields = { group: 'string', version: 'string', resource: 'string' }

const structs = {
  'kubernetes.GroupVersionKind': kindFields,
  'kubernetes.GroupVersionResource': resourceFields,
  'kubernetes.UserInfo': {
    username: 'string',
    uid: 'string',
    groups: 'list(string)',
    extra: 'map(string, list(string))',
  },
  'kubernetes.AdmissionRequest': {
    kind: 'kubernetes.GroupVersionKind',
    resource: 'kubernetes.GroupVersionResource',
    subResource: 'string',
    requestKind: 'kubernetes.GroupVersionKind',
    requestResource: 'kubernetes.GroupVersionResource',
    requestSubResource: 'string',
    name: 'string',
    namespace: 'string',
    operation: 'string',
    userInfo: 'kubernetes.UserInfo',
    dryRun: 'bool',
    options: 'dyn',
  },
  'kubernetes.NamespaceSpec': { finalizers: 'list(string)' },
  'kubernetes.NamespaceCondition': {
    status: 'string',
    type: 'string',
    lastTransitionTime: 'timestamp',
    message: 'string',
    reason: 'string',
  },
  'kubernetes.NamespaceStatus': { conditions: 'list(kubernetes.NamespaceCondition)', phase: 'string' },
  'kubernetes.NamespaceMetadata': {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: 'map(string, string)',
    annotations: 'map(string, string)',
    UID: 'string',
    creationTimestamp: 'timestamp',
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: 'timestamp',
    generation: 'int',
    resourceVersion: 'string',
    finalizers: 'list(string)',
  },
  'kubernetes.Namespace': {
    metadata: 'kubernetes.NamespaceMetadata',
    spec: 'kubernetes.NamespaceSpec',
    status: 'kubernetes.NamespaceStatus',
  },
}

const patchStructs = {
  Object: 'any',
  'Object.*': 'any',
  JSONPatch: { op: 'string', path: 'string', from: 'string', value: 'dyn' },
} as const

const environments = new Map<string, Environment>()

/** What is known of the objects an expression is for, for a check of types before there are any. */
export interface KnownTypes {
  readonly object: Type | undefined
  readonly params: Type | undefined
  /** Fields of the structs in them, by name. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, Type>>
}

export function newAdmissionEnvironment(
  { hasParams, hasAuthorizer, hasPatchTypes, variables }: AdmissionScope,
  known: Partial<KnownTypes> = {},
): Environment {
  const object = known.object ?? 'dyn'
  return new Environment({
    variables: {
      object,
      oldObject: object,
      request: 'kubernetes.AdmissionRequest',
      namespaceObject: 'kubernetes.Namespace',
      ...(hasParams === true ? { params: known.params ?? 'dyn' } : {}),
      ...(hasAuthorizer === true ? { authorizer: 'Authorizer', 'authorizer.requestResource': 'ResourceCheck' } : {}),
      ...(variables === undefined ? {} : { variables: 'kubernetes.variables' }),
    },
    structs: { ...structs, ...(hasPatchTypes === true ? patchStructs : {}) },
    fields: new Map([
      ...(known.fields ?? []),
      ...(variables === undefined ? [] : ([['kubernetes.variables', variables]] as const)),
    ]),
    functions: hasPatchTypes === true ? 'jsonpatch.escapeKey(string): string' : '',
  })
}

function environmentFor(scope: AdmissionScope): Environment {
  const { hasParams, hasAuthorizer, hasPatchTypes, variables } = scope
  const types = variables === undefined ? null : [...variables].map(([name, type]) => `${name}:${typeName(type)}`)
  const key = JSON.stringify([hasParams === true, hasAuthorizer === true, hasPatchTypes === true, types])
  const known = environments.get(key)
  if (known !== undefined) return known
  const environment = newAdmissionEnvironment(scope)
  if (environments.size > 100) environments.clear()
  environments.set(key, environment)
  return environment
}

/** @throws CompilationError */
export function compileForAdmission(expression: string, scope: AdmissionScope): Compiled {
  return environmentFor(scope).compile(expression)
}
