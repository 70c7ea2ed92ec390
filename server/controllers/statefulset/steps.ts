// Things done one after the other, each with writes in between: what follows is handed down as a function.
import type { Action } from '../../client/action.ts'

/** What to do next, given whether the last step failed. */
export type Next = (error?: Error) => readonly Action[]
/** What to do next, given whether the others have to wait for this one (an error makes them wait too). */
export type Done = (wait: boolean, error?: Error) => readonly Action[]

/** At most so many side by side. */
const MAX_BATCH_SIZE = 500

interface Progress {
  readonly at: number
  /** Where the present group ends, and how many it holds. */
  readonly end: number
  readonly size: number
  readonly errors: readonly Error[]
  readonly stopped: boolean
}

/**
 * Takes a step for each item. In order: until one has others wait. Not in order: in groups of 1, 2, 4, …, until there
 * were errors in one; nothing has others wait.
 * Source: kubernetes pkg/controller/statefulset, runForAll, slowStartBatch (v1.36)
 */
export function forAll<T>(
  items: readonly T[],
  ordered: boolean,
  step: (item: T, done: Done) => readonly Action[],
  done: Done,
): readonly Action[] {
  const run = (start: Progress): readonly Action[] => {
    const actions: Action[] = []
    let progress = start
    // A step that writes nothing is done before it returns: a loop, as thousands of pods would be too deep for the stack.
    for (let item = items[progress.at]; item !== undefined && !progress.stopped; item = items[progress.at]) {
      const before = progress
      const inside: { running: boolean; progress?: Progress } = { running: true }
      const made = step(item, (wait, error) => {
        const after = advance(before, ordered, wait, error)
        if (!inside.running) return run(after)
        inside.progress = after
        return []
      })
      inside.running = false
      actions.push(...made)
      if (inside.progress === undefined) return actions
      progress = inside.progress
    }
    const error = joined(progress.errors)
    return [...actions, ...done(progress.stopped || error !== undefined, error)]
  }
  return run({ at: 0, end: 1, size: 1, errors: [], stopped: false })
}

function advance(before: Progress, ordered: boolean, wait: boolean, error: Error | undefined): Progress {
  const { end, size } = before
  const at = before.at + 1
  const errors = error === undefined ? before.errors : [...before.errors, error]
  if (ordered) return { at, end, size, errors, stopped: wait || error !== undefined }
  if (at < end) return { at, end, size, errors, stopped: false }
  const nextSize = Math.min(2 * size, MAX_BATCH_SIZE)
  return { at, end: end + nextSize, size: nextSize, errors, stopped: errors.length > 0 }
}

/** Several errors as one; what is said twice is said once. Source: apimachinery pkg/util/errors, NewAggregate */
export function joined(errors: readonly Error[]): Error | undefined {
  if (errors.length <= 1) return errors[0]
  const messages = [...new Set(errors.map(({ message }) => message))]
  return new Error(messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`)
}
