// YAML in and out, as sigs.k8s.io/yaml does it: YAML 1.1, the first document only, keys become strings and are sorted.
// Source: sigs.k8s.io/yaml v1.6, YAMLToJSON; go.yaml.in/yaml v2.4.3, decode.go
import { createRequire } from 'node:module'
import type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { parseJSON } from './json.ts'
import { printYAML } from './yaml-emitter.ts'
import { readFlow } from './yaml-flow.ts'
import { printFloat, resolvePlain } from './yaml-scalars.ts'
import { syntaxErrorOf } from './yaml-errors.ts'

/** A text that is not YAML, or holds what JSON cannot; the message begins with `yaml: ` where go-yaml wrote it. */
export class YAMLError extends Error {
  override readonly name = 'YAMLError'
}

export interface ParsedYAML {
  readonly value: unknown
  /** `line 7: key "k" already set in map`, one for each member that was there already. */
  readonly duplicates: string[]
}

/** A document may name one node often, but not blow up a small text into a large value. */
const maxAliasedNodes = 100_000

type YAMLModule = typeof import('yaml')

let loaded: YAMLModule | undefined

function library(): YAMLModule {
  loaded ??= createRequire(import.meta.url)('yaml') as YAMLModule
  return loaded
}

const controlCharacter = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ud800-\udfff\ue000-\ufffd]/

