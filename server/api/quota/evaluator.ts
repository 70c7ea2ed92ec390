// What objects of a resource use of a quota: the ways of counting, one for each resource that has its own.
// Source: k8s.io/apiserver/pkg/quota/v1/generic, evaluator; kubernetes pkg/quota/v1/evaluator/core (v1.36)
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import { one, sum, zeros, type Amounts } from './amounts.ts'
import { persistentVolumeClaims } from './claims.ts'
import { pods } from './pods.ts'
import { resourceClaims } from './resource-claims.ts'
import { matchesScopes, type Quota, type ScopeSelector } from './scopes.ts'
import { services } from './services.ts'

/** A way of counting. */
export interface Counting {
  /** Whether a quota's resource of this name is used by such objects. */
  counts(name: string): boolean
  /** @param now in milliseconds */
  usage(object: Frozen<AnyObject>, now: number): Amounts
  /** Whether the object is within a scope; absent: none of them is. */
  isInScope?(selector: ScopeSelector, object: Frozen<AnyObject>): boolean
  /** What is wrong with an object under a quota for these names. */
  problem?(object: Frozen<AnyObject>, names: readonly string[]): string | undefined
}

const counted: Readonly<Record<string, Counting>> = {
  pods,
  services,
  persistentvolumeclaims: persistentVolumeClaims,
  'resourceclaims.resource.k8s.io': resourceClaims,
}

/** Counted under their own names since before there was `count/`. */
const aliased: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])

/** `resource` as in `pods`, `deployments.apps`. */
export function countingOf(resource: string): Counting {
  return counted[resource] ?? numberOf(resource)
}

function numberOf(resource: string): Counting {
  const names = [`count/${resource}`, ...(aliased.has(resource) ? [resource] : [])]
  const usage: Amounts = Object.fromEntries(names.map((name) => [name, one]))
  return { counts: (name) => names.includes(name), usage: () => usage }
}

/** The resources whose objects use what these names of a quota stand for. */
export function resourcesOf(names: Iterable<string>): Set<string> {
  const resources = new Set<string>()
  const special = [...Object.keys(counted), ...aliased]
  for (const name of names) {
    if (name.startsWith('count/')) resources.add(name.slice('count/'.length))
    for (const resource of special) if (countingOf(resource).counts(name)) resources.add(resource)
  }
  return resources
}

/** Those of the names that such objects use. */
export function namesOf(counting: Counting, hard: Iterable<string>): string[] {
  return [...hard].filter((name) => counting.counts(name)).sort()
}

/** Whether the quota is about the object. */
export function appliesTo(quota: Quota, counting: Counting, object: Frozen<AnyObject>): boolean {
  const isAbout = namesOf(counting, Object.keys(quota.status?.hard ?? {})).length > 0
  return isAbout && matchesScopes(quota, counting, object)
}

/** What all objects within the quota's scopes use of the names that can be counted. */
export function usageOf(
  quota: Quota,
  hard: readonly string[],
  objectsOf: (resource: string) => readonly Frozen<AnyObject>[] | undefined,
  now: number,
): Amounts {
  let used: Amounts = {}
  for (const resource of resourcesOf(hard)) {
    const objects = objectsOf(resource)
    if (objects === undefined) continue
    const counting = countingOf(resource)
    const names = namesOf(counting, hard)
    const within = objects.filter((object) => matchesScopes(quota, counting, object))
    const usage = within.reduce<Amounts>((total, object) => sum(total, counting.usage(object, now)), zeros(names))
    used = sum(used, Object.fromEntries(names.map((name) => [name, usage[name]!])))
  }
  return used
}
