// One version of a key: its JSON bytes and its decoded object, each made from the other when it is wanted.
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
import { textOf, toBuffer, type ByteString } from './byte-string.ts'
import { encodeObject, type EncodedVersion } from './entry-json.ts'
import type { Entry } from './store.ts'

/** Decides whose objects stay in memory. */
export interface ObjectKeeper {
  /** The entry holds its object now, and lets go of it when `loosen` is called. */
  hold(entry: StoredEntry): void
}

/**
 * The bytes stay; the object may go. The keeper (DecodedCache) holds the objects of entries in use; when it lets go of one, the
 * entry still finds it for as long as somebody else holds it, and parses the bytes again after that.
 */
export class StoredEntry implements Entry {
  readonly key: string
  readonly revision: number
  readonly createRevision: number
  readonly bytes: ByteString
  #keeper: ObjectKeeper | undefined
  #object: Frozen<AnyObject> | undefined
  #weak: WeakRef<Frozen<AnyObject>> | undefined
  /** Slots and what is in them, by turns: there are few. */
  #memos: unknown[] | undefined
  /** Read since the keeper last looked. */
  #used = false
  /** See EncodedObject; 0 while nobody knows. */
  #tailAt = 0
  #secondAt = 0

  /** Without a keeper (history) the object is held only weakly. */
  constructor(key: string, revision: number, createRevision: number, bytes: ByteString, keeper?: ObjectKeeper) {
    this.key = key
    this.revision = revision
    this.createRevision = createRevision
    this.bytes = bytes
    this.#keeper = keeper
  }

  /**
   * The version that `object` becomes at `revision`. Copies only what it changes, and freezes all of it.
   * @param old the version before: what both share is not made into bytes again
   */
  static fromObject(
    key: string,
    revision: number,
    createRevision: number,
    object: AnyObject,
    membersSorted: boolean,
    keeper?: ObjectKeeper,
    old?: Entry,
  ): StoredEntry {
    const stamped = { ...object, metadata: stampMetadata(object.metadata ?? {}, String(revision), membersSorted) }
    const frozen = deepFreeze(stamped)
    const { bytes, tailAt, secondAt } = encodeObject(frozen, old instanceof StoredEntry ? old.#encoded() : undefined)
    const entry = new StoredEntry(key, revision, createRevision, bytes, keeper)
    entry.#tailAt = tailAt
    entry.#secondAt = secondAt
    entry.#keep(frozen)
    return entry
  }

  #encoded(): EncodedVersion | undefined {
    const object = this.#object ?? this.#weak?.deref()
    if (object === undefined || this.#tailAt === 0) return undefined
    return { object, bytes: this.bytes, tailAt: this.#tailAt, secondAt: this.#secondAt }
  }

  get json(): Buffer {
    return toBuffer(this.bytes)
  }

  get object(): Frozen<AnyObject> {
    if (this.#object !== undefined) {
      this.#used = true
      return this.#object
    }
    const object = this.#weak?.deref() ?? deepFreeze(JSON.parse(textOf(this.bytes)) as AnyObject)
    this.#keep(object)
    return object
  }

  peek(): Frozen<AnyObject> {
    return this.#object ?? this.#weak?.deref() ?? (JSON.parse(textOf(this.bytes)) as Frozen<AnyObject>)
  }

  memo<T>(slot: symbol, make: (entry: Entry) => T): T {
    const at = this.#memos?.indexOf(slot) ?? -1
    if (at >= 0) return this.#memos![at + 1] as T
    const made = make(this)
    ;(this.#memos ??= []).push(slot, made)
    return made
  }

  #keep(object: Frozen<AnyObject>): void {
    if (this.#keeper === undefined) {
      this.#weak = new WeakRef(object)
      return
    }
    this.#object = object
    this.#used = true
    this.#keeper.hold(this)
  }

  /** For the keeper: whether the object was read since the last call. */
  takeUsed(): boolean {
    const used = this.#used
    this.#used = false
    return used
  }

  /** The version is history: whoever reads it again holds it himself, and makes other encodings anew. */
  retire(): void {
    this.loosen()
    this.#keeper = undefined
    this.#memos = undefined
  }

  /** For the keeper: holds the object only weakly from now on. */
  loosen(): void {
    if (this.#object === undefined) return
    this.#weak ??= new WeakRef(this.#object)
    this.#object = undefined
  }
}

/** metadata in the order of the Go struct. Source: apimachinery/pkg/apis/meta/v1, ObjectMeta (v1.36) */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[]

function stampMetadata(metadata: ObjectMeta, resourceVersion: string, sorted: boolean): ObjectMeta {
  const source: Record<string, unknown> = { ...metadata, resourceVersion }
  const stamped: Record<string, unknown> = {}
  if (sorted) {
    for (const name of Object.keys(source).sort()) stamped[name] = source[name]
    return stamped
  }
  for (const name of metadataOrder) {
    if (source[name] !== undefined) stamped[name] = source[name]
  }
  for (const name in source) {
    if (source[name] !== undefined) stamped[name] = source[name]
  }
  return stamped
}

/** Freezes all the way down. What is frozen already is taken to be so all the way, too: versions share their parts. */
function deepFreeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) deepFreeze(value[at])
    } else {
      for (const member in value) deepFreeze(value[member])
    }
  }
  return value as Frozen<T>
}
