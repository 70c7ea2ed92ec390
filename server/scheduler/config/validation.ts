// What is wrong with a configuration, each as one sentence.
// Source: pkg/scheduler/apis/config/validation, validation.go (v1.36)
import { deepEqual } from '../../apimachinery/equality.ts'
import { duplicate, field, invalid, required, type FieldError, type FieldPath } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/formats.ts'
import { validateArgs } from './args-validation.ts'
import { extensionPoints } from './schema.ts'
import type { ExtenderConfiguration, ProfileConfiguration, SchedulerConfiguration } from './types.ts'

const VERSION = 'kubescheduler.config.k8s.io/v1'
/** Plugins that there were once. */
const removed = new Set(['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits'])
const wasRemoved = `was invalid in version "${VERSION}" (KubeSchedulerConfiguration is version "${VERSION}")`

/** In the order in which the real scheduler tells them, none twice. */
export function validateConfiguration(configuration: SchedulerConfiguration): readonly string[] {
  const { parallelism, profiles, podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = configuration
  const errors: FieldError[] = []
  if (parallelism <= 0) {
    errors.push(invalid(field('parallelism'), parallelism, 'should be an integer value greater than zero'))
  }
  const path = field('profiles')
  const names: string[] = []
  for (const [at, profile] of profiles.entries()) {
    errors.push(...validateProfile(path.index(at), profile))
    // What stands twice is told as the path to the first, which prints as nothing.
    if (names.includes(profile.schedulerName)) errors.push(duplicate(path.index(at).child('schedulerName'), {}))
    names.push(profile.schedulerName)
  }
  errors.push(...validateQueueSort(path, profiles))
  errors.push(...validatePercentage(field('percentageOfNodesToScore'), configuration.percentageOfNodesToScore))
  if (initial <= 0) errors.push(invalid(field('podInitialBackoffSeconds'), initial, 'must be greater than 0'))
  if (max < initial) {
    const detail = 'must be greater than or equal to PodInitialBackoffSeconds'
    errors.push(invalid(field('podMaxBackoffSeconds'), max, detail))
  }
  errors.push(...validateExtenders(field('extenders'), configuration.extenders))
  return [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
}

function validatePercentage(path: FieldPath, percentage: number | undefined): readonly FieldError[] {
  if (percentage === undefined || (percentage >= 0 && percentage <= 100)) return []
  return [invalid(path, percentage, 'not in valid range [0-100]')]
}

function validateProfile(path: FieldPath, profile: ProfileConfiguration): readonly FieldError[] {
  const { schedulerName, percentageOfNodesToScore, plugins, pluginConfig } = profile
  const errors: FieldError[] = []
  if (schedulerName === '') errors.push(required(path.child('schedulerName')))
  errors.push(...validatePercentage(path.child('percentageOfNodesToScore'), percentageOfNodesToScore))
  for (const point of extensionPoints) {
    for (const [at, { name }] of (plugins[point]?.enabled ?? []).entries()) {
      if (removed.has(name)) errors.push(invalid(path.child('plugins', point, 'enabled').index(at), name, wasRemoved))
    }
  }
  const seen = new Set<string>()
  for (const [at, { name, args }] of pluginConfig.entries()) {
    const where = path.child('pluginConfig').index(at)
    if (seen.has(name)) errors.push(duplicate(where, name))
    seen.add(name)
    if (removed.has(name)) errors.push(invalid(where, name, wasRemoved))
    else errors.push(...validateArgs(name, where.child('args'), args))
  }
  return errors
}

/** There is one queue for all profiles. */
function validateQueueSort(
  path: FieldPath,
  [first, ...others]: readonly ProfileConfiguration[],
): readonly FieldError[] {
  const errors: FieldError[] = []
  const canon = first?.plugins.queueSort
  const count = canon?.enabled?.length ?? 0
  if (count > 1) {
    const where = path.index(0).child('plugins', 'queueSort', 'Enabled')
    errors.push(invalid(where, count, 'only one queue sort plugin can be enabled'))
  }
  for (const [at, { plugins }] of others.entries()) {
    if (deepEqual(plugins.queueSort, canon)) continue
    const { enabled = [], disabled = [] } = plugins.queueSort ?? {}
    const printed = { Enabled: enabled.map(printEntry), Disabled: disabled.map(printEntry) }
    const where = path.index(at + 1).child('plugins', 'queueSort')
    errors.push(invalid(where, printed, 'must be the same for all profiles'))
  }
  return errors
}

function printEntry({ name, weight = 0 }: { readonly name: string; readonly weight?: number }) {
  return { Name: name, Weight: weight }
}

function validateExtenders(path: FieldPath, extenders: readonly ExtenderConfiguration[]): readonly FieldError[] {
  const errors: FieldError[] = []
  const managed = new Set<string>()
  for (const [at, { prioritizeVerb = '', weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb !== '' && weight <= 0) {
      errors.push(invalid(path.index(at).child('weight'), weight, 'must have a positive weight applied to it'))
    }
    for (const [place, { name }] of managedResources.entries()) {
      const where = path.index(at).child('managedResources').index(place).child('name')
      const unqualified = isQualifiedName(name)
      for (const problem of unqualified) errors.push(invalid(where, name, problem))
      if (unqualified.length === 0 && !isExtendedResource(name)) {
        errors.push(invalid(where, name, 'is an invalid extended resource name'))
      }
      if (managed.has(name)) errors.push(invalid(where, name, 'duplicate extender managed resource name'))
      managed.add(name)
    }
  }
  const binders = extenders.filter(({ bindVerb = '' }) => bindVerb !== '').length
  if (binders > 1) {
    errors.push(invalid(path, `found ${binders} extenders implementing bind`, 'only one extender can implement bind'))
  }
  return errors
}

/** Source: v1helper.IsExtendedResourceName */
function isExtendedResource(name: string): boolean {
  if (!name.includes('/') || name.includes('kubernetes.io/') || name.startsWith('requests.')) return false
  return isQualifiedName(`requests.${name}`).length === 0
}
