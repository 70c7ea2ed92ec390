// Containers of a pod: regular, init and ephemeral ones.
// Source: pkg/apis/core/validation, validateContainers, validateInitContainers, validateEphemeralContainers,
// validateContainerCommon (v1.36)
import type { Container, ContainerPort, ContainerResizePolicy, EphemeralContainer, PodSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notFound, notSupported, required, tooMany } from '../../apimachinery/field.ts'
import { isValidPortName, isValidPortNum } from '../../apimachinery/formats.ts'
import { invalids, validateDNS1123Label } from '../metadata/field-formats.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { validateLifecycle, validateProbes } from './handlers.ts'
import { type VolumesByName, validateVolumeDevices, validateVolumeMounts } from './mounts.ts'
import { validateContainerResources } from './resource-requirements.ts'
import { isRestartableInitContainer } from './resource-sums.ts'
import { validateSecurityContext } from './security-context.ts'
import { validatePullPolicy } from './volumes.ts'

/** What the containers of one pod share. */
export interface ContainerContext {
  readonly spec: PodSpec
  readonly volumes: VolumesByName
  readonly claimNames: ReadonlySet<string>
}

const portProtocols = ['SCTP', 'TCP', 'UDP']

export interface VisitedContainer {
  readonly container: Container
  readonly path: FieldPath
}

/** Init containers, then the regular ones, then the ephemeral ones. Source: pkg/apis/core/pods, VisitContainersWithPath */
export function containersOf(spec: PodSpec, path: FieldPath): VisitedContainer[] {
  const listed = (list: readonly Container[] | undefined, name: string): VisitedContainer[] =>
    (list ?? []).map((container, at) => ({ container, path: path.child(name).index(at) }))
  return [
    ...listed(spec.initContainers, 'initContainers'),
    ...listed(spec.containers, 'containers'),
    ...listed(spec.ephemeralContainers, 'ephemeralContainers'),
  ]
}

export function validateContainers(context: ContainerContext, path: FieldPath): FieldError[] {
  const { spec } = context
  const containers = spec.containers ?? []
  if (containers.length === 0) return [required(path)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [at, container] of containers.entries()) {
    const here = path.index(at)
    const { name = '', lifecycle } = container
    errors.push(...validateContainerCommon(container, context, here))
    if (names.has(name)) errors.push(duplicate(here.child('name'), name))
    names.add(name)
    if (lifecycle !== undefined) {
      errors.push(...validateLifecycle(lifecycle, spec.terminationGracePeriodSeconds, here.child('lifecycle')))
    }
    errors.push(
      ...validateProbes(container, spec.terminationGracePeriodSeconds, here),
      ...validateRestartRules(container, here),
    )
  }
  return [...errors, ...validateHostPortConflicts(containers, path)]
}

const onlyRestartable = 'may not be set for init containers without restartPolicy=Always'

export function validateInitContainers(context: ContainerContext, path: FieldPath): FieldError[] {
  const { spec } = context
  const graceSeconds = spec.terminationGracePeriodSeconds
  const errors: FieldError[] = []
  const names = new Set((spec.containers ?? []).map(({ name = '' }) => name))
  for (const [at, container] of (spec.initContainers ?? []).entries()) {
    const here = path.index(at)
    const { name = '', lifecycle } = container
    errors.push(...validateContainerCommon(container, context, here), ...validateInitRestartRules(container, here))
    if (names.has(name)) errors.push(duplicate(here.child('name'), name))
    else if (name !== '') names.add(name)
    // Upstream looks at each container alone, and names it by index 0.
    errors.push(...validateHostPortConflicts([container], path))
    if (isRestartableInitContainer(container)) {
      if (lifecycle !== undefined) errors.push(...validateLifecycle(lifecycle, graceSeconds, here.child('lifecycle')))
      errors.push(...validateProbes(container, graceSeconds, here))
      continue
    }
    for (const member of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[member] !== undefined) errors.push(forbidden(here.child(member), onlyRestartable))
    }
    for (const [policyAt, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
      if (restartPolicy !== 'RestartContainer') continue
      const policyPath = here.child('resizePolicy').index(policyAt).child('restartPolicy')
      errors.push(
        invalid(policyPath, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"),
      )
    }
  }
  return errors
}

/** Not allowed in ephemeral containers, in the order of the Go struct. */
const notForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const
const notForEphemeralText = 'cannot be set for an Ephemeral Container'

export function validateEphemeralContainers(context: ContainerContext, path: FieldPath): FieldError[] {
  const { spec } = context
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name = '' }) => name))
  const names = new Set(others)
  return (spec.ephemeralContainers ?? []).flatMap((container, at) => {
    const here = path.index(at)
    const { name = '', targetContainerName = '' } = container
    const errors = [...validateContainerCommon(container, context, here), ...validateImageSpaces(container, here)]
    if (names.has(name)) errors.push(duplicate(here.child('name'), name))
    names.add(name)
    if (targetContainerName !== '' && !others.has(targetContainerName)) {
      errors.push(notFound(here.child('targetContainerName'), targetContainerName))
    }
    return [...errors, ...validateEphemeralFields(container, here)]
  })
}

