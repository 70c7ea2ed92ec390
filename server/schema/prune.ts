// Values without what their schema does not know.
// Source: apiextensions-apiserver/pkg/apiserver/schema/pruning, PruneWithOptions (v1.36)
import type { Structural } from './structural.ts'

type Members = Readonly<Record<string, unknown>>

const typeAndMetadata = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * A copy of a custom resource, its members sorted, without those that its schema does not know. Its apiVersion, kind and
 * metadata are left as they are.
 * @param unknownFields gets their paths, sorted
 */
export function pruneResource(value: Members, schema: Structural | undefined, unknownFields: string[]): Members {
  const root: Structural = { ...(schema ?? emptySchema), isEmbeddedResource: true }
  const found: string[] = []
  const pruned = pruneMembers(value, root, '', found)
  unknownFields.push(...found.sort())
  return pruned
}

/** Paths of what a value holds beyond its schema. */
export function unknownFieldsOf(value: unknown, schema: Structural): string[] {
  const unknown: string[] = []
  prune(value, schema, '', unknown)
  return unknown
}

export const emptySchema: Structural = {
  properties: new Map(),
  additional: undefined,
  items: undefined,
  nullable: false,
  preservesUnknown: false,
  isEmbeddedResource: false,
  isIntOrString: false,
  type: '',
  default: undefined,
  listType: undefined,
  listKeys: [],
  mapType: undefined,
  hasDefaults: false,
  hasEmbedded: false,
  hasRules: false,
  source: {},
}

function prune(value: unknown, schema: Structural | undefined, path: string, unknown: string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) return pruneMembers(value as Members, schema, path, unknown)
  return value.map((item, at) => {
    // Where anything goes, lists of anything do too.
    const element = schema?.preservesUnknown === true ? keepingUnknown(schema.items) : schema?.items
    return prune(item, element, `${path}[${at}]`, unknown)
  })
}

function keepingUnknown(schema: Structural | undefined): Structural {
  return { ...(schema ?? emptySchema), preservesUnknown: true }
}

function pruneMembers(value: Members, schema: Structural | undefined, path: string, unknown: string[]): Members {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(value).sort()) {
    const member = value[name]
    const below = path === '' ? name : `${path}.${name}`
    const property = schema?.properties.get(name)
    if (schema?.isEmbeddedResource === true && typeAndMetadata.has(name)) setOwn(kept, name, member)
    else if (property !== undefined) setOwn(kept, name, prune(member, property, below, unknown))
    else if (schema?.additional !== undefined) {
      setOwn(kept, name, prune(member, schema.additional === true ? undefined : schema.additional, below, unknown))
    } else if (schema?.preservesUnknown === true) setOwn(kept, name, sorted(member))
    else unknown.push(below)
  }
  return kept
}

/** A copy with sorted members. */
export function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value).sort()) setOwn(copy, name, sorted((value as Members)[name]))
  return copy
}

function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}
