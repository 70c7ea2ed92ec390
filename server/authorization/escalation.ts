// Nobody grants what they do not hold: roles and bindings are refused if they would give away more than their writer has,
// unless the writer may `escalate` the role, or `bind` the role that a binding refers to.
// Source: pkg/registry/rbac, {role,clusterrole,rolebinding,clusterrolebinding}/policybased; pkg/registry/rbac/validation,
// ConfirmNoEscalation, CompactRules; component-helpers/auth/rbac/validation, Covers (v1.36)
import type { ClusterRole, PolicyRule, RoleBinding, RoleRef } from '../api/rbac.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import { newForbidden, newNotFound, newPlainError, type GroupResource } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, UserInfo } from '../apimachinery/types.ts'
import type { Authorizer } from './authorizer.ts'
import type { RBACAuthorizer, RoleReader } from './rbac.ts'

/** A write of a role or a binding, as admission sees it. */
export interface Grant {
  readonly user: UserInfo
  readonly group: string
  readonly resource: string
  readonly subresource: string
  /** Of the request; empty for cluster-scoped resources. */
  readonly namespace: string
  /** Of the request; empty for a creation. */
  readonly name: string
  readonly object: AnyObject | undefined
  readonly oldObject: Frozen<AnyObject> | undefined
}

type Rule = Frozen<PolicyRule>

const rbacGroup = 'rbac.authorization.k8s.io'
const privilegedGroup = 'system:masters'
const everything: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export class EscalationGuard {
  readonly #rbac: RBACAuthorizer
  readonly #roles: RoleReader
  readonly #authorizer: Authorizer

  constructor(rbac: RBACAuthorizer, roles: RoleReader, authorizer: Authorizer) {
    this.#rbac = rbac
    this.#roles = roles
    this.#authorizer = authorizer
  }

  /** @throws StatusError 403; 404 if a binding's role is not there to be looked at */
  check(grant: Grant): void {
    const { user, group, resource, object } = grant
    if (
      group !== rbacGroup ||
      grant.subresource !== '' ||
      object === undefined ||
      user.groups.includes(privilegedGroup)
    )
      return
    switch (resource) {
      case 'roles':
      case 'clusterroles':
        if (this.#may('escalate', grant, resource, grant.name, grant.namespace) || isOnlyForCollection(grant)) return
        return this.#checkRole(grant)
      case 'rolebindings':
      case 'clusterrolebindings':
        if (isOnlyForCollection(grant)) return
        return this.#checkBinding(grant, (object as RoleBinding).roleRef)
      default:
    }
  }

  #checkRole(grant: Grant): void {
    this.#confirm(grant, (grant.object as ClusterRole).rules ?? [])
    const aggregates = [grant.object, grant.oldObject].some((one) =>
      hasAggregationRule(one as Frozen<ClusterRole> | undefined),
    )
    if (grant.resource === 'clusterroles' && aggregates && this.#missing(grant, everything).length > 0) {
      throw forbidden(grant, 'must have cluster-admin privileges to use the aggregationRule')
    }
  }

  #checkBinding(grant: Grant, { kind, name }: RoleRef): void {
    const resource = kind === 'ClusterRole' ? 'clusterroles' : kind === 'Role' ? 'roles' : undefined
    if (resource === undefined) throw newPlainError(`unsupported role reference kind: ${JSON.stringify(kind)}`)
    if (this.#may('bind', grant, resource, name, grant.namespace)) return
    const role = resource === 'roles' ? this.#roles.role(grant.namespace, name) : this.#roles.clusterRole(name)
    if (role === undefined) throw newNotFound({ group: rbacGroup, resource }, name)
    this.#confirm(grant, role.rules ?? [])
  }

  #may(verb: string, { user }: Grant, resource: string, name: string, namespace: string): boolean {
    const question = {
      user,
      verb,
      isResourceRequest: true,
      path: '',
      namespace,
      group: rbacGroup,
      version: '*',
      resource,
      subresource: '',
      name,
    }
    return this.#authorizer.authorize(question).verdict === 'allow'
  }

  /** @throws StatusError 403 naming the rules that are not held */
  #confirm(grant: Grant, rules: readonly Rule[]): void {
    const missing = this.#missing(grant, rules)
    if (missing.length === 0) return
    const { name, groups } = grant.user
    const descriptions = [...new Set(compact(missing).map(describe))].sort()
    const who = `user ${JSON.stringify(name)} (groups=${quoteAll(groups)})`
    throw forbidden(
      grant,
      `${who} is attempting to grant RBAC permissions not currently held:\n${descriptions.join('\n')}`,
    )
  }

  #missing({ user, namespace }: Grant, rules: readonly Rule[]): Rule[] {
    const held = this.#rbac.rulesFor(user, namespace)
    return rules.flatMap(breakDown).filter((rule) => !held.some((owned) => covers(owned, rule)))
  }
}

