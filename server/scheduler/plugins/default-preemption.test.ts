// Who has to go: victims per node, and the choice among nodes.
import { expect } from 'chai'
import type { PodDisruptionBudget } from '../../api/policy.ts'
import type { Stored } from '../../apimachinery/types.ts'
import { asking, cluster, node, pod } from '../builders.ts'
import { decide } from '../decide.ts'
import type { PodObject } from '../framework.ts'
import { podInfoOf } from '../pod-info.ts'
import { defaultProfile } from '../profile.ts'

interface Guest {
  on: string
  name: string
  priority?: number
  cpu?: string
  start?: string
  app?: string
}

function guest({ on, name, priority = 0, cpu = '4', start = '2026-01-01T00:00:00Z', app }: Guest): PodObject {
  const made = pod(name, { nodeName: on, priority, ...asking({ cpu }) }, app === undefined ? {} : { labels: { app } })
  return { ...made, status: { phase: 'Running', startTime: start } }
}

function budget(app: string, disruptionsAllowed: number): Stored<PodDisruptionBudget> {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: app, namespace: 'default', uid: app, resourceVersion: '1', creationTimestamp: '' },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  }
}

const nodes = [node('a'), node('b')]

describe('DefaultPreemption', () => {
  const cases: {
    name: string
    guests: Guest[]
    cpu?: string
    budgets?: Stored<PodDisruptionBudget>[]
    node: string
    victims: string[]
  }[] = [
    {
      name: 'spares all that may stay, the most important first',
      guests: [
        { on: 'a', name: 'low', priority: 1, cpu: '3' },
        { on: 'a', name: 'lower', priority: 0, cpu: '3' },
        { on: 'b', name: 'equal', priority: 10, cpu: '8' },
      ],
      cpu: '4',
      node: 'a',
      victims: ['lower'],
    },
    {
      name: 'prefers the node whose budgets are kept',
      guests: [
        { on: 'a', name: 'guarded', app: 'g', cpu: '8' },
        { on: 'b', name: 'free', priority: 5, cpu: '8' },
      ],
      budgets: [budget('g', 0)],
      node: 'b',
      victims: ['free'],
    },
    {
      name: 'prefers the node whose most important victim is least important',
      guests: [
        { on: 'a', name: 'five', priority: 5, cpu: '8' },
        { on: 'b', name: 'four', priority: 4, cpu: '4' },
        { on: 'b', name: 'also four', priority: 4, cpu: '4' },
      ],
      cpu: '8',
      node: 'b',
      victims: ['four', 'also four'],
    },
    {
      name: 'prefers the smaller sum of priorities',
      guests: [
        { on: 'a', name: 'a5', priority: 5 },
        { on: 'a', name: 'a3', priority: 3 },
        { on: 'b', name: 'b5', priority: 5 },
        { on: 'b', name: 'b2', priority: 2 },
      ],
      cpu: '8',
      node: 'b',
      victims: ['b5', 'b2'],
    },
    {
      name: 'prefers victims that started later',
      guests: [
        { on: 'a', name: 'old', cpu: '8', start: '2026-01-01T00:00:00Z' },
        { on: 'b', name: 'young', cpu: '8', start: '2026-01-02T00:00:00Z' },
      ],
      node: 'b',
      victims: ['young'],
    },
    {
      name: 'of equals it spares the older',
      guests: [
        { on: 'a', name: 'young', start: '2026-01-02T00:00:00Z' },
        { on: 'a', name: 'old', start: '2026-01-01T00:00:00Z' },
        { on: 'b', name: 'equal', priority: 10, cpu: '8' },
      ],
      cpu: '4',
      node: 'a',
      victims: ['young'],
    },
  ]
  for (const { name, guests, cpu = '2', budgets = [], node: expected, victims } of cases) {
    it(name, () => {
      const view = cluster(nodes, guests.map(guest), { disruptionBudgets: budgets })
      const one = podInfoOf(pod('p', { priority: 10, ...asking({ cpu }) }))
      const { preemption, message } = decide(defaultProfile(), view, one, { random: () => 0 })
      expect(message).to.equal('0/2 nodes are available: 2 Insufficient cpu.')
      expect(preemption?.nodeName).to.equal(expected)
      expect(preemption?.victims.map(({ pod: { metadata } }) => metadata.name)).to.deep.equal(victims)
    })
  }

  it('evicts nobody where that would not help', () => {
    const tainted = node('b', { taints: [{ key: 'k', effect: 'NoSchedule' }] })
    const view = cluster([node('a'), tainted], [guest({ on: 'a', name: 'vip', priority: 100, cpu: '8' })])
    const one = podInfoOf(pod('p', { priority: 10, ...asking({ cpu: '2' }) }))
    const { preemption, message, clearsNomination } = decide(defaultProfile(), view, one, { random: () => 0 })
    expect(preemption).to.equal(undefined)
    expect(clearsNomination).to.equal(true)
    expect(message).to.equal(
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, ' +
        'preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, ' +
        '1 Preemption is not helpful for scheduling.',
    )
  })

  it('makes room where a pod of lower priority keeps others away', () => {
    const selfish = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: {}, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    }
    const view = cluster([node('a')], [pod('selfish', { nodeName: 'a', priority: 0, ...selfish })])
    const one = podInfoOf(pod('p', { priority: 10 }))
    const { preemption } = decide(defaultProfile(), view, one, { random: () => 0 })
    expect(preemption?.victims.map(({ pod: { metadata } }) => metadata.name)).to.deep.equal(['selfish'])
  })

  it('waits for victims that are on their way', () => {
    const leaving = guest({ on: 'a', name: 'leaving', cpu: '8' })
    const view = cluster(
      [node('a')],
      [
        {
          ...leaving,
          metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
          status: {
            conditions: [
              {
                type: 'DisruptionTarget',
                status: 'True',
                reason: 'PreemptionByScheduler',
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
            ],
          },
        },
      ],
    )
    const one = podInfoOf(pod('p', { priority: 10, ...asking({ cpu: '2' }) }))
    view.nominations.put(one, 'a')
    const { preemption, message, clearsNomination } = decide(defaultProfile(), view, one, { random: () => 0 })
    expect(preemption).to.equal(undefined)
    expect(clearsNomination).to.equal(false)
    expect(message).to.equal(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, ' +
        'preemption: not eligible due to a terminating pod on the nominated node.',
    )
  })

  it('keeps the room that was made for a pod from others that are no more important', () => {
    const view = cluster([node('a')])
    view.nominations.put(podInfoOf(pod('awaited', { priority: 10, ...asking({ cpu: '7' }) })), 'a')
    const place = (priority: number) =>
      decide(defaultProfile(), view, podInfoOf(pod(`p${priority}`, { priority, ...asking({ cpu: '2' }) })), {
        random: () => 0,
      }).nodeName
    expect([place(9), place(10), place(11)]).to.deep.equal([undefined, undefined, 'a'])
  })
})
