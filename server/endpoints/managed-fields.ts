// How a request's resource, user agent and options look to the tracking of field owners.
// Source: apiserver/pkg/endpoints, installer.go (FieldManager); handlers/create.go, managerOrUserAgent (v1.36)
import { copy } from '../apimachinery/equality.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import { trackUpdate, type Writer } from '../apimachinery/managed-fields/update.ts'
import type { ManagedType, OtherVersion } from '../apimachinery/managed-fields/versions.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { resourceFacts } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Resource, Resources } from '../registry/resources.ts'
import type { Api, Scope } from './api.ts'
import { resetFilter } from './reset-fields.ts'

/** Source: apimachinery/pkg/apis/meta/v1/validation, FieldManagerMaxLength */
const maxManagerBytes = 128

/** Who writes: the fieldManager of the request, else what its User-Agent has before the first slash. */
export function writerOf(api: Api, scope: Scope, fieldManager: string): Writer {
  const manager = fieldManager === '' ? managerOfAgent(scope.userAgent) : fieldManager
  return { manager, subresource: scope.subresource, now: api.clock.now() }
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** By User-Agent: clients are few, and write often. */
const managers = new Map<string, string>()
const maxManagers = 1000
const maxAgentLength = 500

function managerOfAgent(userAgent: string): string {
  let manager = managers.get(userAgent)
  if (manager === undefined) {
    manager = readManager(userAgent)
    if (managers.size >= maxManagers) managers.clear()
    if (userAgent.length <= maxAgentLength) managers.set(userAgent, manager)
  }
  return manager
}

function readManager(userAgent: string): string {
  let manager = ''
  let bytes = 0
  // Headers come as one character per byte.
  const text = Buffer.from(userAgent, 'latin1').toString()
  for (const character of text.split('/', 1)[0]!) {
    if (!printable.test(character)) continue
    bytes += Buffer.byteLength(character)
    if (bytes > maxManagerBytes) break
    manager += character
  }
  return manager
}

/**
 * Tells the owners of `draft`'s fields in its metadata. `draft` is what was sent, defaulted, before admission and the strategy
 * of its kind: nobody owns what those add. Both objects are in the version that is stored.
 */
export function trackOwners(
  api: Api,
  scope: Scope,
  live: Frozen<AnyObject> | undefined,
  draft: AnyObject,
  fieldManager: string,
): void {
  const { resource } = scope
  const type = managedTypeOf(api.resources, resource, scope.subresource)
  const writer = writerOf(api, scope, fieldManager)
  if (resource.fromStored === undefined) {
    trackUpdate(type, live, draft, writer)
    return
  }
  const served = servedForm(resource, draft)
  trackUpdate(type, live && servedForm(resource, live), served, writer)
  const entries = served.metadata?.managedFields
  const meta = (draft.metadata ??= {})
  if (entries === undefined) delete meta.managedFields
  else meta.managedFields = entries
}

/** A stored object in the version of the resource. */
export function servedForm(resource: Resource, object: Frozen<AnyObject>): AnyObject {
  return resource.fromStored === undefined ? (object as AnyObject) : resource.fromStored(copy(object) as AnyObject)
}

const managedTypes = new WeakMap<Resource, Map<string, ManagedType>>()

/** @param subresource '' for the resource itself */
export function managedTypeOf(resources: Resources, resource: Resource, subresource: string): ManagedType {
  let types = managedTypes.get(resource)
  if (types === undefined) {
    types = new Map()
    managedTypes.set(resource, types)
  }
  let type = types.get(subresource)
  if (type === undefined) {
    type = {
      apiVersion: formatGroupVersion(resource.facts),
      schema: resource.schema,
      filter: filterOf(resource, subresource),
      other: (apiVersion) => otherVersion(resources, resource, apiVersion, subresource),
    }
    types.set(subresource, type)
  }
  return type
}

/** A type that is not stored: there are no other versions of it, and nothing is reset. */
export function loneType(apiVersion: string, schema: StructSchema): ManagedType {
  return { apiVersion, schema, filter: undefined, other: () => undefined }
}

function otherVersion(
  resources: Resources,
  resource: Resource,
  apiVersion: string,
  subresource: string,
): OtherVersion | undefined {
  const slash = apiVersion.indexOf('/')
  const other = resources.get(
    slash < 0 ? '' : apiVersion.slice(0, slash),
    apiVersion.slice(slash + 1),
    resource.facts.resource,
  )
  // What two groups share has owners in one of them: the last that wrote.
  if (other === undefined || other.store !== resource.store || other.facts.group !== resource.facts.group)
    return undefined
  return {
    apiVersion,
    schema: other.schema,
    filter: filterOf(other, subresource),
    fromRequested: (object) => converted(resource, other, object),
    toRequested: (object) => converted(other, resource, object),
  }
}

function converted(from: Resource, to: Resource, object: object): AnyObject {
  const stored = from.toStored === undefined ? (object as AnyObject) : from.toStored(copy(object) as AnyObject)
  return servedForm(to, stored)
}

function filterOf({ facts }: Resource, subresource: string): ReturnType<typeof resetFilter> {
  return resetFilter(facts, subresource, resourceFacts(facts.group, facts.version, facts.resource) === undefined)
}
