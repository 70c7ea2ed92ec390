// The protobuf form of stored objects: made once for each version of an object, whoever asks for it.
import type { AnyObject } from '../apimachinery/types.ts'
import { byteString, type ByteString } from '../storage/byte-string.ts'
import type { Entry } from '../storage/store.ts'
import { encodeMessage } from './codec/protobuf.ts'

const slot = Symbol('protobuf message')

/** The bare message, without envelope. */
export function storedMessage(entry: Entry): ByteString {
  return entry.memo(slot, () => byteString(encodeMessage(entry.peek() as AnyObject)))
}

/** How long messages are made before others have their turn. Milliseconds. */
const sliceMs = 10

/** Makes the messages of many objects, those that are not there yet. */
export async function prepareMessages(entries: readonly Entry[]): Promise<void> {
  let until = performance.now() + sliceMs
  for (const [at, entry] of entries.entries()) {
    storedMessage(entry)
    if (at % 32 !== 0 || performance.now() < until) continue
    await new Promise((resolve) => setImmediate(resolve))
    until = performance.now() + sliceMs
  }
}
