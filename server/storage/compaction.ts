// Forgets history: what is older than an interval, and what is more than a bound in bytes.
// Source: apiserver/pkg/storage/etcd3, compact (v1.36): every interval, up to the revision seen one interval ago.
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { CompactedError } from './store.ts'
import type { Store } from './store.ts'

export interface CompactionOptions {
  /** Default 5 minutes. History is kept for one to two intervals; 0: whatever its age. */
  readonly intervalMs?: number
  /** JSON bytes of events after which history is cut whatever its age. Default 128 MiB. */
  readonly maxHistoryBytes?: number
  /** A compaction failed; the next one is tried as if nothing had been. */
  readonly onError?: (error: unknown) => void
}

export interface Compaction {
  stop(): void
}

/** Events since a point in time, in bytes; several of them say where to cut. */
interface Mark {
  readonly revision: number
  /** Bytes of all events up to there, counted from the start. */
  readonly bytes: number
}

/** How many marks the bound is divided into. */
const markCount = 16

export function startCompaction(
  store: Store,
  clock: Clock,
  { intervalMs = 5 * 60_000, maxHistoryBytes = 128 * 1024 * 1024, onError = () => {} }: CompactionOptions = {},
): Compaction {
  let bytes = 0
  let seenRevision = store.revision
  let marks: Mark[] = [{ revision: store.revision, bytes: 0 }]
  let timer: Timer | undefined

  function compactTo(revision: number): void {
    marks = marks.filter((mark) => mark.revision > revision)
    if (revision <= store.compactedRevision) return
    store.compact(revision).catch((error: unknown) => {
      // Somebody else was faster.
      if (!(error instanceof CompactedError)) onError(error)
    })
  }

  function schedule(): void {
    if (intervalMs === 0) return
    timer = clock.after(intervalMs, () => {
      compactTo(seenRevision)
      seenRevision = store.revision
      schedule()
    })
  }

  const watch = store.subscribe('', {
    onEvents(events) {
      for (const { entry } of events) bytes += entry.bytes.length
      if (bytes - (marks.at(-1)?.bytes ?? 0) < maxHistoryBytes / markCount) return
      marks.push({ revision: events.at(-1)!.entry.revision, bytes })
      const cut = marks.findLast((mark) => bytes - mark.bytes >= maxHistoryBytes)
      if (cut !== undefined) compactTo(cut.revision)
    },
    onClose: () => timer?.cancel(),
  })
  schedule()

  return {
    stop() {
      timer?.cancel()
      watch.close()
    },
  }
}
