// What differs from run to run becomes a placeholder. What was equal within a case stays equal: uids and resource versions
// are numbered, the latter by rank, so that their order is compared too. Fields are walked in the order of their names.
import { isIPv4 } from 'node:net'
import type { Answer } from './case-file.ts'

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
/** Those that a case or the server made by hand. */
const plainUID = /^00000000-|^[0-9a-f]{8}-0000-0000-0000-000000000000$/
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)/g
const age = /^(?:\d+[smhdy]){1,3}$|^<invalid>$/
/** Source: apimachinery/pkg/util/rand, String (v1.36): the letters of a generated name. */
const generatedSuffix = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/
const tokenVolume = /\bkube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g
/** What messages say of the moment. */
const inMessages: readonly (readonly [RegExp, string])[] = [
  [/too old resource version: \d+ \(\d+\)/g, 'too old resource version: {rv} ({rv})'],
  [/Too large resource version: \d+, current: \d+/g, 'Too large resource version: {rv}, current: {rv}'],
  [/(ResourceVersion in precondition: )\d+(, ResourceVersion in object meta: )\d+/g, '$1{rv}$2{rv}'],
  [/(the ResourceVersion in the precondition \(\d+\) does not match the ResourceVersion in record \()\d+/g, '$1{rv}'],
  [/(resourceVersion(?:\\*")?: ?\\*")\d+(\\*")/g, '$1{rv}$2'],
  [/(The range of valid IPs is )[0-9a-f.:/]+/g, '$1{cidr}'],
]
const recentMs = 3 * 24 * 60 * 60 * 1000
const lowestNodePort = 30000
const highestNodePort = 32767

type Value = Readonly<Record<string, unknown>>

/** A name that the server made up, and the prefix that was asked for. */
export interface GeneratedName {
  readonly prefix: string
  readonly name: string
}

export interface RawAnswer {
  readonly answer: Answer
  readonly generated?: GeneratedName
}

/** @param namespace of the case: a name that occurs nowhere else */
export function normalise(answers: readonly RawAnswer[], namespace: string, nowMs: number): Answer[] {
  const seen = new Placeholders(namespace, nowMs)
  for (const { answer, generated } of answers) {
    seen.collect(withoutListMetadata(answer.body))
    for (const event of answer.events ?? []) {
      if (!/^(?:BOOKMARK|ERROR)$/.test(String(valueOf(event, 'type')))) seen.collect(valueOf(event, 'object'))
    }
    if (generated !== undefined) seen.addGenerated(generated)
  }
  return answers.map(({ answer }) => ({
    ...answer,
    ...(answer.headers === undefined ? {} : { headers: seen.replace(answer.headers) as Value }),
    ...('body' in answer ? { body: seen.replaceBody(answer.body) } : {}),
    ...(answer.events === undefined ? {} : { events: answer.events.map((event) => seen.replaceEvent(event)) }),
  }))
}

/** The resource version of a list is that of the moment, not of an object. */
function withoutListMetadata(body: unknown): unknown {
  return isList(body) ? { ...body, metadata: undefined } : body
}

function isList(body: unknown): body is Value {
  if (!isObject(body) || typeof body['kind'] !== 'string') return false
  return (
    body['kind'] === 'Status' ||
    body['kind'] === 'Table' ||
    (body['kind'].endsWith('List') && ('items' in body || 'rows' in body))
  )
}

/** Whose resource version a field of this name holds. */
type Versions = 'of objects' | 'of the list' | 'of the moment'

class Placeholders {
  readonly #namespace: string
  readonly #nowMs: number
  readonly #revisions = new Set<number>()
  readonly #uids = new Map<string, string>()
  readonly #names = new Map<string, string>()
  readonly #addresses = new Map<string, string>()
  readonly #ports = new Map<string, string>()
  #ranks: Map<number, number> | undefined

  constructor(namespace: string, nowMs: number) {
    this.#namespace = namespace
    this.#nowMs = nowMs
  }

  /** Notes the values whose placeholders depend on all answers of a case. */
  collect(value: unknown, key = ''): void {
    if (Array.isArray(value)) for (const one of value) this.collect(one, key)
    else if (isObject(value)) for (const name of Object.keys(value).sort()) this.collect(value[name], fieldName(name))
    else if (key === 'resourceVersion' && typeof value === 'string' && /^\d+$/.test(value))
      this.#revisions.add(Number(value))
    else if (/^clusterIPs?$/.test(key) && typeof value === 'string' && isIPv4(value))
      number(this.#addresses, value, 'ip')
    else if (isNodePort(key, value)) number(this.#ports, String(value), 'nodePort')
  }

  addGenerated({ prefix, name }: GeneratedName): void {
    const label = generatedSuffix.test(name.slice(prefix.length)) ? 'gen' : 'badgen'
    this.#names.set(name, `${prefix}{${label}${this.#names.size + 1}}`)
  }

  replaceBody(body: unknown): unknown {
    if (!isList(body) || !isObject(body['metadata'])) return this.replace(body)
    return this.#withListMetadata(body, 'of objects')
  }

  replaceEvent(event: unknown): unknown {
    const object = valueOf(event, 'object')
    if (valueOf(event, 'type') !== 'BOOKMARK' || !isObject(object) || !isObject(object['metadata'])) {
      return this.replace(event)
    }
    return { type: 'BOOKMARK', object: this.#withListMetadata(object, 'of the moment') }
  }

  #withListMetadata({ metadata, ...rest }: Value, versions: Versions): Value {
    const replaced = this.replace(rest, '', versions) as Value
    return { ...replaced, metadata: this.replace(metadata, 'metadata', 'of the list') }
  }

  replace(value: unknown, key = '', versions: Versions = 'of objects'): unknown {
    if (typeof value === 'string') return this.#text(value)
    if (isNodePort(key, value)) return this.#ports.get(String(value)) ?? value
    if (Array.isArray(value)) return value.map((one) => this.replace(one, key, versions))
    if (!isObject(value)) return value
    const replaced: Record<string, unknown> = {}
    for (const name of Object.keys(value).sort()) {
      replaced[this.#text(name)] = this.#field(value, name, versions)
    }
    return replaced
  }

  #field(object: Value, name: string, versions: Versions): unknown {
    const value = object[name]
    const key = fieldName(name)
    // Those of a list say nothing of what is below them.
    const below = versions === 'of the list' ? 'of objects' : versions
    if (key === 'resourceVersion' && typeof value === 'string' && value !== '' && value !== '0') {
      return versions === 'of objects' ? this.#rank(value) : '{lrv}'
    }
    if (key === 'continue' && versions === 'of the list' && Boolean(value)) return '{continue}'
    if (key === 'managedFields' && Array.isArray(value)) {
      const order = ['operation', 'manager', 'subresource', 'apiVersion']
      return this.replace(sortedBy(value, order), '', below)
    }
    if (key === 'details' && object['reason'] === 'Conflict' && Array.isArray(valueOf(value, 'causes'))) {
      const details = value as Value & { causes: unknown[] }
      return this.replace({ ...details, causes: sortedBy(details.causes, ['field', 'message']) }, key, below)
    }
    if (key === 'cells' && Array.isArray(value)) {
      return value.map((cell) => (typeof cell === 'string' && age.test(cell) ? '{age}' : this.replace(cell)))
    }
    return this.replace(value, key, below)
  }

  #text(text: string): string {
    let result = text
    for (const [name, placeholder] of this.#names) result = result.replaceAll(name, () => placeholder)
    result = result
      .replaceAll(this.#namespace, '{ns}')
      .replaceAll(tokenVolume, 'kube-api-access-{gen}')
      .replaceAll(uid, (found) => (plainUID.test(found) ? found : number(this.#uids, found, 'uid')))
      .replaceAll(time, (found, fraction?: string) => this.#time(found, fraction))
    for (const [address, placeholder] of this.#addresses) {
      if (!result.includes(address)) continue
      result = result.replaceAll(new RegExp(`(?<![\\d.])${address.replaceAll('.', '\\.')}(?!\\d)`, 'g'), placeholder)
    }
    if (this.#ports.size > 0) result = result.replaceAll(/\b\d{5}\b/g, (found) => this.#ports.get(found) ?? found)
    for (const [pattern, replacement] of inMessages) result = result.replaceAll(pattern, replacement)
    return result
  }

  #rank(revision: string): string {
    this.#ranks ??= new Map([...this.#revisions].sort((a, b) => a - b).map((one, at) => [one, at + 1]))
    return `{rv:${this.#ranks.get(Number(revision)) ?? '?'}}`
  }

  #time(found: string, fraction: string | undefined): string {
    // What is no date is not recent either.
    const isRecent = Math.abs(Date.parse(found) - this.#nowMs) <= recentMs
    if (!isRecent) return found
    return fraction === undefined ? '{time}' : `{time.${fraction.length}}`
  }
}

function isObject(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueOf(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

/** The key of a picked place is its pointer: the field is its last segment. */
function fieldName(key: string): string {
  return key.startsWith('/') ? key.slice(key.lastIndexOf('/') + 1) : key
}

function number(placeholders: Map<string, string>, key: string, label: string): string {
  const known = placeholders.get(key)
  if (known !== undefined) return known
  const made = `{${label}:${placeholders.size + 1}}`
  placeholders.set(key, made)
  return made
}

function isNodePort(key: string, value: unknown): value is number {
  return (
    /^(nodePort|healthCheckNodePort)$/.test(key) &&
    typeof value === 'number' &&
    value >= lowestNodePort &&
    value <= highestNodePort
  )
}

function sortedBy(list: readonly unknown[], keys: readonly string[]): unknown[] {
  const text = (one: unknown): string => keys.map((key) => String(valueOf(one, key) ?? '')).join('\0')
  return list.toSorted((a, b) => {
    const [left, right] = [text(a), text(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}
