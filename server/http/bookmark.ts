// Bookmarks: objects that say nothing but how far a watch has come.
import { decodeObject } from '../../openapi/decode.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { StreamEvent } from '../endpoints/api.ts'
import type { Resource } from '../registry/resources.ts'

export type Bookmark = StreamEvent & { readonly type: 'BOOKMARK' }

/** An object of the kind with a revision alone, and so with the members that Go always prints. */
export function bookmark({ facts, schema }: Resource, { revision, initialEventsEnd }: Bookmark): AnyObject {
  const { object } = decodeObject(schema, {
    kind: facts.kind,
    apiVersion: formatGroupVersion(facts),
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  })
  if (facts.group === 'apps') addConverted(object)
  return object
}

/**
 * Numbers that are plain in the real server's own form of a kind, and may be absent in the served one, are there.
 * Source: pkg/apis/apps/v1, conversion.go (v1.36)
 */
function addConverted(object: AnyObject): void {
  if (['Deployment', 'ReplicaSet', 'StatefulSet'].includes(object.kind ?? '')) {
    const { spec } = object as { spec?: object }
    object['spec'] = { replicas: 0, ...spec }
  }
  if (object.kind === 'DaemonSet') {
    const annotations = { 'deprecated.daemonset.template.generation': '0', ...object.metadata?.annotations }
    object.metadata = { ...object.metadata, annotations }
  }
}
