// RuntimeClass: a pod gets the overhead and the scheduling rules of its runtime class.
// Source: plugin/pkg/admission/runtimeclass, pkg/util/tolerations (v1.36)
import type { Pod, Toleration } from '../api/core.ts'
import type { RuntimeClass } from '../api/node.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import { newPlainError } from '../apimachinery/errors.ts'
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { nameIsPathSegment } from '../apimachinery/validation.ts'
import { forbiddenBy, isFor } from './forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',

  admit(attributes, reader) {
    if (!concerns(attributes)) return
    const spec = (attributes.object as Pod).spec
    if (spec === undefined) return
    const runtime = runtimeClassOf(attributes, spec.runtimeClassName, reader)
    if (runtime?.overhead !== undefined) {
      const { podFixed = {} } = runtime.overhead
      if (Object.keys(spec.overhead ?? {}).length > 0 && !sameResources(podFixed, spec.overhead))
        throw mismatch(attributes)
      spec.overhead = { ...podFixed }
    }
    if (runtime?.scheduling === undefined) return
    const { nodeSelector = {}, tolerations = [] } = runtime.scheduling
    for (const [key, value] of Object.entries(nodeSelector)) {
      const own = spec.nodeSelector?.[key]
      if (own === undefined || own === value) continue
      throw forbiddenBy(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    }
    if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector }
    const merged = mergeTolerations([...(spec.tolerations ?? []), ...copy(tolerations)])
    if (merged.length > 0) spec.tolerations = merged
  },

  validate(attributes, reader) {
    if (!concerns(attributes)) return
    const spec = (attributes.object as unknown as Frozen<Pod>).spec
    if (spec === undefined) return
    const runtime = runtimeClassOf(attributes, spec.runtimeClassName, reader)
    if (runtime?.overhead !== undefined) {
      if (!sameResources(runtime.overhead.podFixed, spec.overhead)) throw mismatch(attributes)
    } else if (spec.overhead !== undefined && Object.keys(spec.overhead).length > 0) {
      throw forbiddenBy(
        attributes,
        'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      )
    }
  },
}

function concerns(attributes: Attributes): boolean {
  return attributes.operation === 'CREATE' && isFor(attributes, '', 'pods') && attributes.object !== undefined
}

function mismatch(attributes: Attributes) {
  return forbiddenBy(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
}

function runtimeClassOf(attributes: Attributes, name: string | undefined, reader: AdmissionReader) {
  if (name === undefined) return undefined
  checkPathName(name)
  const found = reader.get('runtimeclasses.node.k8s.io', undefined, name) as Frozen<RuntimeClass> | undefined
  if (found === undefined) throw forbiddenBy(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

/** What upstream's client says of a name no path can hold. Source: client-go/rest, Request.Name. @throws StatusError 500 */
function checkPathName(name: string): void {
  if (name === '') throw newPlainError('resource name may not be empty')
  const problems = nameIsPathSegment(name, false)
  if (problems.length > 0) throw newPlainError(`invalid resource name ${JSON.stringify(name)}: [${problems.join(' ')}]`)
}

type Resources = Readonly<Record<string, string>> | undefined

function sameResources(a: Resources, b: Resources): boolean {
  const names = Object.keys(a ?? {})
  return (
    names.length === Object.keys(b ?? {}).length &&
    names.every((name) => {
      const other = b?.[name]
      return other !== undefined && compareQuantities(parseQuantity(a![name]!), parseQuantity(other)) === 0
    })
  )
}

/** Leaves out tolerations that another one covers. */
function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = []
  for (const [at, toleration] of all.entries()) {
    if (merged.some((one) => isSuperset(one, toleration))) continue
    const later = all.slice(at + 1)
    if (later.some((one) => !deepEqual(one, toleration) && isSuperset(one, toleration))) continue
    merged.push(toleration)
  }
  return merged
}

/** Whether `wide` tolerates all that `narrow` does. */
function isSuperset(wide: Toleration, narrow: Toleration): boolean {
  if (deepEqual(wide, narrow)) return true
  const everyKey = (wide.key ?? '') === '' && wide.operator === 'Exists'
  if ((narrow.key ?? '') !== (wide.key ?? '') && !everyKey) return false
  if ((wide.effect ?? '') !== '' && wide.effect !== narrow.effect) return false
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false
  }
  if (wide.operator === 'Exists') return true
  return narrow.operator === 'Equal' && (narrow.value ?? '') === (wide.value ?? '')
}
