// What the Pod Security checks look at, and the words they share.
// Source: k8s.io/pod-security-admission/policy, helpers and visitor (v0.36)
import type { Container, PodSpec } from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'

/** A pod, or the template of one. */
export interface PodView {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Frozen<PodSpec>
}

export type ContainerView = Pick<
  Frozen<Container>,
  'name' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'
>

export interface Violation {
  readonly reason: string
  readonly detail: string
}

/** Undefined if the pod passes. `minor` is the minor version of the policy. */
export type Check = (pod: PodView, minor: number) => Violation | undefined

/** In the order in which error texts name them. */
export function containersOf({ spec }: PodView): readonly ContainerView[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
}

/** The names of the containers that `isBad` holds for. */
export function badContainers(pod: PodView, isBad: (container: ContainerView) => boolean): string[] {
  return containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name)
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}

/** `container "a"`, `containers "a", "b"` */
export function naming(singular: string, names: readonly string[]): string {
  return `${plural(singular, names.length)} ${quoted(names)}`
}

export function plural(singular: string, count: number): string {
  return count === 1 ? singular : `${singular}s`
}

/** `pod and containers "a", "b"` */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [naming('container', containers)] : [])].join(' and ')
}

export function sortedSet(values: Iterable<string>): string[] {
  return [...new Set(values)].sort()
}
