// Where the members of a JSON text stand, one after the other: strict decoders tell what they find in that order.
// Source: sigs.k8s.io/json, UnmarshalStrict (v1.36)

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

interface Level {
  readonly path: string
  /** Of a list, the place of the element under way; undefined for an object. */
  index: number | undefined
}

/** The path of each member as often as it occurs: `spec`, `spec.containers`, `spec.containers[0].image`. The text is valid. */
export function memberPaths(text: string): string[] {
  const paths: string[] = []
  const open: Level[] = []
  let key: string | undefined
  let last = ''
  for (const [token] of text.matchAll(tokens)) {
    const level = open.at(-1)
    if (token === '{' || token === '[') {
      open.push({ path: pathOfValue(level, key), index: token === '[' ? 0 : undefined })
      key = undefined
    } else if (token === '}' || token === ']') open.pop()
    else if (token === ',') {
      if (level?.index !== undefined) level.index++
    } else if (token === ':') {
      key = JSON.parse(last) as string
      paths.push(pathOfValue(level, key))
    }
    last = token
  }
  return paths
}

function pathOfValue(level: Level | undefined, key: string | undefined): string {
  if (level === undefined) return ''
  if (level.index !== undefined) return `${level.path}[${level.index}]`
  return level.path === '' ? (key ?? '') : `${level.path}.${key ?? ''}`
}