function validateEphemeralFields(container: EphemeralContainer, path: FieldPath): FieldError[] {
  const errors = notForEphemeral
    .filter((name) => !isZero(container[name]))
    .map((name) => forbidden(path.child(name), notForEphemeralText))
  for (const [at, { subPath = '', subPathExpr = '' }] of (container.volumeMounts ?? []).entries()) {
    const here = path.child('volumeMounts').index(at)
    if (subPath !== '') errors.push(forbidden(here.child('subPath'), notForEphemeralText))
    if (subPathExpr !== '') errors.push(forbidden(here.child('subPathExpr'), notForEphemeralText))
  }
  return errors
}

/** Absent, or the empty struct that is always printed. */
function isZero(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

function validateContainerCommon(
  container: Container | EphemeralContainer,
  context: ContainerContext,
  path: FieldPath,
): FieldError[] {
  const { name = '', image = '', terminationMessagePolicy: messagePolicy = '', imagePullPolicy = '' } = container
  const { spec, volumes, claimNames } = context
  const namePath = path.child('name')
  const messagePath = path.child('terminationMessagePolicy')
  const errors = name === '' ? [required(namePath)] : validateDNS1123Label(name, namePath)
  if (image === '') errors.push(required(path.child('image')))
  if (messagePolicy === '') errors.push(required(messagePath))
  else if (messagePolicy !== 'File' && messagePolicy !== 'FallbackToLogsOnError') {
    errors.push(notSupported(messagePath, messagePolicy, ['File', 'FallbackToLogsOnError']))
  }
  return [
    ...errors,
    ...validatePorts(container.ports, path.child('ports')),
    ...validateEnv(container.env, path.child('env')),
    ...validateEnvFrom(container.envFrom, path.child('envFrom')),
    ...validateVolumeMounts(container, volumes, path.child('volumeMounts')),
    ...validateVolumeDevices(container, volumes, path.child('volumeDevices')),
    ...validatePullPolicy(imagePullPolicy, path.child('imagePullPolicy')),
    ...validateContainerResources(container.resources, claimNames, path.child('resources')),
    ...validateResizePolicy(container.resizePolicy, spec.restartPolicy, path.child('resizePolicy')),
    ...validateSecurityContext(container.securityContext, path.child('securityContext'), spec.hostUsers !== false),
  ]
}

function validatePorts(ports: readonly ContainerPort[] | undefined, path: FieldPath): FieldError[] {
  const names = new Set<string>()
  return (ports ?? []).flatMap(({ name = '', containerPort = 0, hostPort = 0, protocol = '' }, at) => {
    const here = path.index(at)
    const errors: FieldError[] = []
    if (name !== '') {
      const problems = isValidPortName(name)
      if (problems.length > 0) errors.push(...invalids(here.child('name'), name, problems))
      else if (names.has(name)) errors.push(duplicate(here.child('name'), name))
      else names.add(name)
    }
    const portPath = here.child('containerPort')
    if (containerPort === 0) errors.push(required(portPath))
    else errors.push(...invalids(portPath, containerPort, isValidPortNum(containerPort)))
    if (hostPort !== 0) errors.push(...invalids(here.child('hostPort'), hostPort, isValidPortNum(hostPort)))
    return [...errors, ...validateProtocol(protocol, here.child('protocol'))]
  })
}

export function validateProtocol(protocol: string, path: FieldPath): FieldError[] {
  if (protocol === '') return [required(path)]
  return portProtocols.includes(protocol) ? [] : [notSupported(path, protocol, portProtocols)]
}

function validateHostPortConflicts(containers: readonly Container[], path: FieldPath): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap(({ ports = [] }, at) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = '' }, portAt) => {
      if (hostPort === 0) return []
      const key = `${protocol}/${hostIP}/${hostPort}`
      const hostPortPath = path.index(at).child('ports').index(portAt).child('hostPort')
      const errors = taken.has(key) ? [duplicate(hostPortPath, key)] : []
      taken.add(key)
      return errors
    }),
  )
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  path: FieldPath,
): FieldError[] {
  const seen = new Set<string>()
  return (policies ?? []).flatMap(({ resourceName = '', restartPolicy = '' }, at) => {
    const errors: FieldError[] = []
    if (seen.has(resourceName)) errors.push(duplicate(path.index(at), resourceName))
    seen.add(resourceName)
    errors.push(...validateOneOf(resourceName, ['cpu', 'memory'], path))
    errors.push(...validateOneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path))
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    }
    return errors
  })
}

