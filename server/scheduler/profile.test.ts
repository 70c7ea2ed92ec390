// Profiles: every plugin is known, and a configuration decides which are asked.
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { asking, cluster, node, pod } from './builders.ts'
import { loadConfiguration } from './config/load.ts'
import { decide } from './decide.ts'
import type { Profile } from './framework.ts'
import { podInfoOf } from './pod-info.ts'
import { defaultProfile, profilesOf } from './profile.ts'

const base = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' }
const profileOf = (profile: object): Profile => profilesOf(loadConfiguration({ ...base, profiles: [profile] }))[0]!

describe('profilesOf', () => {
  it('imports every file of plugins/', () => {
    const text = readFileSync(new URL('profile.ts', import.meta.url), 'utf8')
    const files = readdirSync(new URL('plugins/', import.meta.url)).filter((name) => !name.endsWith('.test.ts'))
    expect(files.filter((name) => !text.includes(`'./plugins/${name}'`))).to.deep.equal([])
  })

  it('asks the plugins of the default profile in their order', () => {
    const { filters, scores, postFilters } = defaultProfile()
    expect(filters.map(({ name }) => name).slice(0, 6)).to.deep.equal([
      'NodeUnschedulable',
      'NodeName',
      'TaintToleration',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
    ])
    expect(scores.map(({ name, weight }) => `${name} ${weight}`)).to.deep.equal([
      'TaintToleration 3',
      'NodeAffinity 2',
      'NodeResourcesFit 1',
      'PodTopologySpread 2',
      'InterPodAffinity 2',
      'NodeResourcesBalancedAllocation 1',
      'ImageLocality 1',
    ])
    expect(postFilters.map(({ name }) => name)).to.deep.equal(['DynamicResources', 'DefaultPreemption'])
  })

  it('leaves out what is disabled, and moves what is enabled at one point ahead with its weight', () => {
    const score = { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 7 }] }
    const filter = { disabled: [{ name: 'NodeResourcesFit' }] }
    const { filters, scores } = profileOf({ plugins: { score, filter } })
    expect(scores.map(({ name, weight }) => [name, weight])).to.deep.equal([['ImageLocality', 7]])
    const view = cluster([node('a')])
    const big = podInfoOf(pod('p', asking({ cpu: '9999' })))
    expect(decide({ ...defaultProfile(), filters }, view, big, { random: () => 0 }).nodeName).to.equal('a')
  })

  it('packs nodes with MostAllocated, and spreads without', () => {
    const strategy = (type: string, schedulerName: string) => ({
      schedulerName,
      plugins: { multiPoint: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
      pluginConfig: [
        { name: 'NodeResourcesFit', args: { scoringStrategy: { type, resources: [{ name: 'cpu', weight: 1 }] } } },
      ],
    })
    const view = cluster([node('a'), node('b')], [pod('x', { nodeName: 'b', ...asking({ cpu: '2' }) })])
    const one = podInfoOf(pod('p', asking({ cpu: '1' })))
    const choice = (type: string, name: string) =>
      decide(profileOf(strategy(type, name)), view, one, { random: () => 0 }).nodeName
    expect([choice('MostAllocated', 'packing'), choice('LeastAllocated', 'spreading')]).to.deep.equal(['b', 'a'])
  })

  it('adds affinity to what each pod asks for', () => {
    const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] }]
    const addedAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }
    const profile = profileOf({ pluginConfig: [{ name: 'NodeAffinity', args: { addedAffinity } }] })
    const decision = decide(profile, cluster([node('a'), node('b')]), podInfoOf(pod('p')), { random: () => 0 })
    expect(decision.nodeName).to.equal('b')
    expect(decision.verdicts.get('a')?.reasons).to.deep.equal(["node(s) didn't match scheduler-enforced node affinity"])
  })

  const wrong: { name: string; plugins: object; message: string }[] = [
    {
      name: 'a plugin there is not',
      plugins: { score: { enabled: [{ name: 'X' }] } },
      message: 'ScorePlugin "X" does not exist',
    },
    {
      name: 'a plugin where it does nothing',
      plugins: { score: { enabled: [{ name: 'NodeName' }] } },
      message: 'plugin "NodeName" does not extend ScorePlugin plugin',
    },
    {
      name: 'nobody to bind',
      plugins: { multiPoint: { disabled: [{ name: 'DefaultBinder' }] } },
      message: 'at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
    },
  ]
  for (const { name, plugins, message } of wrong) {
    it(`refuses ${name}`, () => {
      const where = 'initializing profiles: creating profile for scheduler name default-scheduler: '
      expect(() => profileOf({ plugins })).to.throw(where + message)
    })
  }
})
