// Entries that are answered but were never stored as they are: computed objects, dry runs, and old states that a watch shows once more.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { toBuffer, utf8Of, type ByteString } from '../storage/byte-string.ts'
import type { Entry } from '../storage/store.ts'

class TransientEntry implements Entry {
  readonly key: string
  readonly revision: number
  readonly createRevision: number
  readonly object: Frozen<AnyObject>
  readonly #memo = new Map<symbol, unknown>()
  #bytes: ByteString | undefined

  constructor(key: string, object: Frozen<AnyObject>, revision: number, createRevision: number) {
    this.key = key
    this.object = object
    this.revision = revision
    this.createRevision = createRevision
  }

  get bytes(): ByteString {
    return (this.#bytes ??= utf8Of(JSON.stringify(this.object)))
  }

  get json(): Buffer {
    return toBuffer(this.bytes)
  }

  peek(): Frozen<AnyObject> {
    return this.object
  }

  memo<T>(slot: symbol, make: (entry: Entry) => T): T {
    if (!this.#memo.has(slot)) this.#memo.set(slot, make(this))
    return this.#memo.get(slot) as T
  }
}

/** What is computed when it is asked for, and never stored. */
export function computedEntry(key: string, object: AnyObject): Entry {
  return new TransientEntry(key, object as Frozen<AnyObject>, 0, 0)
}

/** What a dry run answers; it has the revision of what is there, or none. */
export function dryRunEntry(key: string, object: AnyObject, current: Entry | undefined): Entry {
  if (current !== undefined) object.metadata!.resourceVersion = String(current.revision)
  return new TransientEntry(key, object as Frozen<AnyObject>, current?.revision ?? 0, current?.createRevision ?? 0)
}

const withRevisionSlot = Symbol('previous state at this revision')

/** The state before `event`, with the revision of the event: what a watcher sees when an object leaves its selection. */
export function previousAt(event: Entry, previous: Entry): Entry {
  return event.memo(withRevisionSlot, () => {
    const object = {
      ...previous.object,
      metadata: { ...previous.object.metadata, resourceVersion: String(event.revision) },
    }
    return new TransientEntry(event.key, object, event.revision, event.createRevision)
  })
}
