// Role-based access control: who is bound to which rules, from the live roles and bindings.
// Source: plugin/pkg/auth/authorizer/rbac; pkg/registry/rbac/validation (v1.36)
import type { UserInfo } from '../apimachinery/types.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../api/rbac.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from './authorizer.ts'

/** Reads from memory: every request asks. */
export interface RoleReader {
  clusterRole(name: string): Frozen<ClusterRole> | undefined
  role(namespace: string, name: string): Frozen<Role> | undefined
  clusterRoleBindings(): Iterable<Frozen<ClusterRoleBinding>>
  roleBindings(namespace: string): Iterable<Frozen<RoleBinding>>
  /** Grows when any of them changes: rules that were found are true while it is the same. */
  changes(): number
}

type Rule = Frozen<PolicyRule>

/** Members of this group may do everything; nothing can take it away. Source: authorizerfactory, PrivilegedGroups */
const mastersGroup = 'system:masters'

interface AppliedRule {
  readonly rule: Rule
  /** Which binding gives it, in a sentence. */
  readonly reason: () => string
}

/** Whose rules are kept: namespaces of one user. */
const maxNamespaces = 100

export class RBACAuthorizer implements Authorizer {
  readonly #roles: RoleReader
  /** By user, as authentication names it again and again, and namespace. */
  #found = new WeakMap<UserInfo, Map<string, readonly AppliedRule[]>>()
  #changes = -1

  constructor(roles: RoleReader) {
    this.#roles = roles
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    if (attributes.user.groups.includes(mastersGroup)) return { verdict: 'allow', reason: '' }
    for (const { rule, reason } of this.#knownRules(attributes.user, attributes.namespace)) {
      if (allows(rule, attributes)) return { verdict: 'allow', reason: reason() }
    }
    return { verdict: 'no-opinion', reason: '' }
  }

  /** Rules that come from bindings: what a review lists, even for those who may do everything. */
  boundRules(user: UserInfo, namespace: string): Rule[] {
    return this.#knownRules(user, namespace).map(({ rule }) => rule)
  }

  /** All rules that apply to the user in the namespace, cluster-wide ones first. */
  rulesFor(user: UserInfo, namespace: string): Rule[] {
    const rules = this.boundRules(user, namespace)
    if (!user.groups.includes(mastersGroup)) return rules
    return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] }, ...rules]
  }

  #knownRules(user: UserInfo, namespace: string): readonly AppliedRule[] {
    const changes = this.#roles.changes()
    if (changes !== this.#changes) {
      this.#found = new WeakMap()
      this.#changes = changes
    }
    let byNamespace = this.#found.get(user)
    if (byNamespace === undefined) this.#found.set(user, (byNamespace = new Map()))
    let rules = byNamespace.get(namespace)
    if (rules === undefined) {
      rules = [...this.#rules(user, namespace)]
      if (byNamespace.size >= maxNamespaces) byNamespace.clear()
      byNamespace.set(namespace, rules)
    }
    return rules
  }

  *#rules(user: UserInfo, namespace: string): Generator<AppliedRule> {
    for (const binding of this.#roles.clusterRoleBindings()) {
      const subject = binding.subjects?.find((one) => isSubject(one, user, ''))
      if (subject === undefined) continue
      const { name } = binding.roleRef
      for (const rule of this.#roles.clusterRole(name)?.rules ?? []) {
        const reason = () =>
          `RBAC: allowed by ClusterRoleBinding "${binding.metadata?.name}" of ClusterRole "${name}" to ${printSubject(subject, '')}`
        yield { rule, reason }
      }
    }
    if (namespace === '') return
    for (const binding of this.#roles.roleBindings(namespace)) {
      const subject = binding.subjects?.find((one) => isSubject(one, user, namespace))
      if (subject === undefined) continue
      const { kind, name } = binding.roleRef
      const role = kind === 'ClusterRole' ? this.#roles.clusterRole(name) : this.#roles.role(namespace, name)
      for (const rule of role?.rules ?? []) {
        const reason = () =>
          `RBAC: allowed by RoleBinding "${binding.metadata?.name}/${namespace}" of ${kind} "${name}" to ${printSubject(subject, namespace)}`
        yield { rule, reason }
      }
    }
  }
}

function isSubject(subject: Frozen<Subject>, user: UserInfo, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return user.name === subject.name
    case 'Group':
      return user.groups.includes(subject.name)
    case 'ServiceAccount': {
      const namespace = subject.namespace ?? bindingNamespace
      return namespace !== '' && user.name === `system:serviceaccount:${namespace}:${subject.name}`
    }
    default:
      return false
  }
}

function printSubject({ kind, name, namespace }: Frozen<Subject>, bindingNamespace: string): string {
  return kind === 'ServiceAccount' ? `${kind} "${name}/${namespace ?? bindingNamespace}"` : `${kind} "${name}"`
}

/** Whether a rule covers the request. Source: rbac/v1, RuleAllows */
export function allows(rule: Rule, attributes: AuthorizationAttributes): boolean {
  if (!covers(rule.verbs, attributes.verb)) return false
  if (!attributes.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, attributes.path))
  const { group, resource, subresource, name } = attributes
  return (
    covers(rule.apiGroups, group) &&
    coversResource(rule.resources, resource, subresource) &&
    coversName(rule.resourceNames, name)
  )
}

function covers(values: readonly string[] | undefined, asked: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(asked))
}

function coversResource(values: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (values === undefined) return false
  const asked = subresource === '' ? resource : `${resource}/${subresource}`
  return values.some(
    (value) => value === '*' || value === asked || (subresource !== '' && value === `*/${subresource}`),
  )
}

function coversName(names: readonly string[] | undefined, asked: string): boolean {
  return names === undefined || names.length === 0 || names.includes(asked)
}

function coversPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))
}
