// Updates of pods through the subresources `ephemeralcontainers` and `resize`.
// Source: pkg/registry/core/pod, podEphemeralContainersStrategy, podResizeStrategy; pkg/apis/core/validation,
// ValidatePodEphemeralContainersUpdate, ValidatePodResize (v1.36)
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../api/core.ts'
import { copy, semanticEqual } from '../../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../../apimachinery/field.ts'
import { field, forbidden, invalid } from '../../../apimachinery/field.ts'
import type { ObjectMeta } from '../../../apimachinery/types.ts'
import type { StatusStrategy } from '../../../registry/kind.ts'
import { internalDiff, internalForm } from '../../internal-form/index.ts'
import { dropDisabledPodFields } from '../../pod-template/index.ts'
import { mirrorPodAnnotation } from '../../pod-template/annotations.ts'
import { computePodQOS, isRestartableInitContainer } from '../../pod-template/resource-sums.ts'
import { validateAnnotationUpdate } from './update.ts'
import { validateMetadataAndSpec } from './validation.ts'

export const ephemeralContainers: StatusStrategy<Pod> = {
  prepareForUpdate(draft, old) {
    const added = draft.spec?.ephemeralContainers
    draft.spec = {
      ...copy(old.spec ?? { containers: [] }),
      ...(added === undefined ? {} : { ephemeralContainers: added }),
    }
    if (added === undefined) delete draft.spec.ephemeralContainers
    dropDisabledPodFields(draft.spec)
    resetOthers(draft, old)
  },
  validateUpdate: validateEphemeralContainersUpdate,
}

export const resize: StatusStrategy<Pod> = { prepareForUpdate: prepareResize, validateUpdate: validateResize }

/** Members of metadata that a subresource leaves as they are. */
const keptMetadata = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp'] as const

function resetOthers(draft: Pod, old: Pod): void {
  if (old.status === undefined) delete draft.status
  else draft.status = copy(old.status)
  const metadata = (draft.metadata ??= {})
  for (const name of keptMetadata) restore(metadata, old.metadata ?? {}, name)
}

function restore<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, name: K): void {
  if (old[name] === undefined) delete metadata[name]
  else metadata[name] = copy(old[name]) as NonNullable<ObjectMeta[K]>
}

function isMirror({ metadata }: Pod): boolean {
  return metadata?.annotations?.[mirrorPodAnnotation] !== undefined
}

function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (isMirror(old)) return [forbidden(field(''), 'static pods do not support ephemeral containers')]
  const path = field('spec', 'ephemeralContainers')
  const errors = [...validateMetadataAndSpec(pod), ...validateAnnotationUpdate(pod, old)]
  const containers = new Map((pod.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]))
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const now = containers.get(before.name)
    const existing = `existing ephemeral containers ${JSON.stringify(before.name)}`
    const struct = 'EphemeralContainer'
    if (now === undefined) errors.push(forbidden(path, `${existing} may not be removed\n`))
    else if (!semanticEqual(internalForm(struct, now), internalForm(struct, before))) {
      errors.push(forbidden(path, `${existing} may not be changed\n${internalDiff(struct, before, now)}`))
    }
  }
  return errors
}

/** Only resources and resize policies are taken from the request; lists of other containers are left for validation. */
function prepareResize(draft: Pod, old: Pod): void {
  const spec = draft.spec ?? { containers: [] }
  const oldSpec = old.spec ?? { containers: [] }
  const lists = ['containers', 'initContainers'] as const
  if (lists.some((list) => (spec[list] ?? []).length !== (oldSpec[list] ?? []).length)) return
  const next: PodSpec = copy(oldSpec)
  next.containers = withResources(spec.containers, oldSpec.containers)
  if (spec.initContainers !== undefined)
    next.initContainers = withResources(spec.initContainers, oldSpec.initContainers ?? [])
  if (spec.resources === undefined) delete next.resources
  else next.resources = spec.resources
  draft.spec = next
  resetOthers(draft, old)
}

function withResources(containers: Container[], old: readonly Container[]): Container[] {
  if (containers.some(({ name }, at) => name !== old[at]?.name)) return containers
  return containers.map(({ resources, resizePolicy }, at) => {
    const { resources: _resources, resizePolicy: _policy, ...rest }: Container = copy(old[at]!)
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    }
  })
}

const onlyComputeText = 'only cpu and memory resources are mutable'

