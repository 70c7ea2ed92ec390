// Finalizers that keep an object for as long as it is used.
// Source: kubernetes pkg/controller/util/protectionutil (v1.36)
import type { Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import { update, type Action } from '../client/action.ts'
import type { ResourceName } from '../client/client.ts'

/**
 * Gives the finalizer to an object that is not being deleted and lacks it (admission does so for new ones), and takes it
 * from one that is being deleted once `isUsed`, asked only then, says no.
 */
export function protect(
  resource: ResourceName,
  object: Frozen<Stored<KubeObject>>,
  finalizer: string,
  isUsed: () => boolean,
): readonly Action[] {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  const isProtected = finalizers.includes(finalizer)
  const write = (next: readonly string[]): readonly Action[] => [
    update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } }),
  ]
  if (deletionTimestamp === undefined) return isProtected ? [] : write([...finalizers, finalizer])
  return isProtected && !isUsed() ? write(finalizers.filter((each) => each !== finalizer)) : []
}
