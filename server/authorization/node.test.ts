// What kubelets may do, and who decides among several authorizers.
import { expect } from 'chai'
import type { UserInfo } from '../apimachinery/types.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from './authorizer.ts'
import { nodeAuthorizer, union } from './node.ts'

const kubelet: UserInfo = { name: 'system:node:n1', groups: ['system:nodes'] }

function asking(verb: string, resource: string, user = kubelet, group = ''): AuthorizationAttributes {
  const [plain = '', subresource = ''] = resource.split('/')
  return {
    user,
    verb,
    isResourceRequest: true,
    path: '',
    namespace: 'default',
    group,
    version: 'v1',
    resource: plain,
    subresource,
    name: 'x',
  }
}

describe('nodeAuthorizer', () => {
  const cases: [verb: string, resource: string, group: string, verdict: Decision['verdict']][] = [
    ['list', 'pods', '', 'allow'],
    ['patch', 'pods/status', '', 'allow'],
    ['patch', 'nodes/status', '', 'allow'],
    ['update', 'leases', 'coordination.k8s.io', 'allow'],
    ['create', 'serviceaccounts/token', '', 'allow'],
    ['patch', 'pods', '', 'no-opinion'],
    ['delete', 'nodes', '', 'no-opinion'],
    ['create', 'secrets', '', 'no-opinion'],
    ['list', 'pods', 'metrics.k8s.io', 'no-opinion'],
  ]
  for (const [verb, resource, group, verdict] of cases) {
    it(`${verdict === 'allow' ? 'lets a kubelet' : 'does not let a kubelet'} ${verb} ${resource} ${group}`, () => {
      expect(nodeAuthorizer.authorize(asking(verb, resource, kubelet, group)).verdict).to.equal(verdict)
    })
  }

  it('knows kubelets by name and group, both', () => {
    for (const user of [
      { name: 'system:node:n1', groups: [] },
      { name: 'jane', groups: ['system:nodes'] },
    ]) {
      expect(nodeAuthorizer.authorize(asking('list', 'pods', user)).verdict).to.equal('no-opinion')
    }
  })
})

describe('union', () => {
  const saying = (verdict: Decision['verdict'], reason = ''): Authorizer => ({ authorize: () => ({ verdict, reason }) })
  const cases: { name: string; authorizers: Authorizer[]; decision: Decision }[] = [
    { name: 'nobody', authorizers: [], decision: { verdict: 'no-opinion', reason: '' } },
    {
      name: 'the first that has an opinion',
      authorizers: [saying('no-opinion'), saying('deny', 'x'), saying('allow')],
      decision: { verdict: 'deny', reason: 'x' },
    },
    {
      name: 'the last reason, if none has an opinion',
      authorizers: [saying('no-opinion', 'x'), saying('no-opinion')],
      decision: { verdict: 'no-opinion', reason: 'x' },
    },
  ]
  for (const { name, authorizers, decision } of cases) {
    it(`follows ${name}`, () => {
      expect(union(authorizers).authorize(asking('get', 'pods'))).to.deep.equal(decision)
    })
  }
})