function validateResize(pod: Pod, old: Pod): FieldError[] {
  if (isMirror(old)) return [forbidden(field(''), 'static pods cannot be resized')]
  if (old.spec?.os?.name === 'windows') return [forbidden(field(''), 'windows pods cannot be resized')]
  const path = field('spec')
  const spec = pod.spec ?? { containers: [] }
  const oldSpec = old.spec ?? { containers: [] }
  const errors = validateMetadataAndSpec(pod)
  if ((old.status?.qosClass ?? computePodQOS(oldSpec)) !== computePodQOS(spec)) {
    errors.push(invalid(path, pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  }
  const running = (old.status?.containerStatuses ?? []).find(({ state }) => state?.running !== undefined)
  if (running !== undefined && running.resources === undefined) {
    errors.push(forbidden(path, 'Pod running on node without support for resize'))
  }
  errors.push(...validatePodLevelResize(spec, oldSpec, path))
  if ((old.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    errors.push(forbidden(path, 'pods with node allocatable resource claims cannot be resized'))
  }
  const order = [
    ...validateOrder(spec, oldSpec, 'containers', path),
    ...validateOrder(spec, oldSpec, 'initContainers', path),
  ]
  if (order.length > 0) return [...errors, ...order]
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [at, container] of (oldSpec[list] ?? []).entries()) {
      errors.push(
        ...validateRemoved(
          spec[list]?.[at]?.resources,
          container.resources,
          path.child(list).index(at).child('resources'),
        ),
      )
    }
  }
  errors.push(...validateOtherChanges(spec, oldSpec, path))
  if (errors.length > 0 || isSame('PodSpec', withoutCompute(spec, oldSpec), oldSpec)) return errors
  return [forbidden(path, onlyComputeText)]
}

function validatePodLevelResize({ resources }: PodSpec, { resources: old }: PodSpec, path: FieldPath): FieldError[] {
  if (!isSet(resources) && !isSet(old)) return []
  const here = path.child('resources')
  if (resources === undefined) return [forbidden(here, 'pod-level resources cannot be removed')]
  const errors = (['requests', 'limits'] as const)
    .filter((list) => isRemoved(resources[list], old?.[list]))
    .map((list) => forbidden(here.child(list), `pod-level resource ${list} cannot be removed`))
  if (semanticEqual(withOldCompute(resources, old), old)) return errors
  return [...errors, forbidden(path, `${onlyComputeText} at pod-level`)]
}

function isSet(resources: ResourceRequirements | undefined): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0
}

type Quantities = Readonly<Record<string, string>> | undefined

function isRemoved(list: Quantities, old: Quantities): boolean {
  return Object.keys(old ?? {}).some((name) => list?.[name] === undefined)
}

function validateRemoved(
  resources: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  path: FieldPath,
): FieldError[] {
  return (['requests', 'limits'] as const)
    .filter((list) => isRemoved(resources?.[list], old?.[list]))
    .map((list) => forbidden(path.child(list), `resource ${list} cannot be removed`))
}

function validateOrder(
  spec: PodSpec,
  old: PodSpec,
  list: 'containers' | 'initContainers',
  path: FieldPath,
): FieldError[] {
  const containers = spec[list] ?? []
  const oldContainers = old[list] ?? []
  if (containers.length !== oldContainers.length) {
    return [forbidden(path.child(list), `${list} may not be added or removed on resize`)]
  }
  return oldContainers.flatMap(({ name }, at) => {
    if (containers[at]?.name === name) return []
    return [forbidden(path.child(list).index(at).child('name'), `${list} may not be renamed or reordered on resize`)]
  })
}

function validateOtherChanges(spec: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  const errors = (spec.containers ?? []).flatMap((container, at) => {
    const before = old.containers[at]!
    return isSame('Container', withoutComputeOf(container, before), before) ? [] : [forbidden(path, onlyComputeText)]
  })
  for (const [at, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers![at]!
    const here = path.child('initContainers').index(at)
    if (!isSame('Container', withoutComputeOf(container, before), before)) {
      errors.push(forbidden(here, 'only cpu and memory resources for init or sidecar containers are mutable'))
    }
    if (isRestartableInitContainer(container) || isSame('Container', container, before)) continue
    for (const { restartPolicy } of container.resizePolicy ?? []) {
      if (restartPolicy !== 'RestartContainer') continue
      errors.push(
        forbidden(here, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'),
      )
    }
  }
  return errors
}

function isSame(struct: string, value: object, old: object): boolean {
  return semanticEqual(internalForm(struct, value), internalForm(struct, old))
}

/** The new spec with the old cpu and memory: what still differs may not. */
function withoutCompute(spec: PodSpec, old: PodSpec): PodSpec {
  const munged: PodSpec = {
    ...spec,
    containers: spec.containers.map((one, at) => withoutComputeOf(one, old.containers[at]!)),
  }
  if (spec.initContainers !== undefined) {
    munged.initContainers = spec.initContainers.map((one, at) => withoutComputeOf(one, old.initContainers![at]!))
  }
  const podLevel = withOldCompute(spec.resources, old.resources)
  if (old.resources === undefined && podLevel.limits === undefined && podLevel.requests === undefined)
    delete munged.resources
  else if (spec.resources !== undefined) munged.resources = podLevel
  return munged
}

function withoutComputeOf(container: Container, old: Container): Container {
  const { claims: _claims, ...resources } = withOldCompute(container.resources, old.resources)
  return { ...container, resources }
}

function withOldCompute(
  resources: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
): ResourceRequirements {
  const munged: ResourceRequirements = { ...resources }
  for (const list of ['limits', 'requests'] as const) {
    const others = Object.entries(resources?.[list] ?? {}).filter(([name]) => !isCompute(name))
    const kept = Object.entries(old?.[list] ?? {}).filter(([name]) => isCompute(name))
    if (others.length + kept.length > 0) munged[list] = Object.fromEntries([...others, ...kept])
    else delete munged[list]
  }
  return munged
}

function isCompute(name: string): boolean {
  return name === 'cpu' || name === 'memory'
}
