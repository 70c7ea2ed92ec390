// What differs from run to run becomes a placeholder. What was equal within a case stays equal: uids and resource versions
// are numbered, the latter by rank, so that their order is compared too.
import { isIPv4 } from 'node:net'
import type { Answer } from './case-file.ts'

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)/g
const age = /^(?:\d+[smhdy]){1,3}$|^<invalid>$/
const recentMs = 3 * 24 * 60 * 60 * 1000
const lowestNodePort = 30000
const highestNodePort = 32767

type Value = Readonly<Record<string, unknown>>

/** The same place may be named by the pointer of a `pick`. */
const lastSegment = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

function isObject(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param namespace of the case: a name that occurs nowhere else */
export function normalise(answers: readonly Answer[], namespace: string, nowMs: number): Answer[] {
  const seen = new Placeholders(namespace, nowMs)
  for (const { body } of answers) seen.collect(withoutListMetadata(body))
  return answers.map((answer) => ({
    ...answer,
    ...(answer.headers === undefined ? {} : { headers: seen.replace(answer.headers) as Value }),
    ...('body' in answer ? { body: seen.replaceBody(answer.body) } : {}),
  }))
}

function isList(body: unknown): body is Value & { metadata: unknown } {
  return (
    isObject(body) &&
    typeof body['kind'] === 'string' &&
    /List$|^Table$/.test(body['kind']) &&
    isObject(body['metadata'])
  )
}

/** The resource version of a list is that of the moment, not of an object. */
function withoutListMetadata(body: unknown): unknown {
  return isList(body) ? { ...body, metadata: {} } : body
}

class Placeholders {
  readonly #namespace: string
  readonly #nowMs: number
  readonly #revisions = new Set<number>()
  readonly #uids = new Map<string, string>()
  readonly #addresses = new Map<string, string>()
  readonly #ports = new Map<number, string>()
  #ranks: Map<number, number> | undefined

  constructor(namespace: string, nowMs: number) {
    this.#namespace = namespace
    this.#nowMs = nowMs
  }

  /** Notes the values whose placeholders depend on all answers of a case. */
  collect(value: unknown, key = ''): void {
    if (Array.isArray(value)) for (const one of value) this.collect(one, key)
    else if (isObject(value)) for (const name of Object.keys(value).sort()) this.collect(value[name], lastSegment(name))
    else if (key === 'resourceVersion' && typeof value === 'string' && /^\d+$/.test(value))
      this.#revisions.add(Number(value))
    else if (/^clusterIPs?$/.test(key) && typeof value === 'string' && isIPv4(value))
      number(this.#addresses, value, 'ip')
    else if (isNodePort(key, value)) number(this.#ports, value, 'nodePort')
  }

  replaceBody(body: unknown): unknown {
    if (!isList(body)) return this.replace(body)
    const metadata = this.replace(body.metadata) as Record<string, unknown>
    if (isMeaningful(valueOf(body.metadata, 'resourceVersion'))) metadata['resourceVersion'] = '{lrv}'
    if (valueOf(body.metadata, 'continue')) metadata['continue'] = '{continue}'
    return { ...(this.replace({ ...body, metadata: {} }) as Value), metadata }
  }

  replace(value: unknown, key = ''): unknown {
    if (typeof value === 'string') return this.#text(value, key)
    if (isNodePort(key, value)) return this.#ports.get(value) ?? value
    if (Array.isArray(value)) return this.#list(value, key)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [this.#text(name, ''), this.replace(one, lastSegment(name))]),
    )
  }

  #list(list: readonly unknown[], key: string): unknown[] {
    if (key === 'cells')
      return list.map((cell) => (typeof cell === 'string' && age.test(cell) ? '{age}' : this.replace(cell)))
    const order = key === 'managedFields' ? ['operation', 'manager', 'subresource', 'apiVersion'] : undefined
    return (order === undefined ? list : sortedBy(list, order)).map((one) => this.replace(one, key))
  }

  #text(text: string, key: string): string {
    if (key === 'resourceVersion' && isMeaningful(text)) return this.#rank(text)
    let result = text
      .replaceAll(this.#namespace, '{ns}')
      .replaceAll(uid, (found) => (found.startsWith('00000000-') ? found : number(this.#uids, found, 'uid')))
      .replaceAll(time, (found, fraction?: string) => this.#time(found, fraction))
    for (const [address, placeholder] of this.#addresses) {
      result = result.replaceAll(new RegExp(`(?<![\\d.])${address.replaceAll('.', '\\.')}(?!\\d)`, 'g'), placeholder)
    }
    return result
  }

  #rank(revision: string): string {
    this.#ranks ??= new Map([...this.#revisions].sort((a, b) => a - b).map((one, at) => [one, at + 1]))
    return `{rv:${this.#ranks.get(Number(revision)) ?? '?'}}`
  }

  #time(found: string, fraction: string | undefined): string {
    if (Math.abs(Date.parse(found) - this.#nowMs) > recentMs) return found
    return fraction === undefined ? '{time}' : `{time.${fraction.length}}`
  }
}

function number<Key>(placeholders: Map<Key, string>, key: Key, label: string): string {
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

/** Of a resource version: neither "unset" nor "any". */
function isMeaningful(revision: unknown): boolean {
  return typeof revision === 'string' && revision !== '' && revision !== '0'
}

function valueOf(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

function sortedBy(list: readonly unknown[], keys: readonly string[]): unknown[] {
  const text = (one: unknown): string => keys.map((key) => String(valueOf(one, key) ?? '')).join('\0')
  return list.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}
