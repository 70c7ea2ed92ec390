// Decisions: which node, and what is said when there is none.
import { expect } from 'chai'
import type { PodSpec } from '../api/core.ts'
import { labelSelectorAsSelector } from '../apimachinery/selectors.ts'
import { seededRandom } from '../apimachinery/names.ts'
import { asking, cluster, node, pod } from './builders.ts'
import { decide, feasibleNodesToFind } from './decide.ts'
import type { ClusterView, Decision, PodObject } from './framework.ts'
import { podInfoOf } from './pod-info.ts'
import { defaultProfile } from './profile.ts'

function place(view: ClusterView, one: PodObject, random: () => number = () => 0.5): Decision {
  return decide(defaultProfile(), view, podInfoOf(one), { random, exhaustive: true })
}

const three = [node('a'), node('b'), node('c')]
const unhelpful =
  'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
const victimless =
  'no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.'
const wantsLabel: Partial<PodSpec> = { nodeSelector: { zone: 'a' } }

const named = (name: string): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
      },
    },
  },
})

describe('decide', () => {
  const rejections: { name: string; view: ClusterView; pod: PodObject; message: string }[] = [
    {
      name: 'more CPU than any node has',
      view: cluster(three),
      pod: pod('p', asking({ cpu: '9999' })),
      message: `0/3 nodes are available: 3 Insufficient cpu. ${unhelpful}`,
    },
    {
      name: 'more CPU than is left',
      view: cluster(
        three,
        ['a', 'b', 'c'].map((at) => pod(`on-${at}`, { nodeName: at, ...asking({ cpu: '7500m' }) })),
      ),
      pod: pod('p', asking({ cpu: '1', memory: '20Gi' })),
      message: `0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory. ${unhelpful}`,
    },
    {
      name: 'room that only a lower priority could make',
      view: cluster(
        three,
        ['a', 'b', 'c'].map((at) => pod(`on-${at}`, { nodeName: at, ...asking({ cpu: '7500m' }) })),
      ),
      pod: pod('p', asking({ cpu: '1' })),
      message: `0/3 nodes are available: 3 Insufficient cpu. ${victimless}`,
    },
    {
      name: 'a node selector that no node meets',
      view: cluster(three),
      pod: pod('p', wantsLabel),
      message: `0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. ${unhelpful}`,
    },
    {
      name: 'taints and selectors, each node counted by its first reason',
      view: cluster([
        node('a', { taints: [{ key: 'only', value: 'gpu', effect: 'NoSchedule' }] }, { labels: { zone: 'a' } }),
        node('b'),
        node('c'),
      ]),
      pod: pod('p', wantsLabel),
      message: `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector. ${unhelpful}`,
    },
    {
      name: 'cordoned nodes',
      view: cluster([
        node('a', { unschedulable: true }),
        node('b', { unschedulable: true }),
        node('c', { unschedulable: true }),
      ]),
      pod: pod('p'),
      message: `0/3 nodes are available: 3 node(s) were unschedulable. ${unhelpful}`,
    },
    {
      name: 'host ports in use',
      view: cluster(
        [node('a')],
        [
          pod('q', {
            nodeName: 'a',
            containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }],
          }),
        ],
      ),
      pod: pod('p', { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, hostIP: '10.0.0.1' }] }] }),
      message:
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. " +
        'no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    },
    {
      name: 'a pod that may not preempt',
      view: cluster([node('a')]),
      pod: pod('p', { ...wantsLabel, preemptionPolicy: 'Never' }),
      message:
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. " +
        'no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    },
    {
      name: 'a pod that names its node, as those of a DaemonSet do',
      view: cluster([node('a', { unschedulable: true }), node('b'), node('c')]),
      pod: pod('p', named('a')),
      message: `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${unhelpful}`,
    },
    {
      name: 'a pod that names a node that is not there',
      view: cluster(three),
      pod: pod('p', named('z')),
      message: `0/3 nodes are available: 3 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${unhelpful}`,
    },
    { name: 'no nodes', view: cluster([]), pod: pod('p'), message: 'no nodes available to schedule pods' },
  ]
  for (const { name, view, pod: one, message } of rejections) {
    it(`says why it rejects: ${name}`, () => expect(place(view, one).message).to.equal(message))
  }

  it('counts pods beyond what a node allows', () => {
    const full = node('a', {}, {}, { allocatable: { cpu: '8', memory: '16Gi', pods: '1' } })
    const view = cluster([full], [pod('q', { nodeName: 'a' })])
    expect(place(view, pod('p')).message).to.match(/^0\/1 nodes are available: 1 Too many pods\./)
  })

  it('takes tolerated taints, also those of cordoned nodes', () => {
    const cordoned = node('a', {
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
    })
    const view = cluster([cordoned])
    expect(place(view, pod('p', { tolerations: [{ operator: 'Exists' }] })).nodeName).to.equal('a')
    expect(place(view, pod('p')).nodeName).to.equal(undefined)
  })

  it('prefers the emptier node', () => {
    const view = cluster([node('a'), node('b')], [pod('q', { nodeName: 'a', ...asking({ cpu: '4', memory: '8Gi' }) })])
    expect(place(view, pod('p', asking({ cpu: '1', memory: '1Gi' }))).nodeName).to.equal('b')
  })

  it('prefers nodes without a taint that discourages', () => {
    const view = cluster([node('a', { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }), node('b')])
    for (const random of [() => 0, () => 0.999]) expect(place(view, pod('p'), random).nodeName).to.equal('b')
  })

  it('weighs preferred node affinity', () => {
    const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference }] } }
    const view = cluster([node('a'), node('b', {}, { labels: { disk: 'ssd' } })])
    const decision = place(view, pod('p', { affinity }))
    expect(decision.nodeName).to.equal('b')
    expect(decision.scores.find(({ plugin }) => plugin === 'NodeAffinity')).to.deep.include({
      raw: [0, 10],
      normalized: [0, 100],
    })
  })

  it('spreads the pods of one owner over the nodes', () => {
    const labels = { app: 'web' }
    const selector = labelSelectorAsSelector({ matchLabels: labels })
    const view = cluster(three, [], { defaultSelector: () => selector })
    const random = seededRandom(1)
    const used = [1, 2, 3, 4, 5, 6].map((number) => {
      const one = pod(`web-${number}`, {}, { labels })
      const { nodeName = '' } = place(view, one, random)
      view.cache.assume(podInfoOf(one), nodeName)
      return nodeName
    })
    expect(used.slice(0, 3).toSorted()).to.deep.equal(['a', 'b', 'c'])
    expect(used.slice(3).toSorted()).to.deep.equal(['a', 'b', 'c'])
  })

  it('keeps to a required topology spread', () => {
    const labels = { app: 'web' }
    const spread = {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: labels },
    }
    const zones = [node('a', {}, { labels: { zone: '1' } }), node('b', {}, { labels: { zone: '2' } }), node('c')]
    const view = cluster(zones, [pod('q', { nodeName: 'a' }, { labels })])
    const decision = place(view, pod('p', { topologySpreadConstraints: [spread] }, { labels }))
    expect(decision.nodeName).to.equal('b')
    expect(decision.verdicts.get('a')?.reasons).to.deep.equal(["node(s) didn't match pod topology spread constraints"])
    expect(decision.verdicts.get('c')?.reasons).to.deep.equal([
      "node(s) didn't match pod topology spread constraints (missing required label)",
    ])
  })

  it('explains itself: a verdict or scores for every node', () => {
    const view = cluster([node('a', { unschedulable: true }), node('b'), node('c')])
    const { verdicts, feasible, scores, totals } = place(view, pod('p', asking({ cpu: '1' })))
    expect(verdicts.get('a')).to.deep.equal({
      plugin: 'NodeUnschedulable',
      resolvable: false,
      reasons: ['node(s) were unschedulable'],
    })
    expect(feasible.map(({ node: { metadata } }) => metadata.name)).to.deep.equal(['b', 'c'])
    expect(scores.map(({ plugin }) => plugin)).to.deep.equal([
      'TaintToleration',
      'NodeResourcesFit',
      'NodeResourcesBalancedAllocation',
    ])
    expect(totals).to.have.length(2)
  })

  it('prefers the node that has the image', () => {
    const images = [{ names: ['big:1'], sizeBytes: 900 * 1024 * 1024 }]
    const { allocatable } = node('a').status!
    const view = cluster([node('a'), node('b', {}, {}, { allocatable: allocatable!, images })])
    const { nodeName, scores } = place(view, pod('p', { containers: [{ name: 'c', image: 'big:1' }] }))
    expect(nodeName).to.equal('b')
    expect(scores.find(({ plugin }) => plugin === 'ImageLocality')?.raw).to.deep.equal([0, 43])
  })

  it('looks for fewer nodes the larger the cluster', () => {
    expect([1, 99, 100, 300, 1000, 10_000].map((nodes) => feasibleNodesToFind(nodes))).to.deep.equal([
      1, 99, 100, 144, 420, 500,
    ])
  })
})
