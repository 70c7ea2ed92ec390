// The plugins that complete a pod: tolerations, priority, runtime class.
import { expect } from 'chai'
import { copy } from '../apimachinery/equality.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { FakeReader, pod, request } from './fake-cluster.ts'
import { limitRanger } from './limit-ranger.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { runtimeClass } from './runtime-class.ts'

describe('DefaultTolerationSeconds', () => {
  const notReady = {
    key: 'node.kubernetes.io/not-ready',
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' }
  const cases: [string, object[] | undefined, object[]][] = [
    ['adds both', undefined, [notReady, unreachable]],
    ['adds nothing to a pod that tolerates everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    [
      'adds what is missing',
      [{ ...notReady, tolerationSeconds: 5 }],
      [{ ...notReady, tolerationSeconds: 5 }, unreachable],
    ],
  ]
  for (const [what, tolerations, expected] of cases) {
    it(what, () => {
      const created = request(pod('a', tolerations === undefined ? {} : { tolerations }))
      void defaultTolerationSeconds.admit!(created, new FakeReader())
      expect(created.object!['spec']).to.have.deep.property('tolerations', expected)
    })
  }
})

describe('Priority', () => {
  const classes = [{ metadata: { name: 'hi' }, value: 1000, preemptionPolicy: 'Never' }]
  const reader = new FakeReader({ 'priorityclasses.scheduling.k8s.io': classes })
  const withDefault = new FakeReader({
    'priorityclasses.scheduling.k8s.io': [...classes, { metadata: { name: 'low' }, value: 5, globalDefault: true }],
  })
  const admitted = (spec: object, from = reader) => {
    const created = request(pod('a', spec))
    void priority.admit!(created, from)
    const { priority: value, preemptionPolicy, priorityClassName } = created.object!['spec'] as Record<string, unknown>
    return [value, preemptionPolicy, priorityClassName]
  }

  it('resolves the class', () => expect(admitted({ priorityClassName: 'hi' })).to.deep.equal([1000, 'Never', 'hi']))
  it('is 0 without a class', () => expect(admitted({})).to.deep.equal([0, 'PreemptLowerPriority', undefined]))
  it('takes the global default', () => expect(admitted({}, withDefault)).to.deep.equal([5, undefined, 'low']))
  it('refuses a class that is not there', () => {
    expect(() => admitted({ priorityClassName: 'no' })).to.throw(
      'pods "a" is forbidden: no PriorityClass with name no was found',
    )
  })
  it('refuses a number of the pod’s own', () => {
    expect(() => admitted({ priority: 5, priorityClassName: 'hi' })).to.throw(
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
    )
  })
  it('allows one global default', () => {
    const second = { metadata: { name: 'other' }, value: 1, globalDefault: true }
    const attributes = request(second, { group: 'scheduling.k8s.io', resource: 'priorityclasses', namespace: '' })
    expect(() => priority.validate!(attributes, withDefault)).to.throw(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass low is already marked as default. Only one default can exist',
    )
    expect(() => priority.validate!(attributes, reader)).not.to.throw()
  })
})

describe('LimitRanger', () => {
  const item = {
    type: 'Container',
    default: { cpu: '200m', memory: '64Mi' },
    defaultRequest: { cpu: '50m' },
    max: { cpu: '1' },
    min: { cpu: '10m' },
  }
  const reader = new FakeReader({
    limitranges: [{ metadata: { name: 'l', namespace: 'ns' }, spec: { limits: [item] } }],
  })
  const withResources = (resources: object, more: object = {}) =>
    pod('b', { containers: [{ name: 'c', image: 'i', resources }], ...more })

  it('fills in what containers leave out, and says so', () => {
    const created = request(withResources({ limits: { cpu: '100m' } }, { initContainers: [{ name: 'i', image: 'i' }] }))
    void limitRanger.admit!(created, reader)
    const spec = created.object!['spec'] as {
      containers: { resources: object }[]
      initContainers: { resources: object }[]
    }
    expect(spec.containers[0]!.resources).to.deep.equal({
      limits: { cpu: '100m', memory: '64Mi' },
      requests: { cpu: '50m' },
    })
    expect(spec.initContainers[0]!.resources).to.deep.equal({
      limits: { cpu: '200m', memory: '64Mi' },
      requests: { cpu: '50m' },
    })
    expect(created.object!.metadata!.annotations).to.deep.equal({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container c; memory limit for container c; cpu request for init container i; cpu, memory limit for init container i',
    })
  })

  const cases: [string, object, string | undefined][] = [
    ['what is within', { requests: { cpu: '10m' }, limits: { cpu: '1000m' } }, undefined],
    [
      'a limit too high',
      { requests: { cpu: '2' }, limits: { cpu: '2' } },
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      'a request too low',
      { requests: { cpu: '1m' }, limits: { cpu: '200m' } },
      'minimum cpu usage per Container is 10m, but request is 1m',
    ],
    ['no request', { limits: { cpu: '1' } }, 'minimum cpu usage per Container is 10m.  No request is specified'],
  ]
  for (const [what, resources, message] of cases) {
    it(`judges ${what}`, () => {
      const validate = () => limitRanger.validate!(request(withResources(resources)), reader)
      if (message === undefined) expect(validate).not.to.throw()
      else expect(validate).to.throw(`pods "b" is forbidden: ${message}`)
    })
  }

  it('joins several problems', () => {
    const limits = [{ type: 'Pod', max: { cpu: '1', memory: '1Gi' }, maxLimitRequestRatio: { cpu: '2' } }]
    const ofPods = new FakeReader({ limitranges: [{ metadata: { name: 'l', namespace: 'ns' }, spec: { limits } }] })
    const created = request(withResources({ requests: { cpu: '500m' }, limits: { cpu: '1500m' } }))
    expect(() => limitRanger.validate!(created, ofPods)).to.throw(
      'pods "b" is forbidden: [maximum cpu usage per Pod is 1, but limit is 1500m, maximum memory usage per Pod is 1Gi.  No limit is specified, cpu max limit to request ratio per Pod is 2, but provided ratio is 3.000000]',
    )
  })
})

describe('RuntimeClass', () => {
  const classes = [
    {
      metadata: { name: 'rc' },
      overhead: { podFixed: { cpu: '100m' } },
      scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
    },
  ]
  const reader = new FakeReader({ 'runtimeclasses.node.k8s.io': classes })

  it('adds overhead and scheduling', () => {
    const created = request(
      pod('a', { runtimeClassName: 'rc', tolerations: [{ key: 'k', operator: 'Equal', value: 'v' }] }),
    )
    void runtimeClass.admit!(created, reader)
    void runtimeClass.validate!(created, reader)
    expect(created.object!['spec']).to.deep.include({
      overhead: { cpu: '100m' },
      nodeSelector: { a: 'b' },
      tolerations: [{ key: 'k', operator: 'Exists' }],
    })
  })

  it('refuses what does not fit', () => {
    const admit = (spec: object) => () => runtimeClass.admit!(request(pod('a', spec)), reader)
    expect(admit({ runtimeClassName: 'no' })).to.throw(
      'pods "a" is forbidden: pod rejected: RuntimeClass "no" not found',
    )
    expect(admit({ runtimeClassName: 'rc', nodeSelector: { a: 'c' } })).to.throw(
      'conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c',
    )
    expect(admit({ runtimeClassName: 'rc', overhead: { cpu: '1' } })).to.throw("Pod's Overhead doesn't match")
    expect(() => runtimeClass.validate!(request(pod('a', { overhead: { cpu: '1' } })), reader)).to.throw(
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    )
  })
})

describe('PodTopologyLabels', () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', other: 'x' }
  const reader = new FakeReader({ nodes: [{ metadata: { name: 'n', labels } }] })

  it('copies the zone of the node that is bound', () => {
    const binding = request(
      { metadata: { name: 'a' }, target: { kind: 'Node', name: 'n' } },
      { subresource: 'binding' },
    )
    void podTopologyLabels.admit!(binding, reader)
    expect(binding.object!.metadata!.labels).to.deep.equal({ 'topology.kubernetes.io/zone': 'z' })
  })

  it('leaves a pod without a node alone', () => {
    const created = request(pod('a'))
    const before = copy(created.object)
    void podTopologyLabels.admit!(created, reader)
    expect(created.object).to.deep.equal(before)
  })
})
