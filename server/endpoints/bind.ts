// POST on a pod's binding: gives an unscheduled pod its node.
// Source: pkg/registry/core/pod/storage, BindingREST (v1.36)
import { formatTime } from '../apimachinery/clock.ts'
import { newBadRequest, newConflict, newPlainError, successStatus } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { Binding, Pod } from '../api/core.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { writeContext, type Answer, type Api, type Scope } from './api.ts'
import { decodeAs, type Body } from './decode.ts'
import { parseWriteOptions } from './options.ts'

/** @param scope the pod; for `/bindings` the name comes from the body */
export async function bind(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const schema = typeByName('io.k8s.api.core.v1.Binding') as StructSchema
  const expected = { group: '', version: 'v1', kind: 'Binding' }
  const binding = decodeAs(schema, expected, body, {
    fieldValidation: options.fieldValidation,
    warn: scope.warn,
  }) as Binding & AnyObject
  const name = scope.name === '' ? (binding.metadata?.name ?? '') : scope.name
  if (binding.metadata?.name !== name) throw newBadRequest('name in URL does not match name in Binding object')
  const { target } = binding
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    throw newPlainError(
      `target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`,
    )
  }
  const nodeName = target.name ?? ''
  if (nodeName === '') throw newPlainError('target.name: Required value')
  const pods = api.resources.get('', 'v1', 'pods')!
  await pods.store!.update(
    writeContext(api, { ...scope, resource: pods }, options.dryRun),
    name,
    (current) => {
      const pod = copy(current!.object) as Pod & AnyObject
      const refuse = (why: string) => newConflict({ group: '', resource: 'pods/binding' }, name, why)
      if (pod.metadata?.deletionTimestamp !== undefined)
        throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
      const assigned = pod.spec?.nodeName ?? ''
      if (assigned !== '') throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(assigned)}`)
      const gates = pod.spec?.schedulingGates ?? []
      if (gates.length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
      pod.spec!.nodeName = nodeName
      const { uid, resourceVersion, annotations } = binding.metadata ?? {}
      if (uid !== undefined && uid !== '' && uid !== pod.metadata!.uid)
        throw refuse(
          `the UID in the precondition (${uid}) does not match the UID in record (${pod.metadata!.uid}). The object might have been deleted and then recreated`,
        )
      if (resourceVersion !== undefined && resourceVersion !== '') pod.metadata!.resourceVersion = resourceVersion
      if (annotations !== undefined) pod.metadata!.annotations = { ...pod.metadata!.annotations, ...annotations }
      markScheduled(pod, api.clock.now())
      return pod
    },
    { subresource: 'binding' },
  )
  return { type: 'status', status: { ...successStatus(), code: 201 } }
}

function markScheduled(pod: Pod, now: number): void {
  const status = (pod.status ??= {})
  const conditions = (status.conditions ??= [])
  const condition = conditions.find((one) => one.type === 'PodScheduled')
  if (condition === undefined)
    conditions.push({ type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(now) })
  else if (condition.status !== 'True') {
    condition.status = 'True'
    condition.lastTransitionTime = formatTime(now)
    delete condition.reason
    delete condition.message
  }
}
