// From a response to what of it is compared: the headers that matter, the body as a value, and of the body what a step asks for.
import { removeAt, replaceAt, valueAt, visit } from './pointer.ts'
import type { Answer, Step } from './case-file.ts'

export interface Response {
  readonly status: number
  /** Lower case; more than one value where a header was sent more than once. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: Buffer
}

const comparedHeaders = [
  'content-type',
  'warning',
  'allow',
  'retry-after',
  'cache-control',
  'www-authenticate',
  'content-encoding',
  'vary',
  'location',
]
/** Their values are made up by the server. */
const presentHeaders = ['audit-id']

/** The body as a value: JSON as it is, anything else under a key that says what it is. */
export function decodeBody({ headers, body }: Response): unknown {
  if (body.length === 0) return null
  const type = (headers['content-type']?.[0] ?? '').split(';')[0]!.trim()
  const text = body.toString('utf8')
  if (type !== 'application/json' && !type.endsWith('+json')) return { $text: text }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return { $text: text }
  }
}

export function reduce(response: Response, decoded: unknown, step: Step): Answer {
  const body = structuredClone(decoded)
  const answer = { status: response.status, headers: headerView(response.headers), body: bodyView(body, step) }
  return Object.fromEntries(
    Object.entries(answer).filter(([part]) => !step.ignore?.includes(part as keyof typeof answer)),
  )
}

function headerView(headers: Response['headers']): Record<string, unknown> {
  const view: Record<string, unknown> = {}
  for (const name of comparedHeaders) {
    const values = headers[name]
    if (values !== undefined) view[name] = values.length === 1 ? values[0] : values
  }
  for (const name of presentHeaders) if (headers[name] !== undefined) view[name] = 'present'
  return view
}

/** Of a recorded answer's headers, those that are compared. */
export function comparedHeadersOf(recorded: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const compared = [...comparedHeaders, ...presentHeaders]
  return Object.fromEntries(Object.entries(recorded).filter(([name]) => compared.includes(name)))
}

function bodyView(body: unknown, step: Step): unknown {
  if (typeof body !== 'object' || body === null) return body
  for (const pointer of step.drop ?? []) visit(body, pointer, removeAt)
  for (const [pointer, label] of Object.entries(step.mask ?? {})) {
    visit(body, pointer, (container, key) => replaceAt(container, key, `{${label}}`))
  }
  for (const [pointer, rule] of Object.entries(step.filter ?? {})) filterList(valueAt(body, pointer), rule)
  for (const [pointer, key] of Object.entries(step.sort ?? {})) sortList(valueAt(body, pointer), key)
  if (step.keysOf !== undefined)
    return Object.fromEntries(step.keysOf.map((pointer) => [pointer, keysAt(body, pointer)]))
  if (step.pick !== undefined) {
    return Object.fromEntries(step.pick.map((pointer) => [pointer, valueAt(body, pointer) ?? null]))
  }
  if (step.grep !== undefined && '$text' in body) {
    const lines = [...(body.$text as string).matchAll(new RegExp(step.grep, 'gm'))].map(([line]) => line)
    return { $lines: lines.sort() }
  }
  return body
}

function keysAt(body: unknown, pointer: string): string[] | null {
  const value = valueAt(body, pointer)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).sort() : null
}

function filterList(list: unknown, { key, drop, keep }: { key: string; drop?: string; keep?: string }): void {
  if (!Array.isArray(list)) return
  const pattern = new RegExp(drop ?? keep ?? '')
  const isKept = (entry: unknown): boolean => {
    const value = valueAt(entry, key)
    const matches = value !== undefined && pattern.test(String(value))
    return drop === undefined ? matches : !matches
  }
  list.splice(0, list.length, ...list.filter(isKept))
}

function sortList(list: unknown, key: string): void {
  if (!Array.isArray(list)) return
  const text = (entry: unknown): string => JSON.stringify(key === '' ? entry : (valueAt(entry, key) ?? null))
  list.sort((a, b) => (text(a) < text(b) ? -1 : 1))
}
