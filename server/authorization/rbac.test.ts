// Role-based access control: rules, subjects, and where bindings reach.
import { expect } from 'chai'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../api/rbac.ts'
import type { UserInfo } from '../apimachinery/types.ts'
import type { AuthorizationAttributes } from './authorizer.ts'
import { allows, RBACAuthorizer, type RoleReader } from './rbac.ts'

const jane: UserInfo = { name: 'jane', groups: ['dev', 'system:authenticated'] }
const rbacGroup = 'rbac.authorization.k8s.io'

function asking(more: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes {
  return {
    user: jane,
    verb: 'get',
    isResourceRequest: true,
    path: '',
    namespace: 'n',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    name: 'p',
    ...more,
  }
}

function visiting(path: string, verb = 'get'): AuthorizationAttributes {
  return asking({ isResourceRequest: false, path, verb, namespace: '', resource: '', name: '' })
}

describe('RBAC rules', () => {
  const pods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }
  const cases: { name: string; rule: PolicyRule; asked: AuthorizationAttributes; allowed: boolean }[] = [
    { name: 'a verb and resource they name', rule: pods, asked: asking(), allowed: true },
    { name: 'another verb', rule: pods, asked: asking({ verb: 'delete' }), allowed: false },
    { name: 'another resource', rule: pods, asked: asking({ resource: 'secrets' }), allowed: false },
    { name: 'the resource of another group', rule: pods, asked: asking({ group: 'metrics.k8s.io' }), allowed: false },
    { name: 'a subresource they do not name', rule: pods, asked: asking({ subresource: 'log' }), allowed: false },
    {
      name: 'a subresource they name',
      rule: { ...pods, resources: ['pods/log'] },
      asked: asking({ subresource: 'log' }),
      allowed: true,
    },
    {
      name: 'the resource, by naming its subresource',
      rule: { ...pods, resources: ['pods/log'] },
      asked: asking(),
      allowed: false,
    },
    {
      name: 'a subresource of every resource',
      rule: { ...pods, resources: ['*/scale'] },
      asked: asking({ subresource: 'scale' }),
      allowed: true,
    },
    {
      name: 'another subresource of every resource',
      rule: { ...pods, resources: ['*/scale'] },
      asked: asking({ subresource: 'status' }),
      allowed: false,
    },
    { name: 'a prefix of a resource', rule: { ...pods, resources: ['pod*'] }, asked: asking(), allowed: false },
    {
      name: 'everything',
      rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      asked: asking({ verb: 'x', group: 'y', subresource: 'z' }),
      allowed: true,
    },
    { name: 'a name they name', rule: { ...pods, resourceNames: ['p'] }, asked: asking(), allowed: true },
    { name: 'another name', rule: { ...pods, resourceNames: ['q'] }, asked: asking(), allowed: false },
    {
      name: 'a list, by naming one',
      rule: { ...pods, resourceNames: ['p'] },
      asked: asking({ verb: 'list', name: '' }),
      allowed: false,
    },
    {
      name: 'any name, by an empty list of names',
      rule: { ...pods, resourceNames: [] },
      asked: asking(),
      allowed: true,
    },
    {
      name: 'a path they name',
      rule: { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      asked: visiting('/healthz'),
      allowed: true,
    },
    {
      name: 'a path below one they name',
      rule: { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      asked: visiting('/healthz/etcd'),
      allowed: false,
    },
    {
      name: 'a path by its beginning',
      rule: { verbs: ['get'], nonResourceURLs: ['/healthz/*'] },
      asked: visiting('/healthz/etcd'),
      allowed: true,
    },
    {
      name: 'the beginning itself',
      rule: { verbs: ['get'], nonResourceURLs: ['/healthz/*'] },
      asked: visiting('/healthz'),
      allowed: false,
    },
    {
      name: 'every path',
      rule: { verbs: ['*'], nonResourceURLs: ['*'] },
      asked: visiting('/x', 'post'),
      allowed: true,
    },
    {
      name: 'a path with another verb',
      rule: { verbs: ['get'], nonResourceURLs: ['*'] },
      asked: visiting('/x', 'post'),
      allowed: false,
    },
    {
      name: 'a path, by naming resources',
      rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      asked: visiting('/x'),
      allowed: false,
    },
  ]
  for (const { name, rule, asked, allowed } of cases) {
    it(`${allowed ? 'allow' : 'do not allow'} ${name}`, () => {
      expect(allows(rule, asked)).to.equal(allowed)
    })
  }
})

describe('RBACAuthorizer', () => {
  const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbacGroup, name })
  const clusterRoles: ClusterRole[] = []
  const roles: Role[] = []
  const clusterRoleBindings: ClusterRoleBinding[] = []
  const roleBindings: RoleBinding[] = []
  const reader: RoleReader = {
    clusterRole: (name) => clusterRoles.find(({ metadata }) => metadata?.name === name),
    role: (namespace, name) =>
      roles.find(({ metadata }) => metadata?.name === name && metadata.namespace === namespace),
    clusterRoleBindings: () => clusterRoleBindings,
    roleBindings: (namespace) => roleBindings.filter(({ metadata }) => metadata?.namespace === namespace),
    changes: () => changes,
  }
  let changes = 0
  const authorizer = new RBACAuthorizer(reader)
  const getPods: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

  beforeEach(() => {
    clusterRoles.splice(0, Infinity, { metadata: { name: 'reader' }, rules: [getPods] })
    roles.splice(0, Infinity, { metadata: { name: 'local', namespace: 'n' }, rules: [getPods] })
    clusterRoleBindings.length = 0
    roleBindings.length = 0
    changes++
  })

  function bindCluster(subject: Subject, name = 'reader'): void {
    changes++
    clusterRoleBindings.push({
      metadata: { name: 'b' },
      subjects: [subject],
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    })
  }

  function bindIn(namespace: string, subject: Subject, kind = 'Role', name = 'local'): void {
    changes++
    roleBindings.push({
      metadata: { name: 'b', namespace },
      subjects: [subject],
      roleRef: { apiGroup: rbacGroup, kind, name },
    })
  }

  it('looks again when roles or bindings have changed, and not before', () => {
    expect(authorizer.authorize(asking()).verdict).to.equal('no-opinion')
    clusterRoleBindings.push({
      metadata: { name: 'b' },
      subjects: [user('jane')],
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'reader' },
    })
    expect(authorizer.authorize(asking()).verdict).to.equal('no-opinion')
    changes++
    expect(authorizer.authorize(asking()).verdict).to.equal('allow')
    expect(authorizer.authorize(asking({ namespace: 'other' })).verdict).to.equal('allow')
  })

  it('has no opinion without a binding', () => {
    expect(authorizer.authorize(asking())).to.deep.equal({ verdict: 'no-opinion', reason: '' })
  })

  it('lets system:masters do everything', () => {
    const master: UserInfo = { name: 'x', groups: ['system:masters'] }
    expect(authorizer.authorize(asking({ user: master, verb: 'x', resource: 'y' })).verdict).to.equal('allow')
    expect(authorizer.rulesFor(master, 'n').slice(0, 2)).to.deep.equal([
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ])
  })

  const subjects: { name: string; subject: Subject; user?: UserInfo; isMember: boolean }[] = [
    { name: 'a user by name', subject: user('jane'), isMember: true },
    { name: 'another user', subject: user('john'), isMember: false },
    { name: 'a group', subject: { kind: 'Group', apiGroup: rbacGroup, name: 'dev' }, isMember: true },
    { name: 'another group', subject: { kind: 'Group', apiGroup: rbacGroup, name: 'jane' }, isMember: false },
    {
      name: 'a service account',
      subject: { kind: 'ServiceAccount', name: 'sa', namespace: 'n' },
      user: { name: 'system:serviceaccount:n:sa', groups: [] },
      isMember: true,
    },
    {
      name: 'a service account of another namespace',
      subject: { kind: 'ServiceAccount', name: 'sa', namespace: 'm' },
      user: { name: 'system:serviceaccount:n:sa', groups: [] },
      isMember: false,
    },
  ]
  for (const { name, subject, user: who = jane, isMember } of subjects) {
    it(`${isMember ? 'binds' : 'does not bind'} ${name}`, () => {
      bindCluster(subject)
      expect(authorizer.authorize(asking({ user: who })).verdict).to.equal(isMember ? 'allow' : 'no-opinion')
    })
  }

  it('lets a cluster role binding reach everywhere, and says why', () => {
    bindCluster(user('jane'))
    for (const namespace of ['n', 'm', ''])
      expect(authorizer.authorize(asking({ namespace })).verdict).to.equal('allow')
    expect(authorizer.authorize(asking()).reason).to.equal(
      'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to User "jane"',
    )
  })

  it('lets a role binding reach its namespace', () => {
    bindIn('n', user('jane'))
    expect(authorizer.authorize(asking())).to.deep.equal({
      verdict: 'allow',
      reason: 'RBAC: allowed by RoleBinding "b/n" of Role "local" to User "jane"',
    })
    expect(authorizer.authorize(asking({ namespace: 'm' })).verdict).to.equal('no-opinion')
    expect(authorizer.authorize(asking({ namespace: '' })).verdict).to.equal('no-opinion')
  })

  it('gives the rules of a cluster role in the namespace of the binding alone', () => {
    bindIn('m', user('jane'), 'ClusterRole', 'reader')
    expect(authorizer.authorize(asking({ namespace: 'm' })).verdict).to.equal('allow')
    expect(authorizer.authorize(asking()).verdict).to.equal('no-opinion')
  })

  it('takes the namespace of a binding for a service account that names none', () => {
    bindIn('n', { kind: 'ServiceAccount', name: 'sa' })
    expect(authorizer.authorize(asking({ user: { name: 'system:serviceaccount:n:sa', groups: [] } }))).to.deep.equal({
      verdict: 'allow',
      reason: 'RBAC: allowed by RoleBinding "b/n" of Role "local" to ServiceAccount "sa/n"',
    })
  })

  it('survives a binding to a role that is not there', () => {
    bindCluster(user('jane'), 'nosuch')
    bindIn('n', user('jane'), 'Role', 'nosuch')
    expect(authorizer.authorize(asking()).verdict).to.equal('no-opinion')
  })

  it('lists the rules of a user in a namespace, cluster-wide ones first', () => {
    bindIn('n', user('jane'))
    clusterRoles.push({ metadata: { name: 'paths' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] })
    bindCluster(user('jane'), 'paths')
    expect(authorizer.rulesFor(jane, 'n')).to.deep.equal([{ verbs: ['get'], nonResourceURLs: ['/x'] }, getPods])
    expect(authorizer.rulesFor(jane, 'm')).to.have.length(1)
  })
})
