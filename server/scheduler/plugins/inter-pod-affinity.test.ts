// Pods near and away from each other: verdicts of the filter, points of the score.
import { expect } from 'chai'
import type { Affinity, PodAffinityTerm } from '../../api/core.ts'
import { cluster, node, pod } from '../builders.ts'
import { decide } from '../decide.ts'
import type { ClusterEvent, PodObject } from '../framework.ts'
import { podInfoOf } from '../pod-info.ts'
import { defaultProfile } from '../profile.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import { interPodAffinityScore } from './inter-pod-affinity-score.ts'

const zoned = (name: string, zone: string) => node(name, {}, { labels: { zone } })
const nodes = [zoned('a1', 'a'), zoned('a2', 'a'), zoned('b1', 'b'), node('bare')]

function term(app: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm {
  return { labelSelector: { matchLabels: { app } }, topologyKey: 'zone', ...more }
}
const near = (...terms: PodAffinityTerm[]): { affinity: Affinity } => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const away = (...terms: PodAffinityTerm[]): { affinity: Affinity } => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const on = (nodeName: string, app: string, spec = {}, namespace = 'default'): PodObject =>
  pod(`${app}-on-${nodeName}-${namespace}`, { nodeName, ...spec }, { labels: { app }, namespace })

const noAffinity = "node(s) didn't match pod affinity rules"
const antiAffinity = "node(s) didn't match pod anti-affinity rules"
const foreign = "node(s) didn't satisfy existing pods anti-affinity rules"
const namespaces = { default: { team: 'x' }, other: { team: 'y' }, third: {} }

const scorePlugin = interPodAffinityScore(2, { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false })

describe('InterPodAffinity', () => {
  const cases: {
    name: string
    pods?: PodObject[]
    pod: PodObject
    /** By node; a node left out takes the pod. */
    rejects: Record<string, string>
  }[] = [
    {
      name: 'goes where the topology has a pod that is meant',
      pods: [on('a1', 'db')],
      pod: pod('p', near(term('db'))),
      rejects: { b1: noAffinity, bare: noAffinity },
    },
    {
      name: 'goes nowhere if there is none',
      pod: pod('p', near(term('db'))),
      rejects: { a1: noAffinity, a2: noAffinity, b1: noAffinity, bare: noAffinity },
    },
    {
      name: 'the first of a series may go wherever the topology is known',
      pod: pod('p', near(term('self')), { labels: { app: 'self' } }),
      rejects: { bare: noAffinity },
    },
    {
      name: 'all terms must mean one and the same pod',
      pods: [on('a1', 'db'), on('b1', 'cache')],
      pod: pod('p', near(term('db'), term('cache'))),
      rejects: { a1: noAffinity, a2: noAffinity, b1: noAffinity, bare: noAffinity },
    },
    {
      name: 'keeps away from the whole topology',
      pods: [on('a1', 'db')],
      pod: pod('p', away(term('db'))),
      rejects: { a1: antiAffinity, a2: antiAffinity },
    },
    {
      name: 'what pods that are there keep away',
      pods: [on('a1', 'db', away(term('web')))],
      pod: pod('p', {}, { labels: { app: 'web' } }),
      rejects: { a1: foreign, a2: foreign },
    },
    {
      name: 'pods of other namespaces are not meant',
      pods: [on('a1', 'db', {}, 'other')],
      pod: pod('p', away(term('db'))),
      rejects: {},
    },
    {
      name: 'unless they are named',
      pods: [on('a1', 'db', {}, 'other'), on('b1', 'db')],
      pod: pod('p', away(term('db', { namespaces: ['other'] }))),
      rejects: { a1: antiAffinity, a2: antiAffinity },
    },
    {
      name: 'or selected by labels, beside those named',
      pods: [on('a1', 'db', {}, 'other'), on('b1', 'db', {}, 'third')],
      pod: pod('p', away(term('db', { namespaces: ['third'], namespaceSelector: { matchLabels: { team: 'y' } } }))),
      rejects: { a1: antiAffinity, a2: antiAffinity, b1: antiAffinity },
    },
    {
      name: 'an empty namespace selector means all',
      pods: [on('b1', 'db', {}, 'third')],
      pod: pod('p', away(term('db', { namespaceSelector: {} }))),
      rejects: { b1: antiAffinity },
    },
    {
      name: 'the terms of pods that are there look at the labels of the namespace too',
      pods: [on('b1', 'db', away(term('web', { namespaceSelector: { matchLabels: { team: 'x' } } })), 'other')],
      pod: pod('p', {}, { labels: { app: 'web' } }),
      rejects: { b1: foreign },
    },
  ]
  for (const { name, pods = [], pod: one, rejects } of cases) {
    it(name, () => {
      const view = cluster(nodes, pods, { namespaces })
      const filter = interPodAffinity.prepare(podInfoOf(one), view)?.filter
      const found = view.nodes.flatMap((info) => {
        const reason = filter?.(info)?.reasons.join()
        return reason === undefined ? [] : [[info.node.metadata.name, reason]]
      })
      expect(Object.fromEntries(found)).to.deep.equal(rejects)
    })
  }

  it('counts pods that come and go while it is asked', () => {
    const view = cluster(nodes, [on('a1', 'db')])
    const prepared = interPodAffinity.prepare(podInfoOf(pod('p', away(term('db')))), view)!
    const [a1] = view.nodes
    const db = [...a1!.pods()][0]!
    prepared.update!(db, a1!, -1)
    expect(prepared.filter!(a1!)).to.equal(undefined)
    prepared.update!(db, a1!, 1)
    expect(prepared.filter!(a1!)?.reasons).to.deep.equal([antiAffinity])
  })

  it('knows which events may help', () => {
    const likes = podInfoOf(pod('p', near(term('db'))))
    const dislikes = podInfoOf(pod('p', away(term('db'))))
    const came: ClusterEvent = { kind: 'AssignedPodAdded', pod: on('a1', 'db') }
    const went: ClusterEvent = { kind: 'AssignedPodDeleted', pod: on('a1', 'db') }
    const foreigner: ClusterEvent = { kind: 'AssignedPodAdded', pod: on('a1', 'web') }
    expect([came, went, foreigner].map((event) => interPodAffinity.mayHelp(event, likes))).to.deep.equal([
      true,
      false,
      false,
    ])
    expect([came, went, foreigner].map((event) => interPodAffinity.mayHelp(event, dislikes))).to.deep.equal([
      false,
      true,
      false,
    ])
  })

  it('says why in the end', () => {
    const view = cluster(nodes.slice(0, 3), [on('a1', 'db'), on('b1', 'db')])
    const { message } = decide(defaultProfile(), view, podInfoOf(pod('p', away(term('db')))), { random: () => 0 })
    expect(message).to.equal(
      `0/3 nodes are available: 3 ${antiAffinity}. no new claims to deallocate, ` +
        'preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    )
  })

  it('scores by what the pod likes and by what likes the pod', () => {
    const likes: Affinity = {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term('db') }],
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 4, podAffinityTerm: term('noise') }],
      },
    }
    const fan: Affinity = {
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 3, podAffinityTerm: term('p') }] },
    }
    const view = cluster(nodes, [
      on('a1', 'db'),
      on('a2', 'db'),
      on('b1', 'noise'),
      on('b1', 'fan', { affinity: fan }),
      on('b1', 'needs', near(term('p'))),
    ])
    const one = pod('p', { affinity: likes }, { labels: { app: 'p' } })
    const scorer = scorePlugin.prepare(podInfoOf(one), view, view.nodes)!
    const scores = view.nodes.map((info) => scorer.score(info))
    expect(scores).to.deep.equal([20, 20, 0, 0])
    const scale = [20, -4, 2, 2]
    scorer.normalize!(scale)
    expect(scale).to.deep.equal([100, 0, 25, 25])
  })

  it('has no opinion where nobody has', () => {
    const view = cluster(nodes, [on('a1', 'db')])
    expect(scorePlugin.prepare(podInfoOf(pod('p')), view, view.nodes)).to.equal(undefined)
  })
})
