// PodResizeValidator: a pod on a node can become no larger than the node, which has to run Linux.
// Source: plugin/pkg/admission/podresize (v1.36)
import type { Node, Pod } from '../api/core.ts'
import { podRequests } from '../api/pod-resources.ts'
import { compareQuantities, parseQuantity, quantityMilliValue, quantityValue } from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',

  validate(attributes, reader) {
    const { group, resource, subresource, object, oldObject } = attributes
    if (group !== '' || resource !== 'pods' || subresource !== 'resize') return
    const { spec, metadata } = object as Pod
    const nodeName = spec?.nodeName ?? ''
    if (spec === undefined || nodeName === '' || metadata?.generation === oldObject?.metadata?.generation) return
    const node = reader.get('nodes', undefined, nodeName) as Frozen<Node> | undefined
    if (node === undefined) throw forbiddenBy(attributes, `node ${JSON.stringify(nodeName)} not found`)
    const os = node.metadata?.labels?.['kubernetes.io/os'] ?? 'linux'
    if (os !== 'linux') {
      const why = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`
      throw forbiddenBy(attributes, why, [{ reason: 'UnsupportedPlatform' }])
    }
    const lacks = missing(podRequests(spec), node.status?.allocatable ?? {})
    if (lacks.length === 0) return
    const why = `node didn't have enough allocatable resources: ${lacks.join('; ')}`
    throw forbiddenBy(attributes, why, [{ reason: 'NodeCapacity' }])
  },
}

type Texts = Readonly<Record<string, string>>

/** `cpu, requested: 3000, allocatable: 2000`: thousandths of cpus, bytes of memory. */
function missing(requests: Texts, allocatable: Texts): string[] {
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const requested = parseQuantity(requests[name] ?? '0')
    const available = parseQuantity(allocatable[name] ?? '0')
    if (compareQuantities(requested, available) <= 0) return []
    const count = name === 'cpu' ? quantityMilliValue : quantityValue
    return [`${name}, requested: ${count(requested)}, allocatable: ${count(available)}`]
  })
}
