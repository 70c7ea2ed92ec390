// What is wrong with the arguments of plugins.
// Source: pkg/scheduler/apis/config/validation, validation_pluginargs.go (v1.36)
import { parseDuration } from '../../apimachinery/go-duration.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/formats.ts'
import type {
  BalancedAllocationArgs,
  DefaultPreemptionArgs,
  DynamicResourcesArgs,
  InterPodAffinityArgs,
  NodeAffinityArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadArgs,
  ShapePoint,
  VolumeBindingArgs,
} from './types.ts'

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']

export function validateArgs(plugin: string, path: FieldPath, args: unknown): readonly FieldError[] {
  switch (plugin) {
    case 'DefaultPreemption':
      return preemption(path, args as DefaultPreemptionArgs)
    case 'InterPodAffinity': {
      const { hardPodAffinityWeight: weight } = args as InterPodAffinityArgs
      if (weight >= 0 && weight <= 100) return []
      return [invalid(path.child('hardPodAffinityWeight'), weight, 'not in valid range [0, 100]')]
    }
    case 'NodeAffinity':
      return nodeAffinity(path, args as NodeAffinityArgs)
    case 'NodeResourcesBalancedAllocation':
      return balancedAllocation(path, args as BalancedAllocationArgs)
    case 'NodeResourcesFit':
      // The real scheduler keeps its rules for these under a name that no plugin has, and finds out when it starts.
      return []
    case 'PodTopologySpread':
      return topologySpread(path, args as PodTopologySpreadArgs)
    case 'VolumeBinding':
      return volumeBinding(path, args as VolumeBindingArgs)
    case 'DynamicResources':
      return dynamicResources(path, args as DynamicResourcesArgs)
    default:
      return []
  }
}

function preemption(path: FieldPath, args: DefaultPreemptionArgs): readonly FieldError[] {
  const { minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute } = args
  const ofPercentage = path.child('minCandidateNodesPercentage')
  const ofAbsolute = path.child('minCandidateNodesAbsolute')
  const errors: FieldError[] = []
  if (percentage < 0 || percentage > 100) errors.push(invalid(ofPercentage, percentage, 'not in valid range [0, 100]'))
  if (absolute < 0) errors.push(invalid(ofAbsolute, absolute, 'not in valid range [0, inf)'))
  if (percentage === 0 && absolute === 0) {
    errors.push(invalid(ofPercentage, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'))
    errors.push(invalid(ofAbsolute, 0, 'cannot be zero at the same time as minCandidateNodesPercentage'))
  }
  return errors
}

/** Source: nodeaffinity.NewNodeSelector, with the texts of its terms */
function nodeAffinity(path: FieldPath, { addedAffinity }: NodeAffinityArgs): readonly FieldError[] {
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']
  const errors: FieldError[] = []
  const validateTerm = (where: FieldPath, term: { readonly matchExpressions?: readonly { operator: string }[] }) => {
    for (const [at, { operator }] of (term.matchExpressions ?? []).entries()) {
      if (operators.includes(operator)) continue
      errors.push(notSupported(where.child('matchExpressions').index(at).child('operator'), operator, operators))
    }
  }
  const added = path.child('addedAffinity')
  const requiredPath = added.child('requiredDuringSchedulingIgnoredDuringExecution')
  const terms = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const [at, term] of terms.entries()) validateTerm(requiredPath.child('nodeSelectorTerms').index(at), term)
  const preferredPath = added.child('preferredDuringSchedulingIgnoredDuringExecution')
  const preferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  for (const [at, { preference }] of preferred.entries()) validateTerm(preferredPath.index(at), preference)
  return errors
}

function balancedAllocation(path: FieldPath, { resources }: BalancedAllocationArgs): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [at, { name, weight }] of resources.entries()) {
    const where = path.child('resources').index(at)
    if (seen.has(name)) errors.push(duplicate(where.child('name'), name))
    seen.add(name)
    if (weight !== 1) errors.push(invalid(where.child('weight'), weight, 'must be 1'))
  }
  return errors
}

/** @throws nothing; what the plugin says when it starts. Source: ValidateNodeResourcesFitArgs */
export function validateFitArgs(path: FieldPath, args: NodeResourcesFitArgs): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [at, name] of (args.ignoredResources ?? []).entries()) {
    const where = path.child('ignoredResources').index(at)
    for (const problem of isQualifiedName(name)) errors.push(invalid(where, name, problem))
  }
  for (const [at, group] of (args.ignoredResourceGroups ?? []).entries()) {
    const where = path.child('ignoredResourceGroups').index(at)
    if (group.includes('/')) errors.push(invalid(where, group, "resource group name can't contain '/'"))
    for (const problem of isQualifiedName(group)) errors.push(invalid(where, group, problem))
  }
  const { type, resources, requestedToCapacityRatio: ratio } = args.scoringStrategy
  const strategy = path.child('scoringStrategy')
  if (!strategies.includes(type)) errors.push(notSupported(strategy.child('type'), type, strategies))
  for (const [at, { name, weight }] of resources.entries()) {
    if (weight > 0 && weight <= 100) continue
    const detail = `resource weight of ${name} not in valid range (0, 100]`
    errors.push(invalid(strategy.child('resources').index(at).child('weight'), weight, detail))
  }
  const ofRatio = strategy.child('requestedToCapacityRatio')
  if (type !== 'RequestedToCapacityRatio') {
    if (ratio !== undefined) {
      errors.push(forbidden(ofRatio, 'must be nil when type is not RequestedToCapacityRatio'))
    }
  } else if (ratio === undefined) {
    errors.push(required(ofRatio, 'must be specified when type is RequestedToCapacityRatio'))
  } else {
    errors.push(...shapeErrors(ofRatio.child('shape'), ratio.shape ?? []))
  }
  return errors
}

