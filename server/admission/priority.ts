// Priority: the number behind a pod's priority class; at most one class is the default.
// Source: plugin/pkg/admission/priority (v1.36)
import type { Pod } from '../api/core.ts'
import type { PriorityClass } from '../api/scheduling.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy, isFor } from './forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'

const priorityClasses = 'priorityclasses.scheduling.k8s.io'

const systemClasses = new Set(['system-node-critical', 'system-cluster-critical'])

export const priority: AdmissionPlugin = {
  name: 'Priority',

  admit(attributes, reader) {
    if (!isFor(attributes, '', 'pods') || attributes.object === undefined) return
    const { spec } = attributes.object as Pod
    if (spec === undefined) return
    if (attributes.operation === 'UPDATE') {
      const old = (attributes.oldObject as Frozen<Pod> | undefined)?.spec
      if (spec.priority === undefined && old?.priority !== undefined) spec.priority = old.priority
      if (spec.preemptionPolicy === undefined && old?.preemptionPolicy !== undefined) {
        spec.preemptionPolicy = old.preemptionPolicy
      }
    } else if (attributes.operation === 'CREATE') {
      const computed = establishPriority(attributes, spec.priorityClassName ?? '', reader)
      if (computed.name !== '') spec.priorityClassName = computed.name
      if (spec.priority !== undefined && spec.priority !== computed.value) {
        throw forbiddenBy(
          attributes,
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${computed.value} from the given PriorityClass name`,
        )
      }
      spec.priority = computed.value
      const { preemptionPolicy } = computed
      if (preemptionPolicy === undefined) return
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
        throw forbiddenBy(
          attributes,
          `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
        )
      }
      spec.preemptionPolicy = preemptionPolicy
    }
  },

  validate(attributes, reader) {
    if (attributes.operation === 'DELETE' && isFor(attributes, 'scheduling.k8s.io', 'priorityclasses')) {
      if (!systemClasses.has(attributes.name)) return
      // Upstream refuses this where classes are stored, with the words of a plugin.
      throw forbiddenBy(attributes, 'this is a system priority class and cannot be deleted')
    }
    if (!isFor(attributes, 'scheduling.k8s.io', 'priorityclasses') || attributes.object === undefined) return
    if (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE') return
    const priorityClass = attributes.object as unknown as Frozen<PriorityClass>
    if (priorityClass.globalDefault !== true) return
    const current = defaultClass(reader)
    if (current === undefined) return
    const name = current.metadata?.name ?? ''
    if (attributes.operation === 'UPDATE' && name === priorityClass.metadata?.name) return
    throw forbiddenBy(attributes, `PriorityClass ${name} is already marked as default. Only one default can exist`)
  },
}

interface Established {
  readonly name: string
  readonly value: number
  readonly preemptionPolicy: string | undefined
}

function establishPriority(attributes: Attributes, name: string, reader: AdmissionReader): Established {
  if (name === '') {
    const found = defaultClass(reader)
    if (found === undefined) return { name: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' }
    return { name: found.metadata?.name ?? '', value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy }
  }
  const found = reader.get(priorityClasses, undefined, name) as Frozen<PriorityClass> | undefined
  if (found === undefined) throw forbiddenBy(attributes, `no PriorityClass with name ${name} was found`)
  return { name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy }
}

/** If several claim to be, the one with the lowest value. */
function defaultClass(reader: AdmissionReader): Frozen<PriorityClass> | undefined {
  const classes = reader.list(priorityClasses) as unknown as readonly Frozen<PriorityClass>[]
  return classes.filter((one) => one.globalDefault === true).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
}
