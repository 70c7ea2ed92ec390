// Storage keys, as an etcd listing of a real cluster shows them.
import { expect } from 'chai'
import { objectKey, resourcePrefix } from './keys.ts'

describe('storage keys', () => {
  const prefixes: [group: string, resource: string, custom: boolean, prefix: string][] = [
    ['', 'pods', false, '/registry/pods/'],
    ['', 'nodes', false, '/registry/minions/'],
    ['', 'services', false, '/registry/services/specs/'],
    ['', 'endpoints', false, '/registry/services/endpoints/'],
    ['', 'replicationcontrollers', false, '/registry/controllers/'],
    ['apps', 'deployments', false, '/registry/deployments/'],
    ['networking.k8s.io', 'ingresses', false, '/registry/ingress/'],
    [
      'apiextensions.k8s.io',
      'customresourcedefinitions',
      false,
      '/registry/apiextensions.k8s.io/customresourcedefinitions/',
    ],
    ['apiregistration.k8s.io', 'apiservices', false, '/registry/apiregistration.k8s.io/apiservices/'],
    ['example.com', 'nodes', true, '/registry/example.com/nodes/'],
  ]
  for (const [group, resource, custom, prefix] of prefixes) {
    it(`of ${group === '' ? resource : `${resource}.${group}`} start with ${prefix}`, () => {
      expect(resourcePrefix(group, resource, custom)).to.equal(prefix)
    })
  }

  it('hold the namespace, if there is one', () => {
    expect(objectKey('/registry/pods/', 'default', 'a')).to.equal('/registry/pods/default/a')
    expect(objectKey('/registry/minions/', undefined, 'a')).to.equal('/registry/minions/a')
    expect(objectKey('/registry/minions/', '', 'a')).to.equal('/registry/minions/a')
  })
})
