// Sets of nodes, and conditions over time.
import { expect } from 'chai'
import { mostPodsPerNode, nodeConditions, nodeObject, nodeSet, podRangeOf } from './node-object.ts'

const summary = (nodes: ReturnType<typeof nodeSet>) =>
  nodes.map(({ name, labels, taints }) => [name, labels !== undefined, taints?.length ?? 0])

describe('nodeSet', () => {
  it('has one node of the control plane that takes all pods when it is the only one', () => {
    expect(summary(nodeSet({ count: 1, bare: false }))).to.deep.equal([['kubeling-control-plane', true, 0]])
    expect(summary(nodeSet({ count: 3, bare: false }))).to.deep.equal([
      ['kubeling-control-plane', true, 1],
      ['kubeling-worker', false, 0],
      ['kubeling-worker2', false, 0],
    ])
  })

  it('has plain workers only when bare', () => {
    expect(summary(nodeSet({ count: 2, bare: true }))).to.deep.equal([
      ['kubeling-node-1', false, 0],
      ['kubeling-node-2', false, 0],
    ])
  })

  it('gives a thousand nodes addresses of their own', () => {
    const nodes = nodeSet({ count: 1000, bare: true })
    expect(new Set(nodes.map(({ internalIP }) => internalIP)).size).to.equal(1000)
    expect(new Set(nodes.map(({ podCIDR }) => podCIDR)).size).to.equal(1000)
  })

  for (const [count, maxPods, first, last] of [
    [10, 110, '10.244.0.0/24', '10.244.9.0/24'],
    [10, 500, '10.244.0.0/23', '10.244.18.0/23'],
    [300, 110, '10.244.0.0/24', '10.245.43.0/24'],
    [5000, 110, '10.244.0.0/25', '10.253.195.128/25'],
    [1, 65_533, '10.244.0.0/16', '10.244.0.0/16'],
  ] as const) {
    it(`has room for ${maxPods} pods on each of ${count} nodes`, () => {
      const nodes = nodeSet({ count, bare: true, maxPods })
      expect([nodes[0]?.podCIDR, nodes.at(-1)?.podCIDR]).to.deep.equal([first, last])
      expect(nodes[0]?.capacity?.['pods']).to.equal(String(maxPods))
      expect(maxPods).to.be.at.most(mostPodsPerNode(count))
    })
  }

  it('cuts the networks of pods from the one of the cluster', () => {
    const podRange = podRangeOf('fd00::/48,10.100.0.0/16')
    const networks = (count: number) => nodeSet({ count, bare: true, podRange }).map(({ podCIDR }) => podCIDR)
    expect(networks(2)).to.deep.equal(['10.100.0.0/24', '10.100.1.0/24'])
    expect(networks(512).at(-1)).to.equal('10.100.255.128/25')
    expect(mostPodsPerNode(512, podRange)).to.equal(125)
  })

  it('knows how many pods are too many', () => {
    expect(mostPodsPerNode(1000)).to.equal(509)
  })
})

describe('nodeObject', () => {
  it('has the labels of a real node besides its own', () => {
    const { metadata, spec } = nodeObject(
      { name: 'n', labels: { a: 'b' }, internalIP: '172.18.0.2', podCIDR: '10.244.0.0/24' },
      () => 0.5,
      0,
    )
    expect(metadata?.labels).to.deep.include({
      'kubernetes.io/hostname': 'n',
      'kubernetes.io/os': 'linux',
      'beta.kubernetes.io/os': 'linux',
      a: 'b',
    })
    expect(spec).to.deep.equal({ podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] })
  })
})

describe('nodeConditions', () => {
  it('keeps the time of a transition, and conditions that others wrote', () => {
    const first = nodeConditions([], 0)
    const foreign = { type: 'NetworkUnavailable', status: 'False' }
    const second = nodeConditions([...first, foreign], 60_000)
    expect(second.find(({ type }) => type === 'Ready')).to.deep.include({
      lastHeartbeatTime: '1970-01-01T00:01:00Z',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    })
    expect(second).to.deep.include(foreign)
    const lost = first.map((condition) => ({ ...condition, status: 'Unknown' }))
    expect(nodeConditions(lost, 60_000)[3]).to.deep.include({
      status: 'True',
      lastTransitionTime: '1970-01-01T00:01:00Z',
    })
  })
})
