// Whether what concurrent clients were answered could have been answered by one who did one thing after the other, each
// between its call and its return. Bounded: meant for histories of some dozens of operations.
// Source: Wing and Gong, Testing and verifying concurrent objects (1993); Lowe's cache of visited states, as in Porcupine

/** One operation of a history; times count up. */
export interface Operation<Call, Result> {
  readonly called: number
  readonly returned: number
  readonly call: Call
  readonly result: Result
}

/** What one who does one thing after the other does. */
export interface Model<State, Call, Result> {
  readonly initial: State
  /** The state after the operation; undefined if it could not have had this result in this state. */
  step(state: State, call: Call, result: Result): State | undefined
  /** Equal states have equal keys. */
  key(state: State): string
}

export function isLinearizable<State, Call, Result>(
  model: Model<State, Call, Result>,
  history: readonly Operation<Call, Result>[],
): boolean {
  const visited = new Set<string>()
  const done = new Array<boolean>(history.length).fill(false)

  const search = (state: State, left: number): boolean => {
    if (left === 0) return true
    const place = `${done.map(Number).join('')} ${model.key(state)}`
    if (visited.has(place)) return false
    visited.add(place)
    // Next may be what was called before anything that is left had returned.
    const latest = Math.min(...history.flatMap(({ returned }, at) => (done[at] ? [] : [returned])))
    return history.some((operation, at) => {
      if (done[at] || operation.called > latest) return false
      const next = model.step(state, operation.call, operation.result)
      if (next === undefined) return false
      done[at] = true
      const isFound = search(next, left - 1)
      done[at] = false
      return isFound
    })
  }
  return search(model.initial, history.length)
}
