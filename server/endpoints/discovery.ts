// Discovery: which groups, versions and resources there are. Pure functions from facts to documents, and one object
// that makes them on demand and again when resources join or leave.
// The beta form of the aggregated document is not there: a 1.36 server does not give it either.
// Source: apiserver/pkg/endpoints/discovery and discovery/aggregated; kube-aggregator, handler_apis.go (v1.36)
import { createHash } from 'node:crypto'
import { resources as builtInResources } from '../../openapi/index.ts'
import type { GroupFacts, ResourceFacts, SubresourceFacts } from '../../openapi/schema.ts'

export interface DiscoveryGroup {
  /** Empty for the core group. */
  readonly group: string
  /** In order of priority. */
  readonly versions: readonly DiscoveryVersion[]
  readonly preferredVersion: string
  /** Groups of CustomResourceDefinitions and aggregated servers name their resources' kinds in full. */
  readonly isBuiltIn: boolean
}

export interface DiscoveryVersion {
  readonly version: string
  readonly resources: readonly ResourceFacts[]
  /** `Stale` if an aggregated server does not answer; its resources are those last seen. */
  readonly freshness?: 'Current' | 'Stale'
}

/** A group whose resources another server has. */
export interface AggregatedGroup {
  readonly group: string
  readonly versions: readonly DiscoveryVersion[]
  /** APIService.spec.groupPriorityMinimum: groups are listed from high to low. */
  readonly priority: number
}

/** What a CustomResourceDefinition's group has. */
const customGroupPriority = 1000

/**
 * Version strings as Kubernetes orders them, best first: v2, v1, v2beta1, v1beta2, v1alpha1, then others by name.
 * Source: apimachinery/pkg/version, CompareKubeAwareVersionStrings
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)]
  if (left === undefined || right === undefined) {
    if (left === right) return a < b ? -1 : a > b ? 1 : 0
    return left === undefined ? 1 : -1
  }
  for (const [index, part] of left.entries()) if (part !== right[index]) return right[index]! - part
  return 0
}

/** Stage (3 for stable), major, minor. */
function parseVersion(version: string): readonly [number, number, number] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return undefined
  const [, major, stage, minor] = match
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor ?? 0)]
}

/**
 * Groups in the order /apis lists them, the core group first: built-in ones, then others by priority and name.
 * @param builtIn in the order a server without further groups lists them
 */
export function discoveryGroups(
  builtIn: readonly GroupFacts[],
  resources: Iterable<ResourceFacts>,
  aggregated: readonly AggregatedGroup[] = [],
): DiscoveryGroup[] {
  const byGroup = new Map<string, Map<string, ResourceFacts[]>>()
  for (const facts of resources) {
    let versions = byGroup.get(facts.group)
    if (versions === undefined) byGroup.set(facts.group, (versions = new Map()))
    let list = versions.get(facts.version)
    if (list === undefined) versions.set(facts.version, (list = []))
    list.push(facts)
  }
  const listed = builtIn.map(({ group, versions, preferredVersion }) => ({
    group,
    versions: versions.map((version) => ({ version, resources: byGroup.get(group)?.get(version) ?? [] })),
    preferredVersion,
    isBuiltIn: true,
  }))
  const further: (AggregatedGroup & { isBuiltIn: false; preferredVersion: string })[] = []
  const known = new Set(builtIn.map(({ group }) => group))
  for (const [group, byVersion] of byGroup) {
    if (known.has(group)) continue
    const versions = [...byVersion].map(([version, list]) => ({ version, resources: sortByName(list) }))
    versions.sort((a, b) => compareVersions(a.version, b.version))
    further.push({
      group,
      versions,
      preferredVersion: versions[0]!.version,
      priority: customGroupPriority,
      isBuiltIn: false,
    })
  }
  for (const one of aggregated) {
    if (one.versions.length > 0) further.push({ ...one, preferredVersion: one.versions[0]!.version, isBuiltIn: false })
  }
  further.sort((a, b) => b.priority - a.priority || (a.group < b.group ? -1 : 1))
  return [...listed, ...further]
}

