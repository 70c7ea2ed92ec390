// Replicas for a metric on target; the figures are those of upstream's own examples.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type { Stored } from '../../apimachinery/types.ts'
import { ago, NOW, pod } from '../testing.ts'
import { forShare, forTotal, forUtilization, forValue, type Situation } from './calculator.ts'
import type { PodMetrics } from './metrics.ts'

interface Given {
  /** One for each pod; undefined for a pod without a metric. */
  readonly usage: readonly (number | undefined)[]
  readonly states?: readonly ('ready' | 'unready' | 'pending' | 'failed' | 'deleting')[]
  readonly request?: string
  readonly current?: number
}

function given({ usage, states = [], request = '1', current = usage.length }: Given) {
  const pods = usage.map((_, at): Stored<core.Pod> => {
    const state = states[at] ?? 'ready'
    const made = pod({
      name: `p${at}`,
      readySeconds: 600,
      ...(state === 'pending' ? { phase: 'Pending' } : state === 'failed' ? { phase: 'Failed' } : {}),
      deleting: state === 'deleting',
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: request } } }] },
    })
    made.status!.startTime = ago(state === 'unready' ? 60 : 3600)
    if (state === 'unready') made.status!.conditions![0]!.status = 'False'
    return made
  })
  const situation: Situation = {
    currentReplicas: current,
    statusReplicas: current,
    pods,
    tolerances: { up: 0.1, down: 0.1 },
    now: NOW,
  }
  const metrics: PodMetrics = new Map(
    usage.flatMap((value, at) => (value === undefined ? [] : [[`p${at}`, { value, timestamp: NOW, window: 60_000 }]])),
  )
  return { situation, metrics }
}

describe('replicas for a utilization', () => {
  const cases: [name: string, given: Given, target: number, replicas: number, utilization: number][] = [
    ['scale up', { usage: [300, 500, 700] }, 30, 5, 50],
    ['scale up for containers that wait', { usage: [300, 500, 700], states: ['unready', 'ready', 'ready'] }, 30, 4, 60],
    ['stay for many that wait', { usage: [400, 500, 700], states: ['ready', 'unready', 'unready'] }, 30, 3, 40],
    ['ignore what is pending', { usage: [undefined, 500, 700], states: ['pending', 'ready', 'ready'] }, 30, 4, 60],
    [
      'ignore what has failed or goes',
      { usage: [500, 700, undefined, undefined], states: ['ready', 'ready', 'failed', 'deleting'], current: 2 },
      50,
      3,
      60,
    ],
    ['scale down', { usage: [100, 300, 500, 250, 250] }, 50, 3, 28],
    ['stay within the tolerance', { usage: [1010, 1030, 1020] }, 100, 3, 102],
    ['take a missing metric for nothing when scaling up', { usage: [1000, undefined], request: '1' }, 24, 5, 100],
    ['take a missing metric for all when scaling down', { usage: [100, undefined], request: '1' }, 50, 2, 10],
  ]
  for (const [name, facts, target, replicas, utilization] of cases) {
    it(`${name}`, () => {
      const { situation, metrics } = given(facts)
      const found = forUtilization(situation, metrics, target, 'cpu')
      expect([found.replicas, found.utilization]).to.deep.equal([replicas, utilization])
    })
  }

  it('cannot be told without requests, metrics or pods', () => {
    const { situation, metrics } = given({ usage: [100] })
    expect(() => forUtilization(situation, metrics, 50, 'memory')).to.throw(
      'missing request for memory in container c of Pod p0',
    )
    expect(() => forUtilization(situation, metrics, 50, 'cpu', 'x')).to.throw('container x not found in Pod p0')
    expect(() => forUtilization(situation, new Map(), 50, 'cpu')).to.throw('did not receive metrics for targeted pods')
    expect(() => forUtilization({ ...situation, pods: [] }, metrics, 50, 'cpu')).to.throw(
      'no pods returned by selector',
    )
  })
})

describe('replicas for a value', () => {
  it('on average over the pods', () => {
    const { situation, metrics } = given({ usage: [20_000, 10_000, 30_000] })
    expect(forValue(situation, metrics, 15_000)).to.deep.equal({ replicas: 4, usage: 20_000 })
    expect(forValue(situation, metrics, 19_000)).to.deep.equal({ replicas: 3, usage: 20_000 })
  })

  it('of one figure for all', () => {
    const { situation } = given({ usage: [1, 1, 1] })
    expect(forTotal(situation, 20_000, 15_000)).to.deep.equal({ replicas: 4, usage: 20_000 })
    expect(forTotal({ ...situation, currentReplicas: 0 }, 20_000, 15_000).replicas).to.equal(2)
  })

  it('of each pod’s share in one', () => {
    const { situation } = given({ usage: [1, 1, 1, 1] })
    expect(forShare(situation, 8600, 2150)).to.deep.equal({ replicas: 4, usage: 2150 })
    expect(forShare(situation, 8600, 1000)).to.deep.equal({ replicas: 9, usage: 2150 })
  })
})
