// Lists, sets and maps of limited size: a list that is too long is not looked into.
// Source: pkg/apis/resource/validation, validateSlice, validateSet, validateMap (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, tooMany } from '../../apimachinery/field.ts'

type Validator<T> = (item: T, path: FieldPath) => FieldError[]

export function validateSlice<T>(
  items: readonly T[] | undefined,
  maxSize: number,
  validateItem: Validator<T>,
  path: FieldPath,
): FieldError[] {
  const list = items ?? []
  if (list.length > maxSize) return [tooMany(path, list.length, maxSize)]
  return list.flatMap((item, at) => validateItem(item, path.index(at)))
}

/** @param keyOf what must differ between items; it is printed as the bad value */
export function validateSet<T>(
  items: readonly T[] | undefined,
  maxSize: number,
  validateItem: Validator<T>,
  keyOf: (item: T) => unknown,
  path: FieldPath,
  printKey: (item: T) => unknown = keyOf,
): FieldError[] {
  const list = items ?? []
  if (list.length > maxSize) return [tooMany(path, list.length, maxSize)]
  const seen = new Set<unknown>()
  return [
    ...list.flatMap((item, at) => validateItem(item, path.index(at))),
    ...list.flatMap((item, at) => {
      const key = keyOf(item)
      if (seen.has(key)) return [duplicate(path.index(at), printKey(item))]
      seen.add(key)
      return []
    }),
  ]
}

/** Keys longer than this are printed without their middle. */
export interface MapLimits {
  readonly maxSize?: number
  readonly maxKeyLength: number
}

export function validateMap<T>(
  map: Readonly<Record<string, T>> | undefined,
  { maxSize = Infinity, maxKeyLength }: MapLimits,
  validateKey: Validator<string>,
  validateItem: Validator<T>,
  path: FieldPath,
): FieldError[] {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length > maxSize) return [tooMany(path, entries.length, maxSize)]
  return entries.flatMap(([key, item]) => [
    ...validateKey(key, path),
    ...validateItem(item, path.key(shorten(key, maxKeyLength))),
  ])
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const remaining = maxLength - '...'.length
  return `${text.slice(0, Math.ceil(remaining / 2))}...${text.slice(text.length - Math.floor(remaining / 2))}`
}
