// Takes the prose out of an OpenAPI document: what is left are facts, which can be compared with a recording by a hash.

/** @param isNamed whether the members of `value` are names (of properties, types, paths), not words of the schema */
export function withoutProse(value: unknown, isNamed = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item))
  if (typeof value !== 'object' || value === null) return value
  const namesWithin = new Set(['properties', 'schemas', 'definitions', 'paths', 'parameters'])
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => isNamed || key !== 'description' || typeof member !== 'string')
      .map(([key, member]) => [key, withoutProse(member, !isNamed && namesWithin.has(key))]),
  )
}

/** As `withoutProse` a v2 document, whose shared parameters have hashes of their prose in their names. */
export function withoutProseV2(document: object): unknown {
  const { parameters: _parameters, ...rest } = withoutProse(document) as Record<string, unknown>
  return JSON.parse(JSON.stringify(rest).replaceAll(/(#\/parameters\/\w+)-[\w-]{8}"/g, '$1"')) as unknown
}

/** Members in one order: JSON documents are compared by what they say. */
export function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, sortMembers(member)]))
}
