// Bounds the memory in which V8 makes new objects.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Both halves. A request leaves nothing behind; more room holds its garbage longer, and leaves the processor's caches. */
const boundBytes = 32 * 1024 * 1024

/**
 * By itself V8 lets the space of new objects grow to 128 MB as soon as much is loaded at once, and keeps it. Its bound is a flag
 * of the command line, which nobody should have to give; how fast it grows is looked up at each collection.
 */
export function boundYoungGeneration(): void {
  let factor = 2
  const observer = new PerformanceObserver(() => {
    const wanted = youngBytes() < boundBytes ? 2 : 1
    if (wanted === factor) return
    factor = wanted
    setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  })
  observer.observe({ entryTypes: ['gc'] })
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}
