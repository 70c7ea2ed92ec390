// The OpenAPI documents of a server: made when they are asked for, kept compressed, made anew when resources change.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { GroupFacts, ResourceFacts } from '../schema.ts'
import { customTypeName, customTypes } from './custom.ts'
import { installedDescriptions, parameterDescriptions } from './descriptions.ts'
import { groupOperation, groupVersionOperation, otherOperations } from './group-operations.ts'
import type { Operation } from './operation.ts'
import { resourceOperations } from './resource-operations.ts'
import type { Descriptions, JSONSchema } from './schemas.ts'
import { documentV2 } from './v2.ts'
import { encodeDocumentV2 } from './v2-protobuf.ts'
import { documentV3, type DocumentOptions } from './v3.ts'

export interface OpenAPISources {
  /** Built-in groups, as in openapi/index.ts. */
  readonly groups: readonly GroupFacts[]
  resources(): Iterable<ResourceFacts>
  /** openAPIV3Schema of a custom resource; undefined if it has none. Only asked for resources of other groups. */
  customSchema?(facts: ResourceFacts): JSONSchema | undefined
}

export interface OpenAPIDocument {
  readonly bytes: Buffer
  /** In quotation marks, as in the header. */
  readonly etag: string
}

interface Kept {
  readonly compressed: Buffer
  readonly etag: string
}

/** Group and version of a document of v3, and what is in it. */
interface Page {
  readonly operations: () => Operation[]
  readonly custom: readonly ResourceFacts[]
  /** What the document is made of beside the definitions. */
  readonly facts: unknown
}

const v2Pages = { json: 'v2 json', protobuf: 'v2 protobuf' } as const

export class OpenAPI {
  readonly #sources: OpenAPISources
  #pages: Map<string, Page> | undefined
  readonly #kept = new Map<string, Kept>()
  readonly #hashes = new Map<string, string>()

  constructor(sources: OpenAPISources) {
    this.#sources = sources
  }

  /** Resources have joined or left, or their schemas have changed. */
  invalidate(): void {
    this.#pages = undefined
    this.#kept.clear()
    this.#hashes.clear()
  }

  /** `/openapi/v3`: every document's address with its hash, which says when to fetch it anew. */
  index(): object {
    const names = [...this.#pageMap().keys()].sort()
    const address = (name: string) => ({ serverRelativeURL: `/openapi/v3/${name}?hash=${this.#hash(name)}` })
    return { paths: Object.fromEntries(names.map((name) => [name, address(name)])) }
  }

  /** @param name as in the index, `apis/apps/v1` */
  v3(name: string): OpenAPIDocument | undefined {
    const page = this.#pageMap().get(name)
    if (page === undefined) return undefined
    return this.#keep(name, () => {
      const document = documentV3(page.operations(), this.#options(page.custom, 3))
      return Buffer.from(JSON.stringify(document))
    })
  }

  v2(form: 'json' | 'protobuf'): OpenAPIDocument {
    return this.#keep(v2Pages[form], () => {
      if (form === 'protobuf') return encodeDocumentV2(JSON.parse(this.v2('json').bytes.toString()) as JSONSchema)
      const pages = [...this.#pageMap()]
      const operations = pages.flatMap(([, page]) => page.operations())
      const custom = pages.flatMap(([, page]) => page.custom)
      const groupVersions = pages
        .map(([name]) => /^apis\/([^/]+\/[^/]+)$/.exec(name)?.[1])
        .filter((one) => one !== undefined)
      return Buffer.from(JSON.stringify(documentV2(operations, { ...this.#options(custom, 2), groupVersions })))
    })
  }

  #keep(name: string, make: () => Buffer): OpenAPIDocument {
    const etag = `"${this.#hash(name)}"`
    const kept = this.#kept.get(name)
    if (kept !== undefined) return { bytes: inflateRawSync(kept.compressed), etag: kept.etag }
    const bytes = make()
    // Ten times smaller; a client asks for a document once.
    this.#kept.set(name, { compressed: deflateRawSync(bytes, { level: 3 }), etag })
    return { bytes, etag }
  }

  /** Not of the document but of what it is made of: the index must not make them all. */
  #hash(name: string): string {
    let hash = this.#hashes.get(name)
    if (hash === undefined) {
      const pages = this.#pageMap()
      const facts = pages.get(name)?.facts ?? [...pages.values()].map((page) => page.facts)
      hash = createHash('sha512')
        .update(definitionsHash())
        .update(name)
        .update(JSON.stringify(facts))
        .digest('hex')
        .toUpperCase()
      this.#hashes.set(name, hash)
    }
    return hash
  }

  #pageMap(): Map<string, Page> {
    this.#pages ??= this.#makePages()
    return this.#pages
  }

