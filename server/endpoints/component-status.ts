// Component statuses: computed when they are asked for, never stored.
// Source: pkg/registry/core/componentstatus; pkg/registry/core/rest, serversToValidate (v1.36)
import { newNotFound } from '../apimachinery/errors.ts'
import type { ComponentStatus } from '../api/core.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { selection } from '../registry/selection.ts'
import { computedEntry } from '../registry/transient-entry.ts'
import type { Entry } from '../storage/store.ts'
import type { Answer, Scope } from './api.ts'
import { parseListOptions } from './options.ts'

/** A part of the control plane, as a probe finds it. */
export interface ComponentHealth {
  readonly name: string
  readonly isHealthy: boolean
  /** What the probe got: `ok`, or why it got nothing. */
  readonly message: string
}

export type ComponentProbe = () => readonly ComponentHealth[]

/** Answers GET on one, or on all of them. @throws StatusError 400, 404 */
export function componentStatuses(scope: Scope, probe: ComponentProbe): Answer {
  const { resource, name, query } = scope
  if (name !== '') {
    const component = probe().find((one) => one.name === name)
    if (component === undefined) throw newNotFound({ group: '', resource: 'componentstatus' }, name)
    return { type: 'entry', code: 200, resource, entry: entryOf(component) }
  }
  const options = parseListOptions(query, false)
  const selected = selection(resource.kind, options.labelSelector, options.fieldSelector)
  const entries = probe()
    .map(entryOf)
    .filter(({ object }) => selected.isAll || selected.matches(object))
  return { type: 'list', resource, entries, metadata: {} }
}

function entryOf({ name, isHealthy, message }: ComponentHealth): Entry {
  const status: ComponentStatus = {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: isHealthy ? 'True' : 'False', message }],
  }
  return computedEntry(name, status as unknown as AnyObject)
}
