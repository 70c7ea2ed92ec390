// What nodes are worth by what is in use on them.
import { expect } from 'chai'
import { asking, cluster, node, pod } from '../builders.ts'
import { podInfoOf } from '../pod-info.ts'
import { balancedAllocation } from './balanced-allocation.ts'
import { nodeResourcesScore, type ScoringStrategy } from './node-resources-score.ts'

const both = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]
const leastAllocated: ScoringStrategy = { type: 'LeastAllocated', resources: both }
const gpu = [{ name: 'example.com/gpu', weight: 3 }]
const sized = (cpu: string, memory: string, gpus = '0') =>
  node('a', {}, {}, { allocatable: { cpu, memory, pods: '110', 'example.com/gpu': gpus } })

describe('scores of resources', () => {
  const cases: {
    name: string
    strategy: ScoringStrategy
    used?: Record<string, string>
    asked: Record<string, string>
    score: number
  }[] = [
    {
      name: 'least: what is left, in whole percent, on average',
      strategy: leastAllocated,
      asked: { cpu: '3', memory: '5000Mi' },
      score: Math.trunc((25 + 50) / 2),
    },
    {
      name: 'least: what others use counts too',
      strategy: leastAllocated,
      used: { cpu: '1', memory: '0' },
      asked: { cpu: '1', memory: '5000Mi' },
      score: 50,
    },
    {
      name: 'least: a pod that asks for nothing is taken to use a little',
      strategy: leastAllocated,
      asked: {},
      score: 97,
    },
    {
      name: 'most',
      strategy: { type: 'MostAllocated', resources: both },
      asked: { cpu: '3', memory: '5000Mi' },
      score: Math.trunc((75 + 50) / 2),
    },
    {
      name: 'weights',
      strategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 3 }, ...both.slice(1)] },
      asked: { cpu: '4', memory: '5000Mi' },
      score: Math.trunc((3 * 100 + 50) / 4),
    },
    {
      name: 'devices count only for pods that want some',
      strategy: { type: 'MostAllocated', resources: [...both, ...gpu] },
      asked: { cpu: '4', memory: '10000Mi' },
      score: 100,
    },
    {
      name: 'and then by their weight',
      strategy: { type: 'MostAllocated', resources: [...both, ...gpu] },
      asked: { cpu: '4', memory: '10000Mi', 'example.com/gpu': '1' },
      score: Math.trunc((100 + 100 + 3 * 50) / 5),
    },
    {
      name: 'a shape: between its points on a line',
      strategy: {
        type: 'RequestedToCapacityRatio',
        resources: both,
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 50, score: 10 },
          { utilization: 100, score: 2 },
        ],
      },
      asked: { cpu: '1', memory: '7500Mi' },
      score: Math.round((50 + 60) / 2),
    },
  ]
  for (const { name, strategy, used, asked, score } of cases) {
    it(name, () => {
      const others = used === undefined ? [] : [pod('q', { nodeName: 'a', ...asking(used) })]
      const view = cluster([sized('4', '10000Mi', '2')], others)
      const one = podInfoOf(pod('p', asking(asked)))
      expect(nodeResourcesScore(1, strategy).prepare(one, view, view.nodes)?.score(view.nodes[0]!)).to.equal(score)
    })
  }

  it('balance: 75 where nothing changes, more where the pod evens out, less where it does not', () => {
    const view = cluster([sized('4', '10000Mi')], [pod('q', { nodeName: 'a', ...asking({ cpu: '2', memory: '0' }) })])
    const score = (requests: Record<string, string>) =>
      balancedAllocation(1, { resources: both })
        .prepare(podInfoOf(pod('p', asking(requests))), view, view.nodes)
        ?.score(view.nodes[0]!)
    expect(score({ cpu: '1', memory: '2500Mi' })).to.equal(75)
    expect(score({ cpu: '0', memory: '5000Mi' })).to.equal(87)
    expect(score({ cpu: '2', memory: '0' })).to.equal(62)
    expect(score({})).to.equal(undefined)
  })
})
