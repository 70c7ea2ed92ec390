// Metadata in updates of the status, where a kind lets none of it change.
// Source: apimachinery/pkg/apis/meta/v1, ResetObjectMetaForStatus (v1.36)
import { copy } from '../../apimachinery/equality.ts'
import type { KubeObject } from '../../apimachinery/types.ts'

export function resetObjectMetaForStatus(draft: KubeObject, old: KubeObject): void {
  const metadata = (draft.metadata ??= {})
  for (const name of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    delete metadata[name]
    const value = old.metadata?.[name]
    if (value !== undefined) Object.assign(metadata, { [name]: copy(value) })
  }
}