  #makePages(): Map<string, Page> {
    const pages = new Map<string, Page>()
    for (const [name, operation] of Object.entries(otherOperations))
      pages.set(name, { operations: () => [operation], custom: [], facts: name })
    const builtIn = new Set(this.#sources.groups.map(({ group }) => group))
    const byVersion = new Map<string, ResourceFacts[]>()
    for (const { group, versions } of this.#sources.groups) {
      if (group !== '')
        pages.set(`apis/${group}`, { operations: () => [groupOperation(group)], custom: [], facts: group })
      for (const version of versions) byVersion.set(pageName(group, version), [])
    }
    for (const facts of this.#sources.resources()) {
      const name = pageName(facts.group, facts.version)
      const list = byVersion.get(name)
      if (list === undefined) byVersion.set(name, [facts])
      else list.push(facts)
    }
    for (const [name, list] of byVersion) {
      const [group, version] = name.startsWith('api/')
        ? ['', name.slice(4)]
        : (name.slice(5).split('/') as [string, string])
      pages.set(name, builtIn.has(group) ? builtInPage(group, version, list) : this.#customPage(list))
    }
    return pages
  }

  #customPage(list: readonly ResourceFacts[]): Page {
    return {
      operations: () =>
        list.flatMap((facts) => resourceOperations(withTypeName(facts), listTypeOf(facts), { isCustom: true })),
      custom: list,
      facts: list.map((facts) => [facts, this.#sources.customSchema?.(facts)]),
    }
  }

  #options(customResources: readonly ResourceFacts[], version: 2 | 3): DocumentOptions {
    const descriptions = installedDescriptions()
    const custom = new Map(customResources.flatMap((facts) => [...this.#customTypes(facts, descriptions, version)]))
    return { descriptions, parameter: parameterDescriptions(), custom }
  }

  #customTypes(facts: ResourceFacts, descriptions: Descriptions, version: 2 | 3): Map<string, JSONSchema> {
    return customTypes(facts, this.#sources.customSchema?.(facts), descriptions, version)
  }
}

function builtInPage(group: string, version: string, list: readonly ResourceFacts[]): Page {
  return {
    operations: () => [
      groupVersionOperation(group, version),
      ...list.flatMap((facts) => resourceOperations(facts, `${facts.type}List`)),
    ],
    custom: [],
    facts: list,
  }
}

const pageName = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

const listTypeOf = ({ group, version, kind, listKind = `${kind}List` }: ResourceFacts): string =>
  customTypeName(group, version, listKind)

/** Custom types are named after their group, whatever name the facts give them; parts of an object are its own type. */
function withTypeName(facts: ResourceFacts): ResourceFacts {
  const type = customTypeName(facts.group, facts.version, facts.kind)
  const subresources = facts.subresources.map((one) => (one.kind === facts.kind ? { ...one, type } : one))
  return { ...facts, type, subresources }
}

let hashOfDefinitions: string | undefined

/** Says whether documents made by another release of this server are the same. */
function definitionsHash(): string {
  if (hashOfDefinitions === undefined) {
    const folder = new URL('../definitions/', import.meta.url)
    const hash = createHash('sha512')
    for (const file of readdirSync(folder).sort()) hash.update(readFileSync(new URL(file, folder)))
    hashOfDefinitions = hash.digest('hex')
  }
  return hashOfDefinitions
}
