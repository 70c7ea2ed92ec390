// Required spread over topology domains: which nodes take a pod.
import { expect } from 'chai'
import type { PodSpec, TopologySpreadConstraint } from '../../api/core.ts'
import { cluster, node, pod } from '../builders.ts'
import { podInfoOf } from '../pod-info.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { systemDefaults } from '../spread-constraints.ts'

const taint = { key: 'only', effect: 'NoSchedule' }
const nodes = [
  node('a', {}, { labels: { zone: '1', disk: 'ssd' } }),
  node('b', {}, { labels: { zone: '2', disk: 'ssd' } }),
  node('c', { taints: [taint] }, { labels: { zone: '3' } }),
]
const labels = { app: 'web', 'pod-template-hash': 'new' }
const on = (nodeName: string, more: Record<string, string> = {}) =>
  pod(`${nodeName}-${Object.values(more).join()}`, { nodeName }, { labels: { ...labels, ...more } })

describe('PodTopologySpread', () => {
  const cases: {
    name: string
    constraint?: Partial<TopologySpreadConstraint>
    spec?: Partial<PodSpec>
    takes: string
  }[] = [
    { name: 'counts every node, tainted or not', takes: 'c' },
    {
      name: 'leaves out nodes whose taints the pod does not tolerate',
      constraint: { nodeTaintsPolicy: 'Honor' },
      takes: 'b c',
    },
    {
      name: 'counts those that it tolerates',
      constraint: { nodeTaintsPolicy: 'Honor' },
      spec: { tolerations: [{ key: 'only', operator: 'Exists' }] },
      takes: 'c',
    },
    { name: 'leaves out nodes that the pod does not select', spec: { nodeSelector: { disk: 'ssd' } }, takes: 'b c' },
    {
      name: 'unless it is told to count them',
      constraint: { nodeAffinityPolicy: 'Ignore' },
      spec: { nodeSelector: { disk: 'ssd' } },
      takes: 'c',
    },
    { name: 'wants more domains than there are: the fewest counts as none', constraint: { minDomains: 4 }, takes: 'c' },
    { name: 'allows more skew', constraint: { maxSkew: 3 }, takes: 'a b c' },
    {
      name: 'counts pods of its own revision only',
      constraint: { matchLabelKeys: ['pod-template-hash'] },
      takes: 'b c',
    },
  ]
  for (const { name, constraint = {}, spec = {}, takes } of cases) {
    it(name, () => {
      // Zone 1 has two pods, zone 2 one of an older revision, zone 3 none.
      const view = cluster(nodes, [on('a'), on('a', { extra: 'x' }), on('b', { 'pod-template-hash': 'old' })])
      const spread = {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
        ...constraint,
      }
      const one = pod('p', { topologySpreadConstraints: [spread], ...spec }, { labels })
      const filter = podTopologySpread(systemDefaults).prepare(podInfoOf(one), view)?.filter
      const found = view.nodes.filter((info) => filter?.(info) === undefined).map((info) => info.node.metadata.name)
      expect(found.join(' ')).to.equal(takes)
    })
  }
})
