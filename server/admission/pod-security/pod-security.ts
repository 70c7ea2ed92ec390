// PodSecurity: namespaces say by labels which Pod Security Standard their pods must, or should, meet.
// Source: k8s.io/pod-security-admission/admission (v0.36), plugin/pkg/admission/security/podsecurity
// The audit mode is left out: its findings go to the audit log alone.
import type { Container, Pod, PodTemplateSpec } from '../../api/core.ts'
import { newInternalError, newInvalid } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import { forbiddenBy } from '../forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from '../plugin.ts'
import type { PodView } from './pod-view.ts'
import {
  compareLevels,
  equalLevelVersions,
  policyOf,
  printLevelVersion,
  printViolations,
  violations,
} from './policy.ts'
import type { LevelVersion } from './policy.ts'

const ignoredSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

/** Where the pod template of a resource is. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  '/replicationcontrollers': ['spec', 'template'],
  '/podtemplates': ['template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
}

const maxPodsToCheck = 3000

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',

  validate(attributes, reader) {
    const { operation, group, resource, object } = attributes
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || object === undefined) return
    if (group === '' && resource === 'namespaces') validateNamespace(attributes, object, reader)
    else if (group === '' && resource === 'pods') validatePod(attributes, object as unknown as Frozen<Pod>, reader)
    else {
      const path = templatePaths[`${group}/${resource}`]
      if (path !== undefined && attributes.subresource === '')
        validateTemplate(attributes, templateAt(object, path), reader)
    }
  },
}

function validatePod(attributes: Attributes, pod: Frozen<Pod>, reader: AdmissionReader): void {
  if (ignoredSubresources.has(attributes.subresource) || pod.spec === undefined) return
  const namespace = reader.get('namespaces', undefined, attributes.namespace)
  if (namespace === undefined)
    throw newInternalError(`failed to lookup namespace ${JSON.stringify(attributes.namespace)}`)
  const { policy } = policyOf(namespace.metadata?.labels)
  if (policy.enforce.level === 'privileged' && policy.warn.level === 'privileged') return
  if (attributes.operation === 'UPDATE' && !isSignificantUpdate(pod, attributes.oldObject as Frozen<Pod> | undefined))
    return
  const view = { annotations: pod.metadata?.annotations ?? {}, spec: pod.spec }
  const found = violations(policy.enforce, view)
  if (found.length > 0) {
    throw forbiddenBy(
      attributes,
      `violates PodSecurity "${printLevelVersion(policy.enforce)}": ${printViolations(found)}`,
    )
  }
  warn(attributes, policy.warn, view)
}

/** What only makes pods is warned about, never refused. */
function validateTemplate(
  attributes: Attributes,
  template: Frozen<PodTemplateSpec> | undefined,
  reader: AdmissionReader,
): void {
  const namespace = reader.get('namespaces', undefined, attributes.namespace)
  if (namespace === undefined || template?.spec === undefined) return
  const { policy } = policyOf(namespace.metadata?.labels)
  warn(attributes, policy.warn, { annotations: template.metadata?.annotations ?? {}, spec: template.spec })
}

function warn(attributes: Attributes, policy: LevelVersion, pod: PodView): void {
  const found = violations(policy, pod)
  if (found.length > 0)
    attributes.warn(`would violate PodSecurity "${printLevelVersion(policy)}": ${printViolations(found)}`)
}

function templateAt(object: AnyObject, path: readonly string[]): Frozen<PodTemplateSpec> | undefined {
  let value: unknown = object
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name]
  return value as Frozen<PodTemplateSpec> | undefined
}

/** Containers that came or went, or have another image; new ephemeral ones. */
function isSignificantUpdate({ spec }: Frozen<Pod>, before: Frozen<Pod> | undefined): boolean {
  const old = before?.spec
  if (spec === undefined || old === undefined) return true
  const differ = (now: readonly Frozen<Container>[] = [], then: readonly Frozen<Container>[] = []) =>
    now.length !== then.length || now.some(({ image }, at) => image !== then[at]?.image)
  if (differ(spec.containers, old.containers) || differ(spec.initContainers, old.initContainers)) return true
  return (spec.ephemeralContainers ?? []).some(({ name, image }) => {
    const known = old.ephemeralContainers?.find((one) => one.name === name)
    return known === undefined || known.image !== image
  })
}

// --- namespaces ----------------------------------------------------------------------------------------------

function validateNamespace(attributes: Attributes, namespace: AnyObject, reader: AdmissionReader): void {
  if (attributes.subresource !== '') return
  const name = namespace.metadata?.name ?? ''
  const { policy, errors } = policyOf(namespace.metadata?.labels)
  const old = attributes.operation === 'UPDATE' ? policyOf(attributes.oldObject?.metadata?.labels) : undefined
  // A label that was wrong before does not keep others from being changed.
  if (errors.length > 0 && (old === undefined || !deepEqual(errors, old.errors))) {
    throw newInvalid({ group: '', kind: 'Namespace' }, attributes.name || name, errors)
  }
  if (old === undefined) return
  const before = old.policy.enforce
  const { enforce } = policy
  if (equalLevelVersions(enforce, before) || enforce.level === 'privileged') return
  if (enforce.minor === before.minor && compareLevels(enforce.level, before.level) < 1) return
  for (const text of existingPodWarnings(name, enforce, reader.list('pods', name) as unknown as readonly Frozen<Pod>[]))
    attributes.warn(text)
}

/** Pods that are there already stay; their violations are told, one sentence for each kind of violation. */
function existingPodWarnings(namespace: string, policy: LevelVersion, pods: readonly Frozen<Pod>[]): string[] {
  const byReason = new Map<string, string[]>()
  const checked = prioritize(pods).slice(0, maxPodsToCheck)
  for (const { metadata, spec } of checked) {
    if (spec === undefined) continue
    const found = violations(policy, { annotations: metadata?.annotations ?? {}, spec })
    if (found.length === 0) continue
    const reason = found.map((one) => one.reason).join(', ')
    byReason.set(reason, [...(byReason.get(reason) ?? []), metadata?.name ?? ''])
  }
  const warnings: string[] = []
  if (checked.length < pods.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`,
    )
  }
  if (byReason.size === 0) return warnings
  warnings.push(
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${printLevelVersion(policy)}"`,
  )
  const sentences = [...byReason].map(([reason, names]) => {
    const others = names.length - 1
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
    return `${names.sort()[0]}${more}: ${reason}`
  })
  return [...warnings, ...sentences.sort()]
}

/** One pod of each controller first, then its siblings. */
function prioritize(pods: readonly Frozen<Pod>[]): Frozen<Pod>[] {
  const seen = new Set<string>()
  const first: Frozen<Pod>[] = []
  const siblings: Frozen<Pod>[] = []
  for (const pod of pods) {
    const uid = pod.metadata?.ownerReferences?.find((owner) => owner.controller === true)?.uid
    if (uid === undefined || !seen.has(uid)) first.push(pod)
    else siblings.push(pod)
    if (uid !== undefined) seen.add(uid)
  }
  return [...first, ...siblings]
}
