// The events of a watch: taken out of the stream, and those of them that are compared.
import type { WatchLimits } from './case-file.ts'
import { describeEvent } from './protobuf.ts'

export interface WatchEvent {
  readonly type?: string
  readonly object?: { readonly metadata?: { readonly annotations?: unknown } }
}

/** Source: apimachinery/pkg/util/framer, NewJSONFramedReader (v1.36): one object a line. */
export function jsonLines(): (chunk: Buffer) => WatchEvent[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf('\n') + 1
    rest = bytes.subarray(end)
    const lines = bytes.subarray(0, end).toString().split('\n')
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as WatchEvent)
  }
}

/** Source: apimachinery/pkg/util/framer, NewLengthDelimitedFrameReader (v1.36): four bytes of length, big endian. */
export function protobufFrames(): (chunk: Buffer) => WatchEvent[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const events: WatchEvent[] = []
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0)
      events.push(describeEvent(rest.subarray(4, end)))
      rest = rest.subarray(end)
    }
    return events
  }
}

export function isBookmark(event: WatchEvent): boolean {
  return event.type === 'BOOKMARK'
}

/** Bookmarks without annotations come when the server likes: kept only where they are waited for, and one of a row. */
export function significant(events: readonly WatchEvent[], until: WatchLimits['until']): WatchEvent[] {
  const isPeriodic = (event: WatchEvent): boolean =>
    isBookmark(event) && Object.keys(event.object?.metadata?.annotations ?? {}).length === 0
  const kept = until === undefined ? events.filter((event) => !isPeriodic(event)) : events
  return kept.filter((event, at) => {
    const before = kept[at - 1]
    return before === undefined || !isPeriodic(event) || !isPeriodic(before)
  })
}
