// Configurations as users write them, and what is said about those that cannot be used.
import { expect } from 'chai'
import { loadConfiguration } from './load.ts'
import type { ProfileConfiguration } from './types.ts'

const base = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' }
const plugin = (name: string, args: object) => ({ ...base, profiles: [{ pluginConfig: [{ name, args }] }] })

function argsOf({ pluginConfig }: ProfileConfiguration, plugin: string): unknown {
  return pluginConfig.find(({ name }) => name === plugin)?.args
}

describe('loadConfiguration', () => {
  it('fills in what is left out', () => {
    const { profiles, ...rest } = loadConfiguration(base)
    expect(rest).to.deep.equal({
      parallelism: 16,
      percentageOfNodesToScore: 0,
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 10,
      extenders: [],
    })
    expect(profiles.map(({ schedulerName }) => schedulerName)).to.deep.equal(['default-scheduler'])
    const resources = [
      { name: 'cpu', weight: 1 },
      { name: 'memory', weight: 1 },
    ]
    const strategy = { scoringStrategy: { type: 'LeastAllocated', resources } }
    expect(argsOf(profiles[0]!, 'NodeResourcesFit')).to.deep.equal(strategy)
    expect(argsOf(profiles[0]!, 'PodTopologySpread')).to.deep.equal({ defaultingType: 'System' })
  })

  it('keeps an explicit zero where it means something, and not where it does not', () => {
    const { profiles } = loadConfiguration(plugin('InterPodAffinity', { hardPodAffinityWeight: 0 }))
    expect(argsOf(profiles[0]!, 'InterPodAffinity')).to.deep.include({ hardPodAffinityWeight: 0 })
    const given = { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 0 }] } }
    expect(argsOf(loadConfiguration(plugin('NodeResourcesFit', given)).profiles[0]!, 'NodeResourcesFit')).to.deep.equal(
      {
        scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] },
      },
    )
  })

  const wrong: { name: string; value: unknown; message: string }[] = [
    {
      name: 'unknown fields, also of arguments',
      value: { ...plugin('NodeResourcesFit', { foo: 1 }), bar: 1 },
      message:
        'strict decoding error: unknown field "bar", decoding .profiles[0].pluginConfig[0]: ' +
        'strict decoding error: decoding args for plugin NodeResourcesFit: strict decoding error: unknown field "foo"',
    },
    {
      name: 'a value of another type',
      value: { ...base, parallelism: 'abc' },
      message:
        'json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.parallelism of type int32',
    },
    {
      name: 'an older version',
      value: { ...base, apiVersion: 'kubescheduler.config.k8s.io/v1beta3' },
      message:
        'no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io/v1beta3" ' +
        'in scheme "pkg/runtime/scheme.go:111"',
    },
    {
      name: 'arguments of another plugin',
      value: plugin('NodeResourcesFit', { ...base, kind: 'NodeAffinityArgs' }),
      message:
        'decoding .profiles[0].pluginConfig[0]: args for plugin NodeResourcesFit were not of type ' +
        'NodeResourcesFitArgs.kubescheduler.config.k8s.io, got NodeAffinityArgs.kubescheduler.config.k8s.io',
    },
    {
      name: 'several things at once',
      value: {
        ...base,
        parallelism: 0,
        percentageOfNodesToScore: 101,
        podInitialBackoffSeconds: 0,
        podMaxBackoffSeconds: -1,
        profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }],
      },
      message:
        '[parallelism: Invalid value: 0: should be an integer value greater than zero, ' +
        'profiles[1].schedulerName: Duplicate value: {}, ' +
        'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100], ' +
        'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0, ' +
        'podMaxBackoffSeconds: Invalid value: -1: must be greater than or equal to PodInitialBackoffSeconds]',
    },
    {
      name: 'a weight out of range',
      value: plugin('InterPodAffinity', { hardPodAffinityWeight: 200 }),
      message:
        'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 200: not in valid range [0, 100]',
    },
    {
      name: 'constraints beside those of the system',
      value: plugin('PodTopologySpread', {
        defaultConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      }),
      message:
        'profiles[0].pluginConfig[0].args.defaultingType: Invalid value: "System": ' +
        'when .defaultConstraints are not empty',
    },
    {
      name: 'an extender without a weight, for a resource of the system',
      value: {
        ...base,
        extenders: [{ urlPrefix: 'http://x', prioritizeVerb: 'a', managedResources: [{ name: 'cpu' }] }],
      },
      message:
        '[extenders[0].weight: Invalid value: 0: must have a positive weight applied to it, ' +
        'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name]',
    },
  ]
  for (const { name, value, message } of wrong) {
    it(`refuses ${name}`, () => {
      expect(() => loadConfiguration(value))
        .to.throw(message)
        .with.property('name', 'SchedulerConfigurationError')
    })
  }
})
