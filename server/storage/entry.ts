// One version of a key: its JSON bytes and its decoded object, each made from the other when it is wanted.
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
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
  readonly json: Buffer
  #keeper: ObjectKeeper | undefined
  #object: Frozen<AnyObject> | undefined
  #weak: WeakRef<Frozen<AnyObject>> | undefined
  #memos: Map<symbol, unknown> | undefined
  /** Read since the keeper last looked. */
  #used = false

  /** Without a keeper (history) the object is held only weakly. */
  constructor(key: string, revision: number, createRevision: number, json: Buffer, keeper?: ObjectKeeper) {
    this.key = key
    this.revision = revision
    this.createRevision = createRevision
    this.json = json
    this.#keeper = keeper
  }

  /** The version that `object` becomes at `revision`. Copies only what it changes, and freezes all of it. */
  static fromObject(
    key: string,
    revision: number,
    createRevision: number,
    object: AnyObject,
    membersSorted: boolean,
    keeper?: ObjectKeeper,
  ): StoredEntry {
    const stamped = { ...object, metadata: stampMetadata(object.metadata ?? {}, String(revision), membersSorted) }
    const frozen = deepFreeze(stamped)
    const entry = new StoredEntry(key, revision, createRevision, encode(frozen), keeper)
    entry.#keep(frozen)
    return entry
  }

  get object(): Frozen<AnyObject> {
    if (this.#object !== undefined) {
      this.#used = true
      return this.#object
    }
    const object = this.#weak?.deref() ?? deepFreeze(JSON.parse(this.json.toString()) as AnyObject)
    this.#keep(object)
    return object
  }

  /** The object for a short look: it need not be frozen, and making it here does not make it stay. */
  peek(): Frozen<AnyObject> {
    return this.#object ?? (JSON.parse(this.json.toString()) as Frozen<AnyObject>)
  }

  memo<T>(slot: symbol, make: (entry: Entry) => T): T {
    const memos = (this.#memos ??= new Map())
    if (!memos.has(slot)) memos.set(slot, make(this))
    return memos.get(slot) as T
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

  /** The version is history: whoever reads it again holds it himself. */
  retire(): void {
    this.loosen()
    this.#keeper = undefined
  }

  /** For the keeper: holds the object only weakly from now on. */
  loosen(): void {
    if (this.#object === undefined) return
    this.#weak ??= new WeakRef(this.#object)
    this.#object = undefined
  }
}

/** Bytes of their own: in Node's shared pool, one object that stays would hold the memory of many that went. */
function encode(object: Frozen<AnyObject>): Buffer {
  const text = JSON.stringify(object)
  const json = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  json.write(text)
  return json
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
