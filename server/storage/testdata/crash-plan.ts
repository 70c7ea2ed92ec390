// What each writer of the crash test does at each step, and how to tell from what is stored how far it came.
import { createHash } from 'node:crypto'
import type { AnyObject } from '../../apimachinery/types.ts'

export const writerCount = 8
const keysPerWriter = 10

export interface Operation {
  readonly key: string
  /** Undefined: the key is deleted. */
  readonly object: AnyObject | undefined
}

/** Two writes to each of the writer's keys, then its deletion, over and over. */
export function operationAt(writer: number, sequence: number): Operation {
  const key = `/crash/${writer}/${sequence % keysPerWriter}`
  const isDeletion = Math.floor(sequence / keysPerWriter) % 3 === 2
  if (isDeletion) return { key, object: undefined }
  const filler = 'x'.repeat((sequence * 977 + writer * 131) % 20_000)
  return { key, object: { writer, sequence, filler, check: checksum(writer, sequence, filler), metadata: {} } }
}

/** Whether a stored object is one that was written, whole. */
export function isWhole({ writer, sequence, filler, check }: Readonly<Record<string, unknown>>): boolean {
  return check === checksum(Number(writer), Number(sequence), String(filler))
}

function checksum(writer: number, sequence: number, filler: string): string {
  return createHash('sha256').update(`${writer} ${sequence} ${filler}`).digest('hex')
}

/** What a writer's keys hold once its operations below `sequence` are done: the number of the last write, by key. */
export function stateBefore(writer: number, sequence: number): Map<string, number> {
  const state = new Map<string, number>()
  for (let at = Math.max(0, sequence - 3 * keysPerWriter); at < sequence; at++) {
    const { key, object } = operationAt(writer, at)
    if (object === undefined) state.delete(key)
    else state.set(key, at)
  }
  return state
}