function forbidden({ resource, object }: Grant, why: string) {
  const groupResource: GroupResource = { group: rbacGroup, resource }
  return newForbidden(groupResource, object?.metadata?.name ?? '', why)
}

function hasAggregationRule(role: Frozen<ClusterRole> | undefined): boolean {
  return (role?.aggregationRule?.clusterRoleSelectors ?? []).length > 0
}

/** An update that only changes owners and finalizers lets the garbage collector do its work. */
function isOnlyForCollection({ object, oldObject }: Grant): boolean {
  if (object === undefined || oldObject === undefined) return false
  const strip = (one: Frozen<AnyObject>): unknown => {
    const stripped = copy(one) as AnyObject
    for (const member of ['ownerReferences', 'finalizers', 'selfLink', 'managedFields'] as const)
      delete stripped.metadata?.[member]
    return stripped
  }
  return deepEqual(strip(object as Frozen<AnyObject>), strip(oldObject))
}

/** Rules of one group, resource, verb and name each, or one URL and verb. */
function breakDown({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Rule): Rule[] {
  const parts: Rule[] = []
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const rule = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (resourceNames.length === 0) parts.push(rule)
        else parts.push(...resourceNames.map((name) => ({ ...rule, resourceNames: [name] })))
      }
    }
  }
  for (const url of nonResourceURLs) parts.push(...verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })))
  return parts
}

/** @param part a rule as `breakDown` makes them */
function covers(owned: Rule, part: Rule): boolean {
  const hasAll = (set: readonly string[] = [], wanted: readonly string[] = []) =>
    wanted.every((one) => set.includes(one))
  const names = owned.resourceNames ?? []
  return (
    (owned.verbs.includes('*') || hasAll(owned.verbs, part.verbs)) &&
    (owned.apiGroups?.includes('*') === true || hasAll(owned.apiGroups, part.apiGroups)) &&
    (part.resources ?? []).every((resource) => coversResource(owned.resources ?? [], resource)) &&
    (names.length === 0 || (part.resourceNames !== undefined && hasAll(names, part.resourceNames))) &&
    (part.nonResourceURLs ?? []).every((url) => (owned.nonResourceURLs ?? []).some((one) => coversURL(one, url)))
  )
}

function coversResource(owned: readonly string[], resource: string): boolean {
  if (owned.includes('*') || owned.includes(resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && owned.includes(`*${resource.slice(slash)}`)
}

function coversURL(owned: string, url: string): boolean {
  return owned === url || (owned.endsWith('*') && url.startsWith(owned.replace(/\*+$/, '')))
}

/** Rules that differ only by verb become one. */
function compact(parts: readonly Rule[]): Rule[] {
  const byResource = new Map<string, Rule>()
  for (const part of parts) {
    const { verbs, ...rest } = part
    const isPlain = part.nonResourceURLs === undefined
    const key = JSON.stringify(isPlain ? rest : part)
    const known = byResource.get(key)
    byResource.set(key, known === undefined ? part : isPlain ? { ...known, verbs: [...known.verbs, ...verbs] } : known)
  }
  return [...byResource.values()]
}

function describe({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: Rule): string {
  const members = Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  })
  return `{${members.flatMap(([name, values]) => (values === undefined ? [] : [`${name}:${quoteAll(values)}`])).join(', ')}}`
}

/** As Go prints a list of strings with %q. */
function quoteAll(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