function sortByName(resources: readonly ResourceFacts[]): ResourceFacts[] {
  return [...resources].sort((a, b) => (a.resource < b.resource ? -1 : 1))
}

const groupVersion = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`)

/** /api, which has no apiVersion. @param serverAddress `host:port` as clients reach it */
export function apiVersions(core: DiscoveryGroup, serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: core.versions.map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

function describeGroup({ group, versions, preferredVersion }: DiscoveryGroup): object {
  const describe = (version: string) => ({ groupVersion: groupVersion(group, version), version })
  return {
    name: group,
    versions: versions.map(({ version }) => describe(version)),
    preferredVersion: describe(preferredVersion),
  }
}

/** /apis */
export function apiGroupList(groups: readonly DiscoveryGroup[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter(({ group }) => group !== '').map(describeGroup),
  }
}

/** /apis/GROUP */
export function apiGroup(group: DiscoveryGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) }
}

/** /api/v1, which has no apiVersion either; /apis/GROUP/VERSION */
function apiResourceList({ group }: DiscoveryGroup, { version, resources }: DiscoveryVersion): object {
  const own = groupVersion(group, version)
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: own,
    resources: resources.flatMap((facts) => [
      describeResource(facts),
      ...facts.subresources.map((subresource) => describeSubresource(facts, subresource, own)),
    ]),
  }
}

function describeResource(facts: ResourceFacts): object {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories, storageVersionHash } = facts
  return {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(storageVersionHash === undefined ? {} : { storageVersionHash }),
  }
}

function describeSubresource(
  facts: ResourceFacts,
  { name, kind, apiVersion, verbs }: SubresourceFacts,
  own: string,
): object {
  const foreign = apiVersion === own ? {} : splitGroupVersion(apiVersion)
  return { name: `${facts.resource}/${name}`, singularName: '', namespaced: facts.namespaced, ...foreign, kind, verbs }
}

function splitGroupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) }
}

/** `/api` or `/apis` as one document with everything below it. */
export function aggregatedDiscovery(groups: readonly DiscoveryGroup[]): { object: object; etag: string } {
  const content = { metadata: {}, items: groups.map(aggregateGroup) }
  const hash = createHash('sha512').update(JSON.stringify(content)).digest('hex').toUpperCase()
  return {
    object: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', ...content },
    etag: `"${hash}"`,
  }
}

function aggregateGroup({ group, versions, isBuiltIn }: DiscoveryGroup): object {
  return {
    metadata: group === '' ? {} : { name: group },
    versions: versions.map(({ version, resources, freshness = 'Current' }) => ({
      version,
      resources: resources.map((facts) => aggregateResource(facts, isBuiltIn)),
      freshness,
    })),
  }
}

function aggregateResource(facts: ResourceFacts, isBuiltIn: boolean): object {
  const { group, version, resource, kind, namespaced, singular, verbs, shortNames, categories, subresources } = facts
  const own = groupVersion(group, version)
  const responseKind = (kindName: string, apiVersion: string) =>
    isBuiltIn && apiVersion === own
      ? { group: '', version: '', kind: kindName }
      : { ...splitGroupVersion(apiVersion), kind: kindName }
  return {
    resource,
    responseKind: responseKind(kind, own),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((one) => ({
            subresource: one.name,
            responseKind: responseKind(one.kind, one.apiVersion),
            verbs: one.verbs,
          })),
        }),
  }
}

const fixedPaths = [
  '/.well-known/openid-configuration',
  '/api',
  '/apis',
  '/apis/',
  '/flagz',
  '/healthz',
  '/livez',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/readyz',
  '/statusz',
  '/version',
]

/** `/`. @param more further paths, such as those of single health checks (`/livez/etcd`) */
function rootPaths(groups: readonly DiscoveryGroup[], more: Iterable<string> = []): object {
  const ofGroups = groups.flatMap(({ group, versions }) =>
    group === ''
      ? versions.map(({ version }) => `/api/${version}`)
      : [`/apis/${group}`, ...versions.map(({ version }) => `/apis/${group}/${version}`)],
  )
  return { paths: [...new Set([...fixedPaths, ...ofGroups, ...more])].sort() }
}

export interface DiscoverySources {
  /** Built-in groups, as in openapi/index.ts. */
  readonly groups: readonly GroupFacts[]
  /** In discovery order. */
  resources(): Iterable<ResourceFacts>
  aggregated?(): readonly AggregatedGroup[]
  /** `host:port` as clients reach it. */
  serverAddress(): string
  /** Further paths for `/`. */
  paths?(): Iterable<string>
}

export interface DiscoveryAnswer {
  readonly object: object
  /** The same place in the aggregated form, where there is one. */
  readonly aggregated?: { readonly object: object; readonly etag: string }
}

/** Documents by path, made when first asked for. */
export class Discovery {
  readonly #sources: DiscoverySources
  #groups: DiscoveryGroup[] | undefined
  readonly #answers = new Map<string, DiscoveryAnswer>()

  constructor(sources: DiscoverySources) {
    this.#sources = sources
  }

  /** Resources have joined or left. */
  invalidate(): void {
    this.#groups = undefined
    this.#answers.clear()
  }

  groups(): readonly DiscoveryGroup[] {
    const { groups, resources, aggregated } = this.#sources
    this.#groups ??= discoveryGroups(groups, resources(), aggregated?.() ?? [])
    return this.#groups
  }

  /**
   * @param segments of the path, `['apis', 'apps', 'v1']`; none for `/`
   * @returns undefined if this is no discovery path, `unknown-version` for a version a known group does not have
   */
  find(segments: readonly string[]): DiscoveryAnswer | 'unknown-version' | undefined {
    const path = segments.join('/')
    const known = this.#answers.get(path)
    if (known !== undefined) return known
    const made = this.#make(segments)
    if (made !== undefined && made !== 'unknown-version') this.#answers.set(path, made)
    return made
  }

  #make(segments: readonly string[]): DiscoveryAnswer | 'unknown-version' | undefined {
    const groups = this.groups()
    const [root, ...rest] = segments
    if (root === undefined) return { object: rootPaths(groups, this.#sources.paths?.()) }
    if (root === 'api')
      return this.#makeCore(
        groups.find(({ group }) => group === '')!,
        rest,
      )
    if (root !== 'apis' || rest.length > 2) return undefined
    const named = groups.filter(({ group }) => group !== '')
    const [name, version] = rest
    if (name === undefined) return { object: apiGroupList(named), aggregated: aggregatedDiscovery(named) }
    const group = named.find((one) => one.group === name)
    if (group === undefined) return undefined
    if (version === undefined) return { object: apiGroup(group) }
    const found = resourcesOf(group, version)
    // Nobody is there to speak for a custom group.
    return found === 'unknown-version' && !builtInGroups().has(name) ? undefined : found
  }

  #makeCore(
    core: DiscoveryGroup,
    [version, ...surplus]: readonly string[],
  ): DiscoveryAnswer | 'unknown-version' | undefined {
    if (surplus.length > 0) return undefined
    if (version !== undefined) return resourcesOf(core, version)
    return { object: apiVersions(core, this.#sources.serverAddress()), aggregated: aggregatedDiscovery([core]) }
  }
}

let groupNames: ReadonlySet<string> | undefined

function builtInGroups(): ReadonlySet<string> {
  return (groupNames ??= new Set(builtInResources.map(({ group }) => group)))
}

function resourcesOf(group: DiscoveryGroup, version: string): DiscoveryAnswer | 'unknown-version' {
  const found = group.versions.find((one) => one.version === version)
  return found === undefined ? 'unknown-version' : { object: apiResourceList(group, found) }
}
