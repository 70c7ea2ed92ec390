// A stored object → the object as a version of its resource serves it.
import { copy } from '../apimachinery/equality.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Resource } from '../registry/resources.ts'
import type { Entry } from '../storage/store.ts'

/** The object as its version is served: of another version than the stored one it is converted. */
export function servedObject(resource: Resource, entry: Entry): Frozen<AnyObject> {
  if (resource.fromStored === undefined) return entry.object
  return entry.memo(
    convertedSlot(resource),
    () => resource.fromStored!(copy(entry.object) as AnyObject) as Frozen<AnyObject>,
  )
}

const convertedSlots = new WeakMap<Resource, symbol>()

function convertedSlot(resource: Resource): symbol {
  let slot = convertedSlots.get(resource)
  if (slot === undefined)
    convertedSlots.set(resource, (slot = Symbol(`as ${resource.facts.version} ${resource.facts.kind}`)))
  return slot
}
