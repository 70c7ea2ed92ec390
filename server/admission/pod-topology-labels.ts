// PodTopologyLabels: a pod on a node, or bound to one, carries the node's zone and region as labels.
// Source: plugin/pkg/admission/podtopologylabels (v1.36)
import type { Binding, Pod } from '../api/core.ts'
import type { AdmissionPlugin } from './plugin.ts'

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',

  admit({ operation, group, resource, subresource, object }, reader) {
    if (operation !== 'CREATE' || group !== '' || resource !== 'pods' || object === undefined) return
    const node =
      subresource === ''
        ? (object as Pod).spec?.nodeName
        : subresource === 'binding'
          ? boundNode(object as unknown as Binding)
          : undefined
    if (node === undefined || node === '') return
    const all = reader.get('nodes', undefined, node)?.metadata?.labels ?? {}
    const labels = topologyLabels.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))
    if (labels.length === 0) return
    const meta = (object.metadata ??= {})
    meta.labels = { ...meta.labels, ...Object.fromEntries(labels) }
  },
}

function boundNode({ target }: Binding): string | undefined {
  return target.kind === 'Node' ? target.name : undefined
}
