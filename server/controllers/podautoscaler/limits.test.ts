// How fast, and how far, an autoscaler may go.
import { expect } from 'chai'
import type * as autoscaling from '../../api/autoscaling.ts'
import { NOW } from '../testing.ts'
import { limit, newMemory, noteScaling, type Autoscaler } from './limits.ts'

function autoscaler(behavior?: autoscaling.HorizontalPodAutoscalerBehavior): Autoscaler {
  const scaleTargetRef = { kind: 'Deployment', name: 'web' }
  return { spec: { scaleTargetRef, maxReplicas: 100, ...(behavior === undefined ? {} : { behavior }) } }
}

function request(current: number, desired: number, min = 1, max = 100) {
  return { current, desired, min, max }
}

const MINUTE = 60_000

describe('limits of an autoscaler without a behavior', () => {
  const cases: [current: number, desired: number, replicas: number, reason: string][] = [
    [3, 5, 5, 'DesiredWithinRange'],
    [3, 50, 6, 'ScaleUpLimit'],
    [1, 9, 4, 'ScaleUpLimit'],
    [40, 90, 60, 'TooManyReplicas'],
  ]
  for (const [current, desired, replicas, reason] of cases) {
    it(`goes from ${current} to ${replicas} where ${desired} are desired: ${reason}`, () => {
      const found = limit(autoscaler(), newMemory(current, NOW), request(current, desired, 1, 60), NOW)
      expect([found.replicas, found.scalingLimited.reason]).to.deep.equal([replicas, reason])
    })
  }

  it('goes down when nothing else was proposed for five minutes, to the minimum', () => {
    const memory = newMemory(10, NOW)
    const after = (minutes: number) => limit(autoscaler(), memory, request(10, 1, 2), NOW + minutes * MINUTE)
    expect(after(1)).to.deep.include({ replicas: 10 })
    expect(after(4).ableToScale.reason).to.equal('ScaleDownStabilized')
    const later = after(6)
    expect([later.replicas, later.ableToScale.reason, later.scalingLimited.reason]).to.deep.equal([
      2,
      'ReadyForNewScale',
      'TooFewReplicas',
    ])
  })
})

describe('limits of an autoscaler with a behavior', () => {
  const pods = (value: number, periodSeconds = 60): autoscaling.HPAScalingPolicy => ({
    type: 'Pods',
    value,
    periodSeconds,
  })
  const percent = (value: number, periodSeconds = 60): autoscaling.HPAScalingPolicy => ({
    type: 'Percent',
    value,
    periodSeconds,
  })
  const rules = (policies: autoscaling.HPAScalingPolicy[], selectPolicy = 'Max'): autoscaling.HPAScalingRules => ({
    stabilizationWindowSeconds: 0,
    selectPolicy,
    policies,
  })

  const cases: [
    name: string,
    behavior: autoscaling.HorizontalPodAutoscalerBehavior,
    current: number,
    desired: number,
    replicas: number,
    reason: string,
  ][] = [
    [
      'as far as the widest policy lets it',
      { scaleUp: rules([pods(4), percent(100)]), scaleDown: rules([percent(100)]) },
      10,
      50,
      20,
      'ScaleUpLimit',
    ],
    [
      'as far as the narrowest does, if that is asked for',
      { scaleUp: rules([pods(4), percent(100)], 'Min'), scaleDown: rules([percent(100)]) },
      10,
      50,
      14,
      'ScaleUpLimit',
    ],
    [
      'nowhere, where that is disabled',
      { scaleUp: rules([pods(4)], 'Disabled'), scaleDown: rules([pods(1)]) },
      10,
      50,
      10,
      'ScaleUpLimit',
    ],
    ['down by one', { scaleUp: rules([pods(4)]), scaleDown: rules([pods(1)]) }, 10, 2, 9, 'ScaleDownLimit'],
    ['down by a part', { scaleUp: rules([pods(4)]), scaleDown: rules([percent(25)]) }, 10, 2, 7, 'ScaleDownLimit'],
  ]
  for (const [name, behavior, current, desired, replicas, reason] of cases) {
    it(`goes ${name}`, () => {
      const found = limit(autoscaler(behavior), newMemory(current, NOW - 600_000), request(current, desired), NOW)
      expect([found.replicas, found.scalingLimited.reason]).to.deep.equal([replicas, reason])
    })
  }

  it('counts what was done within the period of a policy', () => {
    const found = autoscaler({ scaleUp: rules([pods(4)]), scaleDown: rules([percent(100)]) })
    const memory = newMemory(10, NOW)
    noteScaling(found, memory, 10, 13, NOW)
    expect(limit(found, memory, request(13, 50), NOW + 30_000).replicas).to.equal(14)
    expect(limit(found, memory, request(13, 50), NOW + 61_000).replicas).to.equal(17)
  })

  it('waits with scaling up, too, if it shall', () => {
    const scaleUp = { ...rules([percent(900)]), stabilizationWindowSeconds: 120 }
    const found = autoscaler({ scaleUp, scaleDown: rules([percent(100)]) })
    const memory = newMemory(3, NOW)
    const early = limit(found, memory, request(3, 9), NOW + MINUTE)
    expect([early.replicas, early.ableToScale.reason]).to.deep.equal([3, 'ScaleUpStabilized'])
    expect(limit(found, memory, request(3, 9), NOW + 3 * MINUTE).replicas).to.equal(9)
  })
})
