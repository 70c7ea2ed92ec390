// Cells of kinds and states that no recording shows.
import { expect } from 'chai'
import type { AnyObject } from '../apimachinery/types.ts'
import { kinds } from './index.ts'

const now = Date.parse('2024-06-01T00:00:00Z')

function cells(kind: string, object: AnyObject, ...names: string[]): unknown[] {
  const behaviour = kinds.find((one) => one.kind === kind && one.storedAs === undefined)!
  return names.map((name) => behaviour.cells![name]!(object, now))
}

describe('cells', () => {
  it('count the pods of a daemon set', () => {
    const status = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2, updatedNumberScheduled: 1 }
    const spec = { template: { spec: { containers: [], nodeSelector: { b: '2', a: '1' } } } }
    const names = ['Desired', 'Current', 'Ready', 'Up-to-date', 'Available', 'Node Selector', 'Selector']
    expect(cells('DaemonSet', { spec, status }, ...names)).to.deep.equal([3, 3, 2, 1, 0, 'a=1,b=2', '<none>'])
  })

  it('say how far a job is', () => {
    const condition = (type: string): AnyObject => ({ status: { conditions: [{ type, status: 'True' }] } })
    const statusOf = (object: AnyObject): unknown => cells('Job', object, 'Status')[0]
    expect(['Complete', 'Failed', 'Suspended', 'FailureTarget'].map((type) => statusOf(condition(type)))).to.deep.equal(
      ['Complete', 'Failed', 'Suspended', 'FailureTarget'],
    )
    expect(statusOf({ metadata: { deletionTimestamp: '2024-05-31T00:00:00Z' } })).to.equal('Terminating')
    expect(cells('Job', { spec: { parallelism: 3 }, status: { succeeded: 1 } }, 'Completions')).to.deep.equal([
      '1/1 of 3',
    ])
    const times = { startTime: '2024-05-31T23:59:00Z', completionTime: '2024-05-31T23:59:07Z' }
    expect(cells('Job', { status: times }, 'Duration')).to.deep.equal(['7s'])
    expect(cells('Job', {}, 'Duration')).to.deep.equal([''])
  })

  it('name the controller of a revision', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }
    expect(
      cells('ControllerRevision', { metadata: { ownerReferences: [owner] }, revision: 1 }, 'Controller'),
    ).to.deep.equal(['statefulset.apps/web'])
  })

  it('cut long lists', () => {
    const ports = [1, 2, 3, 4, 5].map((port) => ({ port }))
    const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }]
    expect(cells('EndpointSlice', { ports, endpoints }, 'Ports', 'Endpoints')).to.deep.equal([
      '1,2,3 + 2 more...',
      '10.0.0.1,10.0.0.2',
    ])
    expect(cells('EndpointSlice', {}, 'Ports', 'Endpoints')).to.deep.equal(['<unset>', '<unset>'])
    const rules = ['a', 'b', 'c', 'd'].map((host) => ({ host }))
    expect(cells('Ingress', { spec: { rules } }, 'Hosts', 'Class', 'Address', 'Ports')).to.deep.equal([
      'a,b,c + 1 more...',
      '<none>',
      '',
      '80',
    ])
  })

  it('mark default classes', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    expect(cells('StorageClass', { metadata: { name: 'std', annotations } }, 'Name')).to.deep.equal(['std (default)'])
    expect(cells('IngressClass', { metadata: { name: 'nginx' } }, 'Name')).to.deep.equal(['nginx'])
  })

  it('say which schema a flow has and whether its level is there', () => {
    const spec = { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 10000 }
    const names = ['PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'MissingPL']
    expect(cells('FlowSchema', { spec }, ...names)).to.deep.equal(['catch-all', 10000, '<none>', '?'])
  })

  it('say whether an API service is there', () => {
    const conditions = [{ type: 'Available', status: 'False', reason: 'ServiceNotFound' }]
    const spec = { service: { namespace: 'ns', name: 'metrics' } }
    expect(cells('APIService', { spec, status: { conditions } }, 'Service', 'Available')).to.deep.equal([
      'ns/metrics',
      'False (ServiceNotFound)',
    ])
    expect(cells('APIService', { spec: {} }, 'Service', 'Available')).to.deep.equal(['Local', 'Unknown'])
  })

  it('name what an address belongs to', () => {
    const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' }
    expect(cells('IPAddress', { spec: { parentRef } }, 'ParentRef')).to.deep.equal(['services/default/kubernetes'])
  })

  it('print the parameters of a policy binding', () => {
    const selector = { matchLabels: { a: 'b' } }
    expect(cells('ValidatingAdmissionPolicyBinding', { spec: { paramRef: { selector } } }, 'ParamRef')).to.deep.equal([
      '&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}',
    ])
    expect(cells('MutatingAdmissionPolicyBinding', { spec: { paramRef: { name: 'p' } } }, 'ParamRef')).to.deep.equal([
      '*/p',
    ])
  })
})
