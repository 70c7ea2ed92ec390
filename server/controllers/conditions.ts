// Lists of status conditions: finding, setting and removing by type; the lists are frozen, new ones are answered.

interface Typed {
  readonly type: string
}

export function findCondition<C extends Typed>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function withoutCondition<C extends Typed>(conditions: readonly C[] | undefined, type: string): readonly C[] {
  return conditions?.filter((condition) => condition.type !== type) ?? []
}

/** The members that are not zero: what Go's omitempty leaves of counters. */
export function nonZero<T extends Record<string, number>>(counters: T): Partial<T> {
  return Object.fromEntries(Object.entries(counters).filter(([, value]) => value !== 0)) as Partial<T>
}
