// metadata.managedFields → who owns what, and back.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal, DecodeManagedFields, EncodeObjectManagedFields (v1.36)
import { deepEqual } from '../equality.ts'
import type { Frozen, ManagedFieldsEntry } from '../types.ts'
import { canonicalSet, isEmpty, type FieldSet } from './field-set.ts'
import { PathElementError } from './path-element.ts'

export type Operation = 'Apply' | 'Update'

/** One owner: a manager writes in one way (operation, subresource) and, if it updates, in one version. */
export interface Manager {
  readonly name: string
  readonly operation: Operation
  readonly subresource: string
  readonly apiVersion: string
  /** Absent for some who own fields without ever having changed one. */
  readonly time: string | undefined
  readonly set: FieldSet
}

/** By id. */
export type Managers = Map<string, Manager>

/** Names an owner; texts sort as upstream sorts them. An applier is the same in all versions. */
export function managerId({ name, operation, apiVersion, subresource }: Omit<Manager, 'set' | 'time'>): string {
  return JSON.stringify({
    ...(name === '' ? {} : { manager: name }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  })
}

export class ManagedFieldsError extends Error {
  override readonly name = 'ManagedFieldsError'
}

/** Sets the store handed out are canonical already: what was encoded is never parsed again. */
export function decodeStored(entries: Frozen<ManagedFieldsEntry[]> | undefined): Managers {
  const managers: Managers = new Map()
  for (const entry of entries ?? []) add(managers, entry, (entry.fieldsV1 ?? {}) as FieldSet)
  return managers
}

/**
 * Entries a client sent. Those it sent back as it got them keep the sets of `known`.
 * @throws ManagedFieldsError
 */
export function decodeSent(
  entries: readonly ManagedFieldsEntry[],
  known: Frozen<ManagedFieldsEntry[]> | undefined,
): Managers {
  const managers: Managers = new Map()
  entries.forEach((entry, index) => {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update')
      throw new ManagedFieldsError('operation must be `Apply` or `Update`')
    if ((entry.apiVersion ?? '') === '') throw new ManagedFieldsError('apiVersion must not be empty')
    const { fieldsType = '', fieldsV1 } = entry
    if (fieldsType === '') throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${index}`)
    if (fieldsType !== 'FieldsV1')
      throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
    const same = known?.find((one) => deepEqual(one.fieldsV1, fieldsV1))
    add(managers, entry, same === undefined ? readSet(fieldsV1) : ((same.fieldsV1 ?? {}) as FieldSet))
  })
  return managers
}

function readSet(fieldsV1: unknown): FieldSet {
  try {
    return canonicalSet(fieldsV1)
  } catch (error) {
    throw error instanceof PathElementError ? new ManagedFieldsError(error.message) : error
  }
}

function add(managers: Managers, entry: Frozen<ManagedFieldsEntry>, set: FieldSet): void {
  const manager: Manager = {
    name: entry.manager ?? '',
    operation: entry.operation ?? 'Update',
    subresource: entry.subresource ?? '',
    apiVersion: entry.apiVersion ?? '',
    time: entry.time,
    set,
  }
  managers.set(managerId(manager), manager)
}

/** In the order a server prints them; undefined if nobody owns anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].sort(inPrintedOrder).map((manager) => ({
    ...(manager.name === '' ? {} : { manager: manager.name }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: manager.set as Record<string, unknown>,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  }))
}

function inPrintedOrder(a: Manager, b: Manager): number {
  return (
    order(a.operation, b.operation) ||
    order(a.time ?? '', b.time ?? '') ||
    order(a.name, b.name) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  )
}

const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

/** Whether somebody asks to forget all owners: an empty list, or one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries !== undefined && (entries.length === 0 || (entries.length === 1 && isEmpty(entries[0] as FieldSet)))
}
