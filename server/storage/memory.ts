// The engine without a disk: history is the ring itself, and goes only by compaction.
import { DecodedCache } from './decoded-cache.ts'
import type { Log } from './log.ts'
import { MvccStore, type CommitObserver } from './mvcc.ts'
import type { Store, StoreEvent } from './store.ts'

/** Keeps nothing: the ring of the core, without a bound here, has all events since the last compaction. */
class NoLog implements Log {
  append(): Promise<void> {
    return Promise.resolve()
  }

  async *events(): AsyncGenerator<readonly StoreEvent[], void> {}

  compact(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** A store that lives as long as the process, and is empty at first. */
export function openMemoryStore({ onCommit }: { readonly onCommit?: CommitObserver } = {}): Store {
  return new MvccStore({
    log: new NoLog(),
    decoded: new DecodedCache(),
    ringSize: Number.POSITIVE_INFINITY,
    ringBytes: Number.POSITIVE_INFINITY,
    onCommit,
  })
}
