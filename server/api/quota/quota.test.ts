// What objects use of a quota.
import { expect } from 'chai'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import { formatAmounts } from './amounts.ts'
import { countingOf, resourcesOf, usageOf } from './evaluator.ts'
import { matchesScopes, type Quota } from './scopes.ts'

const NOW = Date.UTC(2026, 0, 1)

function usage(resource: string, object: object, metadata: object = {}): Record<string, string> {
  const used = countingOf(resource).usage({ metadata, ...object } as Frozen<AnyObject>, NOW)
  return formatAmounts(used)
}

const container = (requests: object = {}, limits: object = {}, more: object = {}) => ({
  name: 'c',
  resources: { requests, limits },
  ...more,
})

describe('usage of a quota', () => {
  it('of pods: what their containers ask for, with overhead', () => {
    const containers = [container({ cpu: '500m', memory: '1Gi' }, { cpu: '1' }), container({ cpu: '250m' })]
    expect(usage('pods', { spec: { containers, overhead: { cpu: '50m', memory: '1Mi' } } })).to.deep.equal({
      'count/pods': '1',
      pods: '1',
      cpu: '800m',
      'requests.cpu': '800m',
      'limits.cpu': '1050m',
      memory: '1025Mi',
      'requests.memory': '1025Mi',
    })
  })

  it('of pods: extended resources and huge pages', () => {
    const requests = { 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' }
    expect(usage('pods', { spec: { containers: [container(requests, requests)] } })).to.deep.equal({
      'count/pods': '1',
      pods: '1',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
      'requests.example.com/gpu': '2',
    })
  })

  it('of pods at their end, or stuck on their way: only that they are there', () => {
    const spec = { containers: [container({ cpu: '1' })] }
    const stuck = { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 }
    expect(usage('pods', { spec, status: { phase: 'Succeeded' } })).to.deep.equal({ 'count/pods': '1' })
    expect(usage('pods', { spec }, stuck)).to.deep.equal({ 'count/pods': '1' })
    expect(usage('pods', { spec }, { ...stuck, deletionGracePeriodSeconds: 90 })).to.have.property('cpu', '1')
  })

  it('of services: node ports and load balancers', () => {
    const ports = [{ port: 80, nodePort: 30000 }, { port: 81 }]
    const counts = (spec: object): string[] => {
      const used = usage('services', { spec: { ports, ...spec } })
      return [used['services']!, used['services.nodeports']!, used['services.loadbalancers']!]
    }
    expect(counts({ type: 'ClusterIP' })).to.deep.equal(['1', '0', '0'])
    expect(counts({ type: 'NodePort' })).to.deep.equal(['1', '2', '0'])
    expect(counts({ type: 'LoadBalancer' })).to.deep.equal(['1', '2', '1'])
    expect(counts({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false })).to.deep.equal(['1', '1', '1'])
  })

  it('of claims: storage, in whole bytes, also of their class', () => {
    const spec = { storageClassName: 'gold', resources: { requests: { storage: '1500m' } } }
    expect(usage('persistentvolumeclaims', { spec })).to.deep.equal({
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '2',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '2',
    })
  })

  it('of anything else: its number', () => {
    expect(usage('secrets', {})).to.deep.equal({ 'count/secrets': '1', secrets: '1' })
    expect(usage('widgets.example.com', {})).to.deep.equal({ 'count/widgets.example.com': '1' })
  })

  it('is found by the names of a quota', () => {
    const names = ['requests.cpu', 'count/widgets.example.com', 'gold.storageclass.storage.k8s.io/requests.storage']
    expect([...resourcesOf(names)].sort()).to.deep.equal(['persistentvolumeclaims', 'pods', 'widgets.example.com'])
    expect([...resourcesOf(['requests.storage', 'unheard.of'])]).to.deep.equal(['persistentvolumeclaims'])
  })

  it('is the sum over what is within the scopes', () => {
    const quota: Quota = { spec: { scopes: ['NotTerminating'] } }
    const pods = [{ spec: { activeDeadlineSeconds: 5 } }, { spec: {} }, { spec: {} }] as unknown as Frozen<AnyObject>[]
    const objectsOf = (resource: string) => (resource === 'pods' ? pods : undefined)
    expect(formatAmounts(usageOf(quota, ['pods', 'requests.cpu', 'count/x'], objectsOf, NOW))).to.deep.equal({
      pods: '2',
      'requests.cpu': '0',
    })
  })
})

describe('scopes of a quota', () => {
  const term = { topologyKey: 'x', namespaces: ['y'] }
  const cases: [scope: string, operator: string, values: string[], spec: object, within: boolean][] = [
    ['Terminating', 'Exists', [], { activeDeadlineSeconds: 0 }, true],
    ['NotTerminating', 'Exists', [], { activeDeadlineSeconds: 0 }, false],
    ['BestEffort', 'Exists', [], { containers: [container()] }, true],
    ['BestEffort', 'Exists', [], { containers: [container({ cpu: '1' })] }, false],
    ['NotBestEffort', 'Exists', [], { containers: [container({}, { memory: '1' })] }, true],
    ['PriorityClass', 'Exists', [], {}, false],
    ['PriorityClass', 'DoesNotExist', [], {}, true],
    ['PriorityClass', 'In', ['a', 'b'], { priorityClassName: 'b' }, true],
    ['PriorityClass', 'NotIn', ['a', 'b'], { priorityClassName: 'b' }, false],
    ['PriorityClass', 'NotIn', ['a'], {}, true],
    [
      'CrossNamespacePodAffinity',
      'Exists',
      [],
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
      true,
    ],
    ['CrossNamespacePodAffinity', 'Exists', [], {}, false],
    ['Unheard', 'Exists', [], {}, false],
  ]
  for (const [scopeName, operator, values, spec, within] of cases) {
    it(`${scopeName} ${operator} ${values.join(',')} ${within ? 'holds' : 'leaves out'} ${JSON.stringify(spec)}`, () => {
      const quota: Quota = { spec: { scopeSelector: { matchExpressions: [{ scopeName, operator, values }] } } }
      expect(matchesScopes(quota, countingOf('pods'), { spec } as unknown as Frozen<AnyObject>)).to.equal(within)
    })
  }

  it('tell claims by the class of their volume attributes, and nothing else', () => {
    const quota: Quota = {
      spec: {
        scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['a'] }] },
      },
    }
    const claim = (spec: object) => ({ spec }) as unknown as Frozen<AnyObject>
    const counting = countingOf('persistentvolumeclaims')
    expect(matchesScopes(quota, counting, claim({ volumeAttributesClassName: 'a' }))).to.equal(true)
    expect(matchesScopes(quota, counting, claim({}))).to.equal(false)
    expect(matchesScopes(quota, countingOf('secrets'), claim({}))).to.equal(false)
  })
})
