// What a request is about, read from its method and path alone.
// Source: staging/src/k8s.io/apiserver/pkg/endpoints/request, RequestInfoFactory (v1.36)

export interface RequestInfo {
  readonly isResourceRequest: boolean
  readonly path: string
  /** get, list, watch, create, update, patch, delete, deletecollection; else the method in lower case. */
  readonly verb: string
  /** `api` or `apis`; empty for other paths. */
  readonly apiPrefix: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** Path segments from the resource on. */
  readonly parts: readonly string[]
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** A path that begins like one of resources, and names none. The message is Go's. */
export class UnreadablePathError extends Error {
  override readonly name = 'UnreadablePathError'
}

/** Subresources of namespaces; any other second segment is a resource inside the namespace. */
const namespaceSubresources = new Set(['status', 'finalize'])

/**
 * @param path decoded URL path
 * @param query the parsed query: `watch` and field selectors on metadata.name change the verb and the name
 * @throws UnreadablePathError for `/api/v1/watch` and `/api/v1/proxy` with nothing behind
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const none = {
    isResourceRequest: false,
    path,
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
  }
  // Empty segments in between count: `namespaces//pods` names the empty namespace.
  const segments = path.replace(/^\/+|\/+$/g, '').split('/')
  const apiPrefix = segments[0] ?? ''
  const plain = { ...none, verb: method.toLowerCase() }
  if (segments.length < 3 || (apiPrefix !== 'api' && apiPrefix !== 'apis')) return plain
  const isCore = apiPrefix === 'api'
  if (!isCore && segments.length < 4) return { ...plain, apiPrefix }
  const group = isCore ? '' : segments[1]!
  const version = isCore ? segments[1]! : segments[2]!
  let parts = segments.slice(isCore ? 2 : 3)
  let verb = verbs[method] ?? ''
  if (parts[0] === 'watch' || parts[0] === 'proxy') {
    if (parts.length < 2) throw new UnreadablePathError(`unable to determine kind and namespace from url, ${path}`)
    verb = parts[0]
    parts = parts.slice(1)
  }
  let namespace = ''
  if (parts[0] === 'namespaces') {
    if (parts.length > 1) {
      namespace = parts[1]!
      if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2)
    }
  }
  const resource = parts[0] ?? ''
  let name = parts[1] ?? ''
  const subresource = parts[2] ?? ''
  if (name === '' && verb === 'get') {
    const named = singleName(query.get('fieldSelector'))
    if (named !== undefined) name = named
    verb = isTrue(query.get('watch')) ? 'watch' : 'list'
  } else if (name === '' && verb === 'delete') {
    verb = 'deletecollection'
  }
  return {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix,
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    parts,
  }
}

/** Go's lenient reading of a boolean query parameter: anything but `0` and `false` is true once it is there. */
export function isTrue(value: string | null): boolean {
  if (value === null) return false
  return value.toLowerCase() !== 'false' && value !== '0'
}

/** `metadata.name=x` narrows a list to one name: authorization sees the name. */
function singleName(fieldSelector: string | null): string | undefined {
  if (fieldSelector === null) return undefined
  const match = /^metadata\.name==?([^,=!]+)$/.exec(fieldSelector)
  return match?.[1]
}
