// POST on a pod's binding: gives an unscheduled pod its node.
// Source: pkg/registry/core/pod/storage, BindingREST (v1.36)
import { formatTime } from '../apimachinery/clock.ts'
import { newBadRequest, newConflict, newPlainError, successStatus } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import { isPathSegmentName } from '../apimachinery/formats.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { field, notSupported, required, type FieldError } from '../apimachinery/field.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Binding, Pod } from '../api/core.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { admitted, validating } from './admission.ts'
import { writeContext, type Answer, type Api, type Scope } from './api.ts'
import { setNamespace } from './create.ts'
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
  setNamespace(binding, scope)
  const boundName = binding.metadata?.name ?? ''
  const name = scope.name === '' ? boundName : scope.name
  if (boundName !== name) throw newBadRequest('name in URL does not match name in Binding object')
  const nodeName = targetOf(binding)
  checkPodName(name)
  await admitted(api, scope, binding, undefined, options.dryRun)
  await validating(api, scope, options.dryRun)(binding, undefined)
  const { uid, resourceVersion, annotations, labels } = binding.metadata ?? {}
  const pods = api.resources.get('', 'v1', 'pods')!
  await pods.store!.update(
    writeContext(api, { ...scope, resource: pods }, options.dryRun),
    name,
    (current) => {
      const pod = draftOf(current!.object as Frozen<Pod & AnyObject>)
      const refuse = (why: string) => newConflict({ group: '', resource: 'pods/binding' }, name, why)
      if (pod.metadata?.deletionTimestamp !== undefined)
        throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
      const assigned = pod.spec?.nodeName ?? ''
      if (assigned !== '') throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(assigned)}`)
      const gates = pod.spec?.schedulingGates ?? []
      if (gates.length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
      pod.spec!.nodeName = nodeName
      delete pod.status?.nominatedNodeName
      if (annotations !== undefined) pod.metadata!.annotations = { ...pod.metadata!.annotations, ...annotations }
      if (labels !== undefined) pod.metadata!.labels = { ...pod.metadata!.labels, ...labels }
      markScheduled(pod, api.clock.now())
      return pod
    },
    {
      subresource: 'binding',
      preconditions: { uid: (scope.name !== '' && uid) || undefined, resourceVersion: resourceVersion || undefined },
    },
  )
  return { type: 'status', status: { ...successStatus(), code: 201 } }
}

/** What a binding changes is copied, the rest shared. */
function draftOf(pod: Frozen<Pod & AnyObject>): Pod & AnyObject {
  const { metadata, spec, status } = pod
  const copied = {
    metadata: { ...metadata },
    spec: { ...spec },
    ...(status === undefined ? {} : { status: copy(status) }),
  }
  return { ...pod, ...copied } as Pod & AnyObject
}

/** A body may name what no path could. @throws StatusError 400 */
function checkPodName(name: string): void {
  if (name === '') throw newBadRequest('Name parameter required.')
  const problems = isPathSegmentName(name)
  if (problems.length > 0) throw newBadRequest(`Name parameter invalid: ${quote(name)}: ${problems.join(';')}`)
}

/** The name of the node. @throws StatusError 500: what is wrong is not dressed */
function targetOf({ target }: Binding): string {
  const { kind = '', name = '' } = target ?? {}
  const errors: FieldError[] = []
  if (kind !== '' && kind !== 'Node') errors.push(notSupported(field('target', 'kind'), kind, ['Node', '<empty>']))
  if (name === '') errors.push(required(field('target', 'name')))
  const texts = errors.map((error) => `${error.field}: ${error.message}`)
  if (texts.length > 0) throw newPlainError(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`)
  return name
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
    delete condition.observedGeneration
  }
}