function shapeErrors(path: FieldPath, shape: readonly ShapePoint[]): readonly FieldError[] {
  if (shape.length === 0) return [required(path, 'at least one point must be specified')]
  const errors: FieldError[] = []
  const unsorted = shape.findIndex(({ utilization }, at) => at > 0 && shape[at - 1]!.utilization >= utilization)
  if (unsorted >= 0) {
    const where = path.index(unsorted).child('utilization')
    errors.push(invalid(where, shape[unsorted]!.utilization, 'values must be sorted in increasing order'))
  }
  for (const [at, { utilization, score }] of shape.entries()) {
    if (utilization < 0 || utilization > 100) {
      errors.push(invalid(path.index(at).child('utilization'), utilization, 'not in valid range [0, 100]'))
    }
    if (score < 0 || score > 10)
      errors.push(invalid(path.index(at).child('score'), score, 'not in valid range [0, 10]'))
  }
  return errors
}

function topologySpread(path: FieldPath, args: PodTopologySpreadArgs): readonly FieldError[] {
  const { defaultConstraints = [], defaultingType } = args
  const errors: FieldError[] = []
  const ofType = path.child('defaultingType')
  if (defaultingType !== 'System' && defaultingType !== 'List') {
    errors.push(notSupported(ofType, defaultingType, ['System', 'List']))
  } else if (defaultingType === 'System' && defaultConstraints.length > 0) {
    errors.push(invalid(ofType, defaultingType, 'when .defaultConstraints are not empty'))
  }
  const seen = new Set<string>()
  for (const [at, { maxSkew, topologyKey, whenUnsatisfiable, labelSelector }] of defaultConstraints.entries()) {
    const where = path.child('defaultConstraints').index(at)
    if (!(maxSkew > 0)) errors.push(invalid(where.child('maxSkew'), maxSkew ?? 0, 'not in valid range (0, inf)'))
    const ofKey = where.child('topologyKey')
    if ((topologyKey ?? '') === '') errors.push(required(ofKey, 'can not be empty'))
    else for (const problem of isQualifiedName(topologyKey)) errors.push(invalid(ofKey, topologyKey, problem))
    const ofAction = where.child('whenUnsatisfiable')
    const actions = ['DoNotSchedule', 'ScheduleAnyway']
    if ((whenUnsatisfiable ?? '') === '') errors.push(required(ofAction, 'can not be empty'))
    else if (!actions.includes(whenUnsatisfiable)) errors.push(notSupported(ofAction, whenUnsatisfiable, actions))
    if (labelSelector !== undefined) {
      const detail = 'constraint must not define a selector, as they deduced for each pod'
      errors.push(forbidden(where.child('labelSelector'), detail))
    }
    const both = `{${topologyKey ?? ''}, ${whenUnsatisfiable ?? ''}}`
    if (seen.has(both)) errors.push(duplicate(where, both))
    seen.add(both)
  }
  return errors
}

function volumeBinding(path: FieldPath, { bindTimeoutSeconds, shape }: VolumeBindingArgs): readonly FieldError[] {
  const errors: FieldError[] = []
  if (bindTimeoutSeconds < 0) {
    const detail = 'invalid BindTimeoutSeconds, should not be a negative value'
    errors.push(invalid(path.child('bindTimeoutSeconds'), bindTimeoutSeconds, detail))
  }
  if (shape !== undefined && shape.length > 0) {
    const printed = shape.map(({ utilization, score }) => ({ Utilization: utilization, Score: score }))
    const detail = 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring'
    errors.push(invalid(path.child('shape'), printed, detail))
  }
  return errors
}

function dynamicResources(path: FieldPath, args: DynamicResourcesArgs): readonly FieldError[] {
  const errors: FieldError[] = []
  if (parseDuration(args.filterTimeout) < 0) {
    errors.push(invalid(path.child('filterTimeout'), args.filterTimeout, 'must be zero or positive'))
  }
  if (parseDuration(args.bindingTimeout) < 1000) {
    errors.push(invalid(path.child('bindingTimeout'), args.bindingTimeout, 'must be at least 1 second'))
  }
  return errors
}
