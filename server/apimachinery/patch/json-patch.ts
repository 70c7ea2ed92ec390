// JSON patch (RFC 6902), as lenient and as strict as the real server's: `replace` of a missing member adds it, negative
// indexes count from the end, copying what is not there copies null.
// Source: gopkg.in/evanphx/json-patch.v4, Patch.Apply; apiserver/pkg/endpoints/handlers/patch.go (v1.36)
import { copy, deepEqual } from '../equality.ts'
import { newBadRequest, newRequestEntityTooLarge } from '../errors.ts'
import { jsonTypeOf, newUnprocessablePatch } from './errors.ts'

/** Members may be missing: what that means depends on the operation. */
export interface JsonPatchOperation {
  readonly op?: string | undefined
  readonly path?: string | undefined
  readonly from?: string | undefined
  readonly value?: unknown
}

const maxOperations = 10_000

/** @throws StatusError 400 for what is no list of operations, 413 for one that is too long */
export function parseJsonPatch(patch: unknown): JsonPatchOperation[] {
  const wrong = (what: unknown, where: string) =>
    newBadRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeOf(what)} into Go ${where}`)
  if (patch === null) return []
  if (!Array.isArray(patch)) throw wrong(patch, 'value of type []handlers.jsonPatchOp')
  const operations = patch.map((operation: unknown) => {
    if (operation === null) return {}
    if (typeof operation !== 'object' || Array.isArray(operation))
      throw wrong(operation, 'value of type handlers.jsonPatchOp')
    const members = operation as Record<string, unknown>
    const text = (name: string) => {
      const member = members[name]
      if (member === undefined || member === null || typeof member === 'string') return member ?? undefined
      throw wrong(member, `struct field jsonPatchOp.${name} of type string`)
    }
    return { op: text('op'), path: text('path'), from: text('from'), value: members['value'] ?? null }
  })
  if (operations.length > maxOperations) {
    throw newRequestEntityTooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    )
  }
  return operations
}

/**
 * The patched document: new where it differs, shared with `document` (which may be frozen) where it does not. Objects
 * the patch went through have their members in alphabetical order, as a real server's have: error texts show it.
 * @throws StatusError 422 if an operation does not apply
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const draft = new Draft(document)
  for (const operation of operations) applyOperation(draft, operation)
  return draft.finish()
}

function applyOperation(draft: Draft, { op, path, from, value = null }: JsonPatchOperation): void {
  if (path === undefined) throw newUnprocessablePatch(`${op} operation has no path`)
  switch (op) {
    case 'add':
      draft.add(path, value)
      return
    case 'remove':
      draft.remove(path)
      return
    case 'replace':
      draft.replace(path, value)
      return
    case 'move': {
      const moved = draft.get(source(from))
      draft.remove(from!)
      draft.add(path, moved)
      return
    }
    case 'copy':
      draft.add(path, copy(draft.get(source(from))))
      return
    case 'test':
      if (!deepEqual(path === '' ? draft.root : draft.get(path), value))
        throw newUnprocessablePatch(`testing value ${path} failed`)
      return
    default:
      throw newUnprocessablePatch(`Unexpected kind: ${op}`)
  }
}

function source(from: string | undefined): string {
  if (from === undefined) throw newUnprocessablePatch('operation has no from')
  return from
}

type Container = Record<string, unknown> | unknown[]

/** A document under change: each container is copied once, when it is first changed. */
class Draft {
  #root: unknown
  /** Containers that are this draft's own. */
  readonly #own = new Set<object>()

  constructor(document: unknown) {
    this.#root = document
  }

  get root(): unknown {
    return this.#root
  }

  finish(): unknown {
    for (const container of this.#own) if (!Array.isArray(container)) sortMembers(container as Record<string, unknown>)
    return this.#root
  }

  /** Null for a member that is not there; a missing element is an error. */
  get(path: string): unknown {
    const { parents, key } = split(path)
    let container: unknown = this.#root
    for (const part of parents) container = child(container, part, path)
    if (Array.isArray(container)) return container[existingIndex(container, key)]
    return memberOf(containerOf(container, path) as Record<string, unknown>, key)
  }

  add(path: string, value: unknown): void {
    const { container, key } = this.#open(path)
    if (!Array.isArray(container)) setMember(container, key, value)
    else if (key === '-') container.push(value)
    else container.splice(indexOf(key, container.length + 1, true), 0, value)
  }

  remove(path: string): void {
    const { container, key } = this.#open(path)
    if (Array.isArray(container)) container.splice(existingIndex(container, key), 1)
    else if (Object.hasOwn(container, key)) delete container[key]
    else throw newUnprocessablePatch(`Unable to remove nonexistent key: ${key}`)
  }

  replace(path: string, value: unknown): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null)
        throw newUnprocessablePatch('replace operation value must be object or array')
      this.#root = value
      return
    }
    const { container, key } = this.#open(path)
    if (Array.isArray(container)) container[existingIndex(container, key)] = value
    else setMember(container, key, value)
  }

  /** The container that holds what `path` names, made this draft's own with all its parents. */
  #open(path: string): { container: Container; key: string } {
    const { parents, key } = split(path)
    let container = (this.#root = this.#owned(containerOf(this.#root, path)))
    for (const part of parents) {
      const next = this.#owned(containerOf(child(container, part, path), path))
      if (Array.isArray(container)) container[existingIndex(container, part)] = next
      else setMember(container, part, next)
      container = next
    }
    return { container, key }
  }

  #owned(container: Container): Container {
    if (this.#own.has(container)) return container
    const own = Array.isArray(container) ? [...container] : { ...container }
    this.#own.add(own)
    return own
  }
}

/** `/a/b~1c` → parents `a`, key `b/c`. */
function split(path: string): { parents: string[]; key: string } {
  const parts = path.split('/')
  if (parts.length < 2) throw newUnprocessablePatch(`operation does not apply: doc is missing path: "${path}"`)
  const names = parts.slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return { parents: names.slice(0, -1), key: names.at(-1)! }
}

function containerOf(value: unknown, path: string): Container {
  if (typeof value !== 'object' || value === null) {
    throw newUnprocessablePatch(`operation does not apply: doc is missing path: "${path}"`)
  }
  return value as Container
}

function child(value: unknown, part: string, path: string): unknown {
  const container = containerOf(value, path)
  return Array.isArray(container) ? container[existingIndex(container, part)] : memberOf(container, part)
}

function memberOf(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : null
}

function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function existingIndex(list: readonly unknown[], key: string): number {
  return indexOf(key, list.length, false)
}

/** @param length how many places there are; negative indexes count back from their end */
function indexOf(key: string, length: number, adding: boolean): number {
  if (!/^[+-]?[0-9]+$/.test(key)) throw newUnprocessablePatch(`value was not a proper array index: '${key}'`)
  const index = Number(key)
  const place = index < 0 ? index + length : index
  if (place < 0 || place >= length)
    throw newUnprocessablePatch(`Unable to access invalid index: ${index}${adding ? ' to add' : ''}`)
  return place
}

function sortMembers(object: Record<string, unknown>): void {
  for (const key of Object.keys(object).sort()) {
    const value = object[key]
    delete object[key]
    setMember(object, key, value)
  }
}
