// Sets of fields, in the very form fieldsV1 has on the wire, so that they are never parsed or encoded: immutable trees that
// share what they have in common.
//
// Worked example. { "f:data": { ".": {}, "f:k": {} }, "f:spec": { "f:replicas": {} } } holds the fields .data, .data.k and
// .spec.replicas, but not .spec. An empty node is a field without fields below it; "." says of a node with others below it that
// it is a field of the set, too. The root is no field: {} is the empty set.
// Source: sigs.k8s.io/structured-merge-diff/v6 fieldpath, Set
import { canonicalElement, compareElements, printElement, type PathElement } from './path-element.ts'

export interface FieldSet {
  readonly [element: PathElement]: FieldSet
}

/** While a set is being made. */
export type MutableFieldSet = Record<PathElement, FieldSet>

export const emptySet: FieldSet = Object.freeze({})
/** A field without fields below it. */
export const leaf: FieldSet = emptySet

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

/** Whether the node itself is a field of the set. */
export function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmpty(node)
}

/** The node with these children, sorted already; undefined if it holds nothing. */
function nodeOf(member: boolean, children: MutableFieldSet): FieldSet | undefined {
  if (isEmpty(children)) return member ? leaf : undefined
  return member ? { '.': leaf, ...children } : children
}

/** The same members in their order. */
export function sorted(children: MutableFieldSet): MutableFieldSet {
  const elements = Object.keys(children)
  for (let at = 1; at < elements.length; at++) {
    if (inOrder(elements[at - 1]!, elements[at]!)) continue
    elements.sort((a, b) => (a === '.' ? -1 : b === '.' ? 1 : compareElements(a, b)))
    const result: MutableFieldSet = {}
    for (const element of elements) result[element] = children[element]!
    return result
  }
  return children
}

function inOrder(a: PathElement, b: PathElement): boolean {
  return a === '.' || (b !== '.' && compareElements(a, b) < 0)
}

/** The node, being a field of the set itself. */
export function asMember(node: FieldSet | undefined): FieldSet {
  if (node === undefined) return leaf
  return isMember(node) ? node : { '.': leaf, ...node }
}

/** Returns `a` itself where `b` adds nothing. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b
  return isEmpty(b) ? a : unionNodes(a, b)
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  if (isEmpty(b)) return asMember(a)
  if (isEmpty(a)) return asMember(b)
  let changed: MutableFieldSet | undefined
  let inserted = false
  for (const element in b) {
    const own = a[element]
    const joined = own === undefined ? b[element]! : unionNodes(own, b[element]!)
    if (joined === own) continue
    changed ??= { ...a }
    changed[element] = joined
    inserted ||= own === undefined
  }
  if (changed === undefined) return a
  return inserted ? sorted(changed) : changed
}

/** The fields of `a` that are not in `b`; returns `a` itself where that is all. Fields below those of `b` stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) ? a : (differenceNodes(a, b) ?? emptySet)
}

function differenceNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const member = isMember(a) && !isMember(b)
  let isSame = member === isMember(a)
  const children: MutableFieldSet = {}
  for (const element in a) {
    if (element === '.') continue
    const own = a[element]!
    const other = b[element]
    const rest = other === undefined ? own : differenceNodes(own, other)
    if (rest !== own) isSame = false
    if (rest !== undefined) children[element] = rest
  }
  return isSame ? a : nodeOf(member, children)
}

/** The fields of `a` that are neither in `b` nor below one of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) ? a : (recursiveDifferenceNodes(a, b) ?? emptySet)
}

/** `b` is no field of its set. */
function recursiveDifferenceNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  let isSame = true
  const children: MutableFieldSet = {}
  for (const element in a) {
    if (element === '.') continue
    const own = a[element]!
    const other = b[element]
    const rest = other === undefined ? own : isMember(other) ? undefined : recursiveDifferenceNodes(own, other)
    if (rest !== own) isSame = false
    if (rest !== undefined) children[element] = rest
  }
  return isSame ? a : nodeOf(isMember(a), children)
}

/** The fields that both hold. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? a : isEmpty(a) || isEmpty(b) ? emptySet : (intersectNodes(a, b) ?? emptySet)
}

function intersectNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const children: MutableFieldSet = {}
  for (const element in a) {
    const other = b[element]
    if (element === '.' || other === undefined) continue
    const common = intersectNodes(a[element]!, other)
    if (common !== undefined) children[element] = common
  }
  return nodeOf(isMember(a) && isMember(b), children)
}

/** Whether the field at this path is in the set. */
export function has(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) {
    node = node[element]
    if (node === undefined) return false
  }
  return path.length > 0 && isMember(node)
}

/** The set of this one field. */
export function setOf(path: readonly PathElement[]): FieldSet {
  return path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), leaf)
}

/** Printed paths of all fields; those of a node before those below them, as upstream walks a set. */
export function printPaths(set: FieldSet, prefix = ''): string[] {
  const elements = Object.keys(set).filter((element) => element !== '.')
  const own = elements.filter((element) => isMember(set[element]!)).map((element) => prefix + printElement(element))
  return [...own, ...elements.flatMap((element) => printPaths(set[element]!, prefix + printElement(element)))]
}

/**
 * A set as somebody sent it, in canonical form; steps nobody knows are left out.
 * @throws PathElementError
 */
export function canonicalSet(value: unknown): FieldSet {
  return canonicalNode(value).children ?? emptySet
}

function canonicalNode(value: unknown): { children: FieldSet | undefined; isMember: boolean } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { children: undefined, isMember: true }
  const children: MutableFieldSet = {}
  let member = false
  for (const [text, below] of Object.entries(value)) {
    if (text === '.') {
      member = true
      continue
    }
    const element = canonicalElement(text)
    if (element === undefined) continue
    const node = canonicalNode(below)
    const next = nodeOf(node.isMember, (node.children ?? {}) as MutableFieldSet)
    if (next !== undefined)
      children[element] = children[element] === undefined ? next : unionNodes(children[element], next)
  }
  if (isEmpty(children)) return { children: undefined, isMember: true }
  return { children: sorted(children), isMember: member }
}
