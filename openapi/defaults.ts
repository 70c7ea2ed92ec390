// Plain defaulting: values that do not depend on other fields, compiled per kind from the recorded defaults.
//
// Left to server/kinds/, because they depend on other fields or on the clock:
// - Pod: requests from limits (containers, initContainers, pod level), enableServiceLinks is plain and done here,
//   hostPort from containerPort with hostNetwork
// - pod specs everywhere: imagePullPolicy of containers, initContainers, ephemeralContainers and pullPolicy of image
//   volumes by tag; emptyDir for a volume without source; serviceAccount and serviceAccountName kept in step
// - resource lists: values below a milli are rounded up
// - Namespace: label kubernetes.io/metadata.name; Node: allocatable from capacity; LimitRange: default, defaultRequest
// - ReplicationController, Job: labels (and the controller's selector) from the template
// - Service: internalTrafficPolicy, externalTrafficPolicy, targetPort, sessionAffinityConfig,
//   allocateLoadBalancerNodePorts, ipMode of ingresses
// - Deployment, DaemonSet, StatefulSet: everything in rollingUpdate
// - Job: completions, parallelism, backoffLimit, podReplacementPolicy
// - HorizontalPodAutoscaler v2: metrics, behavior; v1: targetCPUUtilizationPercentage
// - NetworkPolicy: policyTypes; Role and ClusterRole bindings: apiGroup of subjects
// - ResourceClaim and its template: count of requests; ResourceSlice: timeAdded of taints
// - CustomResourceDefinition: names, storedVersions
import { copy } from '../server/apimachinery/equality.ts'
import type { AnyObject } from '../server/apimachinery/types.ts'
import { kindDefaults, typeByName } from './index.ts'
import type { Field, ResourceFacts, Schema, StructSchema } from './schema.ts'

/** Recorded values that are but one branch of what Go does. Whole types by name, single fields by `type.field`. */
const NOT_PLAIN = new Set([
  // By the tag of the image.
  'io.k8s.api.core.v1.Container.imagePullPolicy',
  'io.k8s.api.core.v1.EphemeralContainerCommon.imagePullPolicy',
  'io.k8s.api.core.v1.ImageVolumeSource.pullPolicy',
  // Not for type ExternalName.
  'io.k8s.api.core.v1.ServiceSpec.internalTrafficPolicy',
  // Only for type RollingUpdate, which also creates the struct.
  'io.k8s.api.apps.v1.RollingUpdateDaemonSet',
  'io.k8s.api.apps.v1.RollingUpdateDeployment',
  'io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy',
  // Only an absent type creates rollingUpdate: the kind must see that it was absent.
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy.type',
  // Differ for scaling up and down.
  'io.k8s.api.autoscaling.v2.HPAScalingRules',
  // completions only if parallelism is absent too; the others by backoffLimitPerIndex and podFailurePolicy.
  'io.k8s.api.batch.v1.JobSpec.backoffLimit',
  'io.k8s.api.batch.v1.JobSpec.completions',
  'io.k8s.api.batch.v1.JobSpec.parallelism',
  'io.k8s.api.batch.v1.JobSpec.podReplacementPolicy',
  // Egress only if there are egress rules.
  'io.k8s.api.networking.v1.NetworkPolicySpec.policyTypes',
  // Only for allocationMode ExactCount.
  'io.k8s.api.resource.v1.DeviceSubRequest.count',
  'io.k8s.api.resource.v1.ExactDeviceRequest.count',
])

/**
 * Structs behind pointers that Go creates when they are absent; recorded with every struct present, so not in the data.
 * Source: SetDefaults_PodSpec, _ValidatingWebhook, _MutatingWebhook, _MatchResources, _StatefulSet and
 * _CustomResourceDefinitionSpec (v1.36)
 */
const CREATED: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'io.k8s.api.core.v1.PodSpec': { securityContext: {} },
  'io.k8s.api.apps.v1.StatefulSetSpec': { persistentVolumeClaimRetentionPolicy: {} },
  'io.k8s.api.admissionregistration.v1.MatchResources': { namespaceSelector: {}, objectSelector: {} },
  'io.k8s.api.admissionregistration.v1.MutatingWebhook': { namespaceSelector: {}, objectSelector: {} },
  'io.k8s.api.admissionregistration.v1.ValidatingWebhook': { namespaceSelector: {}, objectSelector: {} },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec': {
    conversion: { strategy: 'None' },
  },
}

type Struct = Record<string, unknown>
/** Changes the struct in place. */
type Defaulter = (struct: Struct) => void

const NOTHING: Defaulter = () => {}

/**
 * Sets the plain defaults of a built-in kind in place. New members come last: a decodeObject puts them in order.
 * A field that Go holds behind a pointer is set if it is absent, any other also if it has its zero value.
 */