/** @throws YAMLError */
export function parseYAML(text: string): ParsedYAML {
  if (controlCharacter.test(text)) throw new YAMLError('yaml: control characters are not allowed')
  // Clients mostly send JSON, which is YAML too: JSON.parse is a hundred times faster.
  const json = /^\s*[[{]/.test(text) ? tryJSON(text) : undefined
  if (json !== undefined) return { value: sorted(json), duplicates: [] }
  checkDirectives(text)
  const flow = /^\s*[[{]/.test(text) ? readFlow(text) : undefined
  if (flow !== undefined && 'problem' in flow) throw new YAMLError(flow.problem)
  return new Conversion(flow === undefined ? text : text.slice(0, flow.end)).run()
}

/** What go-yaml asks of lines that begin with a percent sign, and of a text that ends before it begins. */
function checkDirectives(text: string): void {
  if (/^\s*\.\.\.\s/.test(`${text}\n`)) throw new YAMLError('yaml: did not find expected node content')
  const [, name, version] = /^(?:\s*\n)?%(\S*)(?:[ \t]+(\S+))?/.exec(text) ?? []
  if (name === undefined) return
  if (name === 'YAML' && version !== '1.1') throw new YAMLError('yaml: found incompatible YAML document')
  if (name !== 'YAML' && name !== 'TAG') throw new YAMLError('yaml: found unknown directive name')
}

function tryJSON(text: string): unknown {
  try {
    const { value, duplicates } = parseJSON(text, { findDuplicates: true })
    return duplicates.length > 0 ? undefined : value
  } catch {
    return undefined
  }
}

/** A decoded mapping: values by key, in the order of keys as Go prints them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return fromMembers(Object.entries(value).map(([key, member]) => [key, sorted(member)]))
}

/** Go sorts keys by their bytes; fromEntries sets `__proto__` as any other. */
function fromMembers(members: Iterable<[string, unknown]>): Record<string, unknown> {
  const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return Object.fromEntries([...members].sort(([a], [b]) => byBytes(a, b)))
}

type AnyNode = Alias | Scalar | YAMLMap | YAMLSeq | ParsedNode | Node | null

/** A key as go-yaml resolves it, `1` and `"1"` being two. */
type Key = string | number | boolean

class Conversion {
  readonly #text: string
  readonly #duplicates: string[] = []
  readonly #within = new Set<Node>()
  #document!: Document
  #nodes = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): ParsedYAML {
    const { Composer, Parser } = library()
    const composer = new Composer({
      version: '1.1',
      schema: 'failsafe',
      uniqueKeys: false,
      merge: false,
      logLevel: 'silent',
    })
    const first = composer.compose(new Parser().parse(this.#text)).next()
    if (first.done === true) return { value: null, duplicates: [] }
    this.#document = first.value as unknown as Document
    const errors = this.#document.errors.filter(
      (error) => error.pos[0] < this.#text.length || error.code !== 'UNEXPECTED_TOKEN',
    )
    if (errors.length > 0) throw new YAMLError(syntaxErrorOf(this.#text, errors))
    const value = this.#convert(this.#document.contents)
    return { value, duplicates: this.#duplicates }
  }

  #convert(node: AnyNode): unknown {
    const { isAlias, isMap, isScalar, isSeq } = library()
    if (node === null) return null
    if (++this.#nodes > maxAliasedNodes + this.#text.length)
      throw new YAMLError('yaml: document contains excessive aliasing')
    if (isAlias(node)) return this.#convertAlias(node)
    if (isMap(node)) return this.#nested(node, () => stringKeyed(this.#mapping(node, new Map())))
    if (isSeq(node)) return this.#nested(node, () => node.items.map((item) => this.#convert(item as AnyNode)))
    return isScalar(node) ? this.#scalar(node) : null
  }

  #nested<T>(node: Node, convert: () => T): T {
    this.#within.add(node)
    const value = convert()
    this.#within.delete(node)
    return value
  }

  #target(alias: Alias): Node {
    const target = alias.resolve(this.#document)
    if (target === undefined) throw new YAMLError(`yaml: unknown anchor '${alias.source}' referenced`)
    if (this.#within.has(target)) throw new YAMLError(`yaml: anchor '${alias.source}' value contains itself`)
    return target
  }

  #convertAlias(alias: Alias): unknown {
    return this.#convert(this.#target(alias) as AnyNode)
  }

  #mapping(node: YAMLMap, into: Map<Key, unknown>): Map<Key, unknown> {
    for (const pair of node.items as Pair<AnyNode, AnyNode>[]) {
      if (isMerge(pair.key)) {
        this.#merge(pair.value, into)
        continue
      }
      const key = this.#key(pair)
      const value = this.#convert(pair.value)
      if (into.has(key)) {
        const printed = typeof key === 'string' ? JSON.stringify(key) : String(key)
        this.#duplicates.push(`line ${this.#lineOf(pair.value ?? pair.key)}: key ${printed} already set in map`)
      }
      into.set(key, value)
    }
    return into
  }

  #lineOf(node: AnyNode): number {
    const offset = (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0
    return this.#text.slice(0, offset).split('\n').length
  }

  #merge(value: AnyNode, into: Map<Key, unknown>): void {
    const { isAlias, isMap, isSeq } = library()
    const node = isAlias(value) ? this.#target(value) : value
    if (isMap(node)) {
      this.#mapping(node, into)
    } else if (isSeq(node) && !isAlias(value)) {
      // Earlier ones win, so they are merged last.
      for (const item of [...(node.items as AnyNode[])].reverse()) {
        const mapping = isAlias(item) ? this.#target(item) : item
        if (!isMap(mapping)) throw new YAMLError(mergeWantsMap)
        this.#mapping(mapping, into)
      }
    } else {
      throw new YAMLError(mergeWantsMap)
    }
  }

  #key({ key, value }: Pair<AnyNode, AnyNode>): Key {
    const resolved = this.#convert(key)
    if (typeof resolved === 'object') {
      if (resolved !== null) throw new YAMLError(`yaml: invalid map key: ${printGo(resolved)}`)
      throw new YAMLError(
        `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${printGo(this.#convert(value))}`,
      )
    }
    return resolved as Key
  }

  #scalar(node: Scalar): string | number | boolean | null {
    const text = String(node.value)
    const tag = shortTag(node.tag)
    if (tag === '!!binary') return Buffer.from(text, 'base64').toString('utf8')
    if (node.type !== 'PLAIN' && tag === undefined) return text
    if (tag !== undefined && !resolvableTags.has(tag)) return text
    if (tag === '!!str') return text
    const resolved = resolvePlain(text)
    const found = resolved.tag === 'string' ? '!!str' : `!!${resolved.tag}`
    if (tag !== undefined && tag !== found && !(tag === '!!float' && found === '!!int')) {
      throw new YAMLError(`yaml: cannot decode ${found} \`${text}\` as a ${tag}`)
    }
    if (typeof resolved.value === 'number' && !Number.isFinite(resolved.value)) {
      throw new YAMLError(
        `json: unsupported value: ${Number.isNaN(resolved.value) ? 'NaN' : resolved.value > 0 ? '+Inf' : '-Inf'}`,
      )
    }
    return resolved.value
  }
}

const mergeWantsMap = 'yaml: map merge requires map or sequence of maps as the value'

const resolvableTags = new Set(['!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp'])

const shortTag = (tag: string | undefined): string | undefined => tag?.replace(/^tag:yaml\.org,2002:/, '!!')

function isMerge(key: AnyNode): boolean {
  const { isScalar } = library()
  return isScalar(key) && key.value === '<<' && (key.type === 'PLAIN' || shortTag(key.tag) === '!!merge')
}

function stringKeyed(map: Map<Key, unknown>): Record<string, unknown> {
  const printKey = (key: Key): string =>
    typeof key === 'number' && !Number.isInteger(key) ? printFloat32(key) : String(key)
  return fromMembers([...map].map(([key, value]) => [printKey(key), value]))
}

/** With as many digits as tell a number from others of 32 bits. */
function printFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === Math.fround(value)) return printFloat(rounded)
  }
  return printFloat(value)
}

/** A value as Go's format %#v prints it in error texts. */
function printGo(value: unknown): string {
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(printGo).join(', ')}}`
  if (typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${printGo(member)}`)
  return `map[interface {}]interface {}{${members.join(', ')}}`
}

/** An object as YAML text, as a server answers it. */
export function encodeYAML(object: unknown): string {
  return printYAML(object)
}
