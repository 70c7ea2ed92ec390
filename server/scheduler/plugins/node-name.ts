// A pod that names its node goes there or nowhere.
import type { FilterPlugin } from '../framework.ts'

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  isLocal: true,
  prepare({ pod }) {
    const wanted = pod.spec?.nodeName ?? ''
    if (wanted === '') return undefined
    const rejection = { resolvable: false, reasons: ["node(s) didn't match the requested node name"] }
    return { filter: ({ node }) => (node.metadata.name === wanted ? undefined : rejection) }
  },
  mayHelp: (event) => event.kind === 'NodeAdded',
}
