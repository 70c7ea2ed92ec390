// LimitRanger: what a namespace's LimitRanges give containers that ask for nothing, and what they refuse.
// Source: plugin/pkg/admission/limitranger (v1.36)
// Upstream goes through a range's resources in the random order of a Go map; here they are in order of their names.
import type { Container, PersistentVolumeClaim, Pod, PodSpec } from '../api/core.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import { claimProblems, usageProblems } from './limit-problems.ts'
import type { LimitItem } from './limit-problems.ts'
import { podLimits, podRequests } from '../api/pod-resources.ts'
import type { ResourceTexts } from '../api/pod-resources.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'

const annotation = 'kubernetes.io/limit-ranger'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',

  admit(attributes, reader) {
    if (!concerns(attributes) || attributes.resource !== 'pods') return
    const pod = attributes.object as Pod
    if (pod.spec === undefined) return
    for (const limits of limitsOf(attributes, reader)) setDefaults(pod, pod.spec, limits)
  },

  validate(attributes, reader) {
    if (!concerns(attributes)) return
    for (const limits of limitsOf(attributes, reader)) {
      const problems =
        attributes.resource === 'pods'
          ? podProblems((attributes.object as unknown as Frozen<Pod>).spec, limits)
          : claimProblems(
              (attributes.object as unknown as Frozen<PersistentVolumeClaim>).spec?.resources?.requests ?? {},
              limits,
            )
      const texts = [...new Set(problems)]
      if (texts.length > 0) throw forbiddenBy(attributes, texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`)
    }
  },
}

function concerns({ operation, group, resource, subresource, object, oldObject }: Attributes): boolean {
  if (group !== '' || object === undefined || oldObject?.metadata?.deletionTimestamp !== undefined) return false
  if (resource === 'pods' && subresource === 'resize') return operation === 'UPDATE'
  if (subresource !== '') return false
  if (resource === 'pods') return operation === 'CREATE'
  return resource === 'persistentvolumeclaims' && (operation === 'CREATE' || operation === 'UPDATE')
}

/** The items of each LimitRange of the namespace. */
function limitsOf({ namespace }: Attributes, reader: AdmissionReader): (readonly LimitItem[])[] {
  return reader
    .list('limitranges', namespace)
    .map((range) => (range['spec'] as { limits?: readonly LimitItem[] } | undefined)?.limits ?? [])
}

function setDefaults(pod: Pod, spec: PodSpec, limits: readonly LimitItem[]): void {
  const ofContainers = limits.filter(({ type }) => type === 'Container')
  const defaults: ResourceTexts = Object.assign({}, ...ofContainers.map((item) => item.default))
  const requests: ResourceTexts = Object.assign({}, ...ofContainers.map((item) => item.defaultRequest))
  const notes = [
    ...(spec.containers ?? []).flatMap((container) => complete(container, 'container', defaults, requests)),
    ...(spec.initContainers ?? []).flatMap((container) => complete(container, 'init container', defaults, requests)),
  ]
  if (notes.length === 0) return
  const meta = (pod.metadata ??= {})
  meta.annotations = { ...meta.annotations, [annotation]: `LimitRanger plugin set: ${notes.join('; ')}` }
}

/** Fills in what the container does not say; tells what it filled in. */
function complete(container: Container, what: string, limits: ResourceTexts, requests: ResourceTexts): string[] {
  const resources = (container.resources ??= {})
  const notes: string[] = []
  for (const [kind, defaults] of [
    ['requests', requests],
    ['limits', limits],
  ] as const) {
    const own = resources[kind] ?? {}
    const set = Object.keys(defaults)
      .filter((name) => own[name] === undefined)
      .sort()
    if (set.length === 0) continue
    resources[kind] = { ...own, ...Object.fromEntries(set.map((name) => [name, defaults[name]!])) }
    notes.push(`${set.join(', ')} ${kind === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`)
  }
  return notes
}

function podProblems(spec: Frozen<PodSpec> | undefined, limits: readonly LimitItem[]): string[] {
  if (spec === undefined) return []
  return limits.flatMap((item) => {
    if (item.type === 'Container') {
      const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
      return containers.flatMap(({ resources }) =>
        usageProblems(item, resources?.requests ?? {}, resources?.limits ?? {}),
      )
    }
    return item.type === 'Pod' ? usageProblems(item, podRequests(spec), podLimits(spec)) : []
  })
}
