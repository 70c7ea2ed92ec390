// The objects of a collection as a watch tells of them, to wait until they are as wanted.
import type { AnyObject } from '../../server/apimachinery/types.ts'
import type { Api, Watch } from './api.ts'

/** Real servers take long for some of it. */
const giveUpAfterMs = 600_000

export class Mirror<T extends AnyObject = AnyObject> {
  readonly #objects = new Map<string, T>()
  #watch: Watch | undefined
  #check: (() => void) | undefined

  /** @param collection may have a selector */
  static async of<T extends AnyObject = AnyObject>(api: Api, collection: string): Promise<Mirror<T>> {
    const mirror = new Mirror<T>()
    const { items, metadata } = (await api.must('GET', collection)) as AnyObject & { items: T[] }
    for (const object of items) mirror.#objects.set(keyOf(object), object)
    mirror.#watch = await api.watch(collection, metadata!.resourceVersion!, ({ type, object }) => {
      if (type === 'DELETED') mirror.#objects.delete(keyOf(object))
      else if (type !== 'BOOKMARK') mirror.#objects.set(keyOf(object), object as T)
      mirror.#check?.()
    })
    return mirror
  }

  get size(): number {
    return this.#objects.size
  }

  /** @throws Error after ten minutes */
  until(isGood: (objects: readonly T[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#check = undefined
        reject(new Error(`still not as wanted, with ${this.#objects.size} objects`))
      }, giveUpAfterMs)
      this.#check = () => {
        if (!isGood([...this.#objects.values()])) return
        clearTimeout(timer)
        this.#check = undefined
        resolve()
      }
      this.#check()
    })
  }

  close(): void {
    this.#watch?.close()
  }
}

function keyOf({ metadata }: AnyObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`
}
