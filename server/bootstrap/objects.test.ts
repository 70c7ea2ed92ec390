// What a fresh cluster holds.
import { expect } from 'chai'
import type { AnyObject } from '../apimachinery/types.ts'
import { bootstrapObjects, firstAddress, type BootstrapOptions } from './objects.ts'

const options: BootstrapOptions = {
  advertiseAddress: '172.18.0.2',
  port: 6443,
  serviceCIDR: '10.0.0.0/24',
  now: Date.UTC(2026, 0, 1),
  hostname: 'host',
  clientAuthority: 'PEM',
  identity: 'abc',
  withControllers: true,
}

const nameOf = ({ kind, metadata }: AnyObject): string =>
  [kind, metadata?.namespace, metadata?.name].filter((one) => one !== undefined).join('/')

describe('bootstrapObjects', () => {
  const objects = bootstrapObjects(options)
  const names = objects.map(nameOf)

  it('begins with the namespaces', () => {
    expect(names.slice(0, 4)).to.have.members([
      'Namespace/default',
      'Namespace/kube-system',
      'Namespace/kube-public',
      'Namespace/kube-node-lease',
    ])
    expect(names.slice(4).filter((name) => name.startsWith('Namespace/'))).to.deep.equal([])
  })

  it('has what roles, priorities and the service kubernetes are', () => {
    expect(names).to.include.members([
      'ClusterRole/cluster-admin',
      'ClusterRoleBinding/cluster-admin',
      'ClusterRole/system:node',
      'PriorityClass/system-node-critical',
      'FlowSchema/exempt',
      'Service/default/kubernetes',
      'ServiceCIDR/kubernetes',
      'IPAddress/10.0.0.1',
    ])
  })

  it('names each object once', () => {
    expect(names).to.have.length(new Set(objects.map((one) => `${one.apiVersion} ${nameOf(one)}`)).size)
  })

  it('knows the time, and has no marks of the recording left', () => {
    expect(JSON.stringify(objects)).to.not.match(/"<[a-z ]+>"/)
    expect(JSON.stringify(objects)).to.contain('2026-01-01T00:00:00Z')
  })

  it('leaves out what controllers made, without controllers', () => {
    const fewer = bootstrapObjects({ ...options, withControllers: false }).map(nameOf)
    expect(fewer.length).to.be.lessThan(names.length)
    expect(names).to.include.members(fewer)
  })

  it('gives each caller objects of its own', () => {
    const [first] = bootstrapObjects(options)
    first!.metadata!.name = 'changed'
    expect(bootstrapObjects(options).map(nameOf)).to.deep.equal(names)
  })
})

describe('firstAddress', () => {
  const cases: [cidr: string, first: string][] = [
    ['10.0.0.0/24', '10.0.0.1'],
    ['10.96.0.0/12', '10.96.0.1'],
    ['10.0.0.77/24', '10.0.0.1'],
    ['10.0.0.64/26', '10.0.0.65'],
  ]
  for (const [cidr, first] of cases) {
    it(`of ${cidr} is ${first}`, () => {
      expect(firstAddress(cidr)).to.equal(first)
    })
  }
})
