// A scheduler's configuration as it is given to a cluster: YAML, JSON, or what they say.
import { parseYAML } from './http/codec/yaml.ts'
import { checkConfiguration, loadConfiguration, type SchedulerConfiguration } from './scheduler/index.ts'

/** @throws SchedulerConfigurationError with what the real scheduler would say when it starts */
export function schedulerConfigurationOf(given: string | object): SchedulerConfiguration {
  const configuration = typeof given === 'string' ? parsed(given) : loadConfiguration(given)
  checkConfiguration(configuration)
  return configuration
}

function parsed(text: string): SchedulerConfiguration {
  const { value, duplicates } = parseYAML(text)
  return loadConfiguration(value, duplicates)
}
