// From a response to what of it is compared: the headers that matter, and of the body what a step asks for.
import type { Answer, Reduction } from './case-file.ts'
import type { ResponseHeaders } from './connection.ts'
import { removeAt, replaceAt, valueAt, visit } from './pointer.ts'

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
/** Noted in recordings, not compared. */
const recordedOnly = [
  'etag',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
  'x-content-type-options',
]

/** Leaves the answer as it is, and gives what a step compares of it. */
export function reduce(answer: Answer, step: Reduction): Answer {
  const reduced = 'body' in answer ? { ...answer, body: bodyView(structuredClone(answer.body), step) } : answer
  if (step.ignore === undefined) return reduced
  const kept = Object.entries(reduced).filter(([part]) => !step.ignore!.includes(part as keyof Answer))
  return Object.fromEntries(kept)
}

export function headerView(headers: ResponseHeaders): Record<string, unknown> {
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
  return Object.fromEntries(Object.entries(recorded).filter(([name]) => !recordedOnly.includes(name)))
}

function bodyView(body: unknown, step: Reduction): unknown {
  if (typeof body !== 'object' || body === null) return body
  for (const pointer of step.drop ?? []) visit(body, pointer, removeAt)
  for (const [pointer, label] of Object.entries(step.mask ?? {})) {
    visit(body, pointer, (container, key) => replaceAt(container, key, `{${label}}`))
  }
  for (const [pointer, rule] of Object.entries(step.filter ?? {})) filterList(valueAt(body, pointer), rule)
  for (const [pointer, key] of Object.entries(step.sort ?? {})) sortList(valueAt(body, pointer), key)
  if (step.keysOf !== undefined) {
    return Object.fromEntries(step.keysOf.map((pointer) => [pointer, keysAt(body, pointer)]))
  }
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
  const text = (entry: unknown): string => canonical(key === '' ? entry : (valueAt(entry, key) ?? null))
  list.sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

/** JSON whose fields are in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
