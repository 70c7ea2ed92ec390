// Grants beyond what their writer holds are refused, with the rules that are missing.
import { expect } from 'chai'
import type { ClusterRole, PolicyRule, RoleBinding } from '../api/rbac.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { EscalationGuard, type Grant } from './escalation.ts'
import { RBACAuthorizer, type RoleReader } from './rbac.ts'

const group = 'rbac.authorization.k8s.io'
const bob = { name: 'bob', groups: ['system:authenticated'] }

const clusterRoles: Record<string, PolicyRule[]> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  view: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'services'] }],
}

/** `held` are the rules of the one role that bob is bound to in the namespace `team`. */
function guard(...held: PolicyRule[]): EscalationGuard {
  const binding: RoleBinding = {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    subjects: [{ kind: 'User', apiGroup: group, name: 'bob' }],
    roleRef: { kind: 'Role', apiGroup: group, name: 'own' },
  }
  const roles: RoleReader = {
    clusterRole: (name) =>
      clusterRoles[name] === undefined ? undefined : ({ rules: clusterRoles[name] } as Frozen<ClusterRole>),
    role: (_namespace, name) => (name === 'own' ? ({ rules: held } as Frozen<ClusterRole>) : undefined),
    clusterRoleBindings: () => [],
    roleBindings: (namespace) => (namespace === 'team' ? [binding as Frozen<RoleBinding>] : []),
    changes: () => 0,
  }
  const rbac = new RBACAuthorizer(roles)
  return new EscalationGuard(rbac, roles, rbac)
}

function grant(resource: string, object: object, more: Partial<Grant> = {}): Grant {
  const named = { metadata: { name: 'new' }, ...object } as AnyObject
  return {
    user: bob,
    group,
    resource,
    subresource: '',
    namespace: 'team',
    name: '',
    object: named,
    oldObject: undefined,
    ...more,
  }
}

const roleRef = (name: string, kind = 'ClusterRole') => ({ roleRef: { apiGroup: group, kind, name } })
const read: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['*'] }
const refusal =
  'user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:'

describe('grants', () => {
  it('of what is held pass', () => {
    guard(read).check(
      grant('roles', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }] }),
    )
    guard(read).check(grant('rolebindings', roleRef('view')))
  })

  it('of more name what is missing, verbs together', () => {
    const rules = [{ verbs: ['get', 'watch', 'delete'], apiGroups: [''], resources: ['pods'] }]
    expect(() => guard(read).check(grant('roles', { rules }))).to.throw(
      `roles.rbac.authorization.k8s.io "new" is forbidden: ${refusal}\n{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}`,
    )
  })

  it('through a binding count as the role that is bound', () => {
    expect(() => guard(read).check(grant('rolebindings', roleRef('cluster-admin')))).to.throw(
      `rolebindings.rbac.authorization.k8s.io "new" is forbidden: ${refusal}\n` +
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    )
  })

  it('through a binding to a role that is not there are not found', () => {
    expect(() => guard(read).check(grant('rolebindings', roleRef('nope', 'Role')))).to.throw(
      'roles.rbac.authorization.k8s.io "nope" not found',
    )
  })

  it('of anything pass with the verbs bind and escalate', () => {
    const verbs = (verb: string, resource: string): PolicyRule => ({
      verbs: [verb],
      apiGroups: [group],
      resources: [resource],
    })
    guard(verbs('bind', 'clusterroles')).check(grant('rolebindings', roleRef('cluster-admin')))
    guard(verbs('escalate', 'roles')).check(grant('roles', { rules: clusterRoles['cluster-admin'] }))
  })

  it('of anything pass for system:masters', () => {
    guard().check(
      grant('rolebindings', roleRef('cluster-admin'), { user: { name: 'root', groups: ['system:masters'] } }),
    )
  })

  it('of everything are needed for an aggregated role', () => {
    const object = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }
    expect(() => guard(read).check(grant('clusterroles', object))).to.throw(
      'must have cluster-admin privileges to use the aggregationRule',
    )
  })

  it('are not looked at while only finalizers go', () => {
    const old = {
      metadata: { name: 'new', finalizers: ['x/y'] },
      rules: clusterRoles['cluster-admin'],
    } as unknown as Frozen<AnyObject>
    guard().check(grant('roles', { rules: clusterRoles['cluster-admin'] }, { oldObject: old, name: 'new' }))
  })
})
