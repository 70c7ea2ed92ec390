// JSON pointers (RFC 6901), with `*` for every segment. The leading slash may be left out.

type Container = Record<string, unknown> | unknown[]

function segments(pointer: string): string[] {
  const plain = pointer.replace(/^\//, '')
  return plain === '' ? [] : plain.split('/').map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function child(container: Container, key: string): unknown {
  if (Array.isArray(container)) return /^\d+$/.test(key) ? container[Number(key)] : undefined
  return Object.hasOwn(container, key) ? container[key] : undefined
}

/** Undefined: there is no such place. */
export function valueAt(document: unknown, pointer: string): unknown {
  return segments(pointer).reduce(
    (value: unknown, key) => (isContainer(value) ? child(value, key) : undefined),
    document,
  )
}

/** Calls `change` for every place that matches, the last of a list first, so that it may be removed. */
export function visit(document: unknown, pointer: string, change: (container: Container, key: string) => void): void {
  walk(document, segments(pointer), change)
}

function walk(value: unknown, [head, ...rest]: string[], change: (container: Container, key: string) => void): void {
  if (head === undefined || !isContainer(value)) return
  const keys = head === '*' ? Object.keys(value).toReversed() : child(value, head) === undefined ? [] : [head]
  for (const key of keys) {
    if (rest.length === 0) change(value, key)
    else walk(child(value, key), rest, change)
  }
}

export function removeAt(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(Number(key), 1)
  else delete container[key]
}

export function replaceAt(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container[Number(key)] = value
  else container[key] = value
}

/** Makes the objects on the way. Undefined takes the place away. @throws Error where the way leads through a plain value */
export function setAt(document: unknown, pointer: string, value: unknown): void {
  const way = segments(pointer)
  const last = way.pop()
  let container = document
  for (const key of way) {
    if (!isContainer(container)) break
    if (child(container, key) === undefined) replaceAt(container, key, {})
    container = child(container, key)
  }
  if (last === undefined || !isContainer(container)) throw new Error(`there is no place ${pointer}`)
  if (value === undefined) removeAt(container, last)
  else replaceAt(container, last, value)
}
