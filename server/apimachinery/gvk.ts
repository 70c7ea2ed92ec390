// Groups, versions, kinds and resource names as texts.
// Source: staging/src/k8s.io/apimachinery/pkg/runtime/schema, and apimachinery/pkg/version for the order of versions (v1.36)
import type { GroupResource } from './errors.ts'

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

export interface GroupVersionKind extends GroupVersion {
  readonly kind: string
}

/**
 * `apps/v1`, or `v1` in the core group.
 * @throws Error with upstream's text for more than one slash
 */
export function parseGroupVersion(apiVersion: string): GroupVersion {
  const parts = apiVersion.split('/')
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
  return parts.length === 1 ? { group: '', version: parts[0]! } : { group: parts[0]!, version: parts[1]! }
}

export function formatGroupVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`
}

/** As Go prints it in errors: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
export function printGroupVersionKind({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`
}

/** `deployments.apps`, `pods`: the plural name, then the group. The inverse of printGroupResource. */
export function parseResourceName(name: string): GroupResource {
  const dot = name.indexOf('.')
  return dot < 0 ? { resource: name, group: '' } : { resource: name.slice(0, dot), group: name.slice(dot + 1) }
}

const kubeVersion = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/
const stabilities = ['alpha', 'beta']

/**
 * Sorts versions as discovery lists them: v10, v2, v1, v11beta2, v3alpha1, then others by name.
 * Source: apimachinery/pkg/version, CompareKubeAwareVersionStrings
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0
  const left = kubeVersion.exec(a)
  const right = kubeVersion.exec(b)
  if (left === null || right === null) {
    if (left !== null) return -1
    if (right !== null) return 1
    return a < b ? -1 : 1
  }
  const rank = (match: RegExpExecArray) => (match[2] === undefined ? stabilities.length : stabilities.indexOf(match[2]))
  return rank(right) - rank(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0)
}