/** A value that must be there and be one of a few. */
export function validateOneOf(value: string, choices: readonly string[], path: FieldPath): FieldError[] {
  if (value === '') return [required(path)]
  return choices.includes(value) ? [] : [notSupported(path, value, choices)]
}

const containerRestartPolicies = ['Always', 'Never', 'OnFailure']
const restartActions = ['Restart', 'RestartAllContainers']
const exitCodeOperators = ['In', 'NotIn']

/** Rules without a policy are refused, and not looked at. */
function validateInitRestartRules(container: Container, path: FieldPath): FieldError[] {
  if (container.restartPolicy !== undefined) return validateRestartRules(container, path)
  if ((container.restartPolicyRules ?? []).length === 0) return []
  return [required(path.child('restartPolicy'), rulesWithoutPolicy)]
}

const rulesWithoutPolicy = 'must specify restartPolicy when restart rules are used'

function validateRestartRules(
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const policyPath = path.child('restartPolicy')
  const rulesPath = path.child('restartPolicyRules')
  if (restartPolicy === undefined) {
    if (rules.length === 0) return []
    errors.push(required(policyPath, rulesWithoutPolicy))
  } else if (!containerRestartPolicies.includes(restartPolicy)) {
    errors.push(notSupported(policyPath, restartPolicy, containerRestartPolicies))
  }
  if (rules.length > 20) errors.push(tooMany(rulesPath, rules.length, 20))
  for (const [at, { action = '', exitCodes }] of rules.entries()) {
    const here = rulesPath.index(at)
    if (!restartActions.includes(action)) errors.push(notSupported(here.child('action'), action, restartActions))
    const codesPath = here.child('exitCodes')
    if (exitCodes === undefined) {
      errors.push(required(codesPath, 'must be specified'))
      continue
    }
    const { operator = '', values = [] } = exitCodes
    if (!exitCodeOperators.includes(operator)) {
      errors.push(notSupported(codesPath.child('operator'), operator, exitCodeOperators))
    }
    if (values.length > 255) errors.push(tooMany(codesPath.child('values'), values.length, 255))
  }
  return errors
}

/** What only pods must observe: templates may hold images that are filled in later. */
export function validateImageSpaces({ image = '' }: { image?: string }, path: FieldPath): FieldError[] {
  return image.trim() === image
    ? []
    : [invalid(path.child('image'), image, 'must not have leading or trailing whitespace')]
}
