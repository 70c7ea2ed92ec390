// A KubeSchedulerConfiguration as a user writes it → one that is complete and valid, or the real scheduler's error.
// Source: cmd/kube-scheduler/app/options, loadConfig; k8s.io/kube-scheduler config/v1, DecodeNestedObjects;
// pkg/scheduler/apis/config/v1, defaults.go (v1.36)
import { decodeObject, DecodeError } from '../../../openapi/decode.ts'
import { mergePlugins } from './plugin-sets.ts'
import { argsSchemas, configurationSchema } from './schema.ts'
import type { ExtenderConfiguration, PluginConfig, ProfileConfiguration, SchedulerConfiguration } from './types.ts'
import { validateConfiguration } from './validation.ts'

const GROUP = 'kubescheduler.config.k8s.io'
const VERSION = `${GROUP}/v1`
const KIND = 'KubeSchedulerConfiguration'

/** The file cannot be used; the message is what the real scheduler says. */
export class SchedulerConfigurationError extends Error {
  override readonly name = 'SchedulerConfigurationError'
}

/** The configuration of a scheduler to which nothing is told. */
export function defaultConfiguration(): SchedulerConfiguration {
  return loadConfiguration({ apiVersion: VERSION, kind: KIND })
}

/**
 * @param value what JSON or YAML say
 * @param duplicates members that the text has twice, as strict decoding tells them
 * @throws SchedulerConfigurationError
 */
export function loadConfiguration(value: unknown, duplicates: readonly string[] = []): SchedulerConfiguration {
  const { apiVersion = '', kind = '' } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown }
  if (kind === '') fail(`Object 'Kind' is missing in '${JSON.stringify(value)}'`)
  if (apiVersion === '') fail(`Object 'apiVersion' is missing in '${JSON.stringify(value)}'`)
  if (apiVersion !== VERSION || kind !== KIND) {
    fail(
      `no kind "${String(kind)}" is registered for version "${String(apiVersion)}" in scheme "pkg/runtime/scheme.go:111"`,
    )
  }
  const { object, unknownFields } = decoded(() => decodeObject(configurationSchema, value))
  const given = object as unknown as Given
  const findings = [...duplicates, ...unknownFields.map((path) => `unknown field "${path}"`)]
  const profiles = (given.profiles ?? []).map((profile, at) => withArgs(profile, at, findings))
  if (findings.length > 0) fail(`strict decoding error: ${findings.join(', ')}`)
  const configuration = withDefaults(given, profiles)
  const errors = validateConfiguration(configuration)
  if (errors.length === 1) fail(errors[0]!)
  if (errors.length > 1) fail(`[${errors.join(', ')}]`)
  return configuration
}

type Given = Partial<Omit<SchedulerConfiguration, 'profiles'>> & { readonly profiles?: readonly GivenProfile[] }
type GivenProfile = Partial<ProfileConfiguration>

function fail(message: string): never {
  throw new SchedulerConfigurationError(message)
}

function decoded<T>(decode: () => T, prefix = ''): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) fail(prefix + error.message)
    throw error
  }
}

/** Decodes the arguments of plugins that have some; unknown fields are added to the findings. */
function withArgs(profile: GivenProfile, at: number, findings: string[]): GivenProfile {
  const pluginConfig = (profile.pluginConfig ?? []).map(({ name, args }, index) => {
    const schema = argsSchemas[name]?.()
    if (schema === undefined) return { name, args }
    const where = `decoding .profiles[${at}].pluginConfig[${index}]`
    const decoding = `decoding args for plugin ${name}`
    const { kind = `${name}Args`, apiVersion = VERSION } = (args ?? {}) as { kind?: string; apiVersion?: string }
    if (apiVersion !== VERSION || !Object.keys(argsSchemas).some((known) => kind === `${known}Args`)) {
      fail(
        `${where}: ${decoding}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
      )
    }
    if (kind !== `${name}Args`) {
      fail(`${where}: args for plugin ${name} were not of type ${name}Args.${GROUP}, got ${kind}.${GROUP}`)
    }
    const { object, unknownFields } = decoded(() => decodeObject(schema, args ?? {}), `${where}: ${decoding}: `)
    if (unknownFields.length > 0) {
      const unknown = unknownFields.map((path) => `unknown field "${path}"`).join(', ')
      findings.push(`${where}: strict decoding error: ${decoding}: strict decoding error: ${unknown}`)
    }
    return { name, args: object }
  })
  return { ...profile, pluginConfig }
}

function withDefaults(given: Given, profiles: readonly GivenProfile[]): SchedulerConfiguration {
  const all = profiles.length === 0 ? [{}] : profiles
  return {
    parallelism: given.parallelism ?? 16,
    percentageOfNodesToScore: given.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: given.podInitialBackoffSeconds ?? 1,
    podMaxBackoffSeconds: given.podMaxBackoffSeconds ?? 10,
    // Only a profile that is alone needs no name.
    profiles: all.map((profile) => profileWithDefaults(profile, all.length === 1 ? 'default-scheduler' : '')),
    extenders: (given.extenders ?? []).map((extender): ExtenderConfiguration => ({
      ...extender,
      urlPrefix: extender.urlPrefix ?? '',
    })),
  }
}

function profileWithDefaults(profile: GivenProfile, defaultName: string): ProfileConfiguration {
  const plugins = mergePlugins(profile.plugins)
  const config: PluginConfig[] = (profile.pluginConfig ?? []).map(({ name, args }) => ({
    name,
    args: argsWithDefaults(name, args),
  }))
  for (const name of Object.keys(argsSchemas)) {
    if (!config.some((one) => one.name === name)) config.push({ name, args: argsWithDefaults(name, {}) })
  }
  return {
    schedulerName: profile.schedulerName ?? defaultName,
    ...(profile.percentageOfNodesToScore === undefined
      ? {}
      : { percentageOfNodesToScore: profile.percentageOfNodesToScore }),
    plugins,
    pluginConfig: config,
  }
}

const commonResources = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

function resourcesOf(given: unknown): readonly object[] {
  const resources = (given ?? []) as readonly { readonly weight?: number }[]
  if (resources.length === 0) return commonResources
  return resources.map((resource) => ({ ...resource, weight: (resource.weight ?? 0) === 0 ? 1 : resource.weight }))
}

function argsWithDefaults(name: string, args: unknown): unknown {
  const given = (args ?? {}) as Readonly<Record<string, unknown>>
  switch (name) {
    case 'DefaultPreemption':
      return { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100, ...given }
    case 'InterPodAffinity':
      return { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false, ...given }
    case 'VolumeBinding':
      return { bindTimeoutSeconds: 600, ...given }
    case 'NodeResourcesBalancedAllocation':
      return { ...given, resources: resourcesOf(given['resources']) }
    case 'PodTopologySpread':
      return { ...given, defaultingType: given['defaultingType'] || 'System' }
    case 'NodeResourcesFit': {
      const strategy = (given['scoringStrategy'] ?? { type: 'LeastAllocated' }) as Readonly<Record<string, unknown>>
      const scoringStrategy = {
        ...strategy,
        type: strategy['type'] ?? '',
        resources: resourcesOf(strategy['resources']),
      }
      return { ...given, scoringStrategy }
    }
    case 'DynamicResources':
      return { filterTimeout: '10s', bindingTimeout: '10m0s', ...given }
    default:
      return args
  }
}
