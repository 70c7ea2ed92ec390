// The protobuf form of stored objects: made once for each version of an object, whoever asks for it, and never copied.
import type { AnyObject } from '../apimachinery/types.ts'
import type { Entry } from '../storage/store.ts'
import { encodeMessage } from './codec/protobuf.ts'

const slot = Symbol('protobuf message')

/** The bare message, without envelope. */
export function storedMessage(entry: Entry): Uint8Array {
  return entry.memo(slot, ({ object }) => encodeMessage(object as AnyObject))
}