export function applyDefaults(facts: ResourceFacts, object: AnyObject): void {
  defaulterOf(facts)(object)
}

const byResource = new WeakMap<ResourceFacts, Defaulter>()

function defaulterOf(facts: ResourceFacts): Defaulter {
  let defaulter = byResource.get(facts)
  if (defaulter === undefined) {
    const schema = typeByName(facts.type)
    defaulter = schema.form === 'struct' ? compile(schema, '', kindDefaults(facts)) : NOTHING
    byResource.set(facts, defaulter)
  }
  return defaulter
}

const byType = new WeakMap<StructSchema, Defaulter>()

/**
 * @param path of the struct, with its final point: `spec.template.`
 * @param ofKind defaults by path, those of the kind only
 */
function compile(schema: StructSchema, path: string, ofKind: Readonly<Record<string, unknown>>): Defaulter {
  const own = Object.keys(ofKind).some((each) => each.startsWith(path))
  if (own) return compileFields(schema, path, ofKind)
  let defaulter = byType.get(schema)
  if (defaulter === undefined) {
    defaulter = compileFields(schema, path, {})
    byType.set(schema, defaulter)
  }
  return defaulter
}

function compileFields(schema: StructSchema, path: string, ofKind: Readonly<Record<string, unknown>>): Defaulter {
  const steps: Defaulter[] = []
  for (const field of schema.fields.values()) {
    const { type, defaults } = declaringStruct(schema, field)
    const value = ofKind[path + field.name] ?? defaults?.[field.name] ?? CREATED[type]?.[field.name]
    if (value !== undefined && !NOT_PLAIN.has(type) && !NOT_PLAIN.has(`${type}.${field.name}`)) {
      steps.push(setter(field, value))
    }
    const inner = innerStruct(field.schema)
    if (inner === undefined || !mayDefault(inner, path + field.name, ofKind, new Set())) continue
    steps.push(visitor(field, (brackets) => compile(inner, `${path}${field.name}${brackets}.`, ofKind)))
  }
  if (steps.length === 0) return NOTHING
  return (struct) => {
    for (const step of steps) step(struct)
  }
}

/** The struct whose Go type declares the field: the inline member it comes from, or the struct itself. */
function declaringStruct(schema: StructSchema, field: Field): { type: string; defaults: StructSchema['defaults'] } {
  const embedded = schema.embedded?.find((member) => member.schema.fields.get(field.name) === field)
  if (embedded !== undefined) return declaringStruct(embedded.schema, field)
  return { type: schema.name, defaults: schema.defaults }
}

function innerStruct(schema: Schema): StructSchema | undefined {
  if (schema.form === 'struct') return schema
  return schema.form === 'list' || schema.form === 'map' ? innerStruct(schema.element) : undefined
}

/** Whether anything at or below a struct has a default. */
function mayDefault(
  schema: StructSchema,
  path: string,
  ofKind: Readonly<Record<string, unknown>>,
  above: Set<StructSchema>,
): boolean {
  if (above.has(schema)) return false
  above.add(schema)
  if (Object.keys(ofKind).some((each) => each.startsWith(`${path}.`) || each.startsWith(`${path}[].`))) return true
  for (const field of schema.fields.values()) {
    const { type, defaults } = declaringStruct(schema, field)
    if (defaults?.[field.name] !== undefined || CREATED[type]?.[field.name] !== undefined) return true
    const inner = innerStruct(field.schema)
    if (inner !== undefined && mayDefault(inner, `${path}.${field.name}`, ofKind, above)) return true
  }
  return false
}

function setter({ name, pointer }: Field, value: unknown): Defaulter {
  const shared = typeof value !== 'object'
  return (struct) => {
    const current = struct[name]
    if (current === undefined || current === null || (!pointer && isZero(current))) {
      struct[name] = shared ? value : copy(value)
    }
  }
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0)
}

/** Goes into a struct, a list or a map of structs; a struct that is no pointer exists even if it is absent. */
function visitor({ name, pointer, schema }: Field, make: (brackets: string) => Defaulter): Defaulter {
  let defaulter: Defaulter | undefined
  if (schema.form === 'struct') {
    return (struct) => {
      if (!pointer) struct[name] ??= {}
      const inner = struct[name]
      if (inner !== undefined && inner !== null) (defaulter ??= make(''))(inner as Struct)
    }
  }
  const brackets = schema.form === 'list' ? '[]' : '{}'
  return (struct) => {
    const inner = struct[name]
    if (inner === undefined || inner === null) return
    for (const element of Array.isArray(inner) ? inner : Object.values(inner)) {
      ;(defaulter ??= make(brackets))(element as Struct)
    }
  }
}
