// From a step to what is sent.
import { gzipSync } from 'node:zlib'
import type { HttpStep, Request } from './case-file.ts'
import { replaceAt, setAt, visit } from './pointer.ts'
import { fill, fillText, type Variables } from './variables.ts'

export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | null>
  readonly body: Buffer | undefined
}

/** @param kept bodies of earlier answers, by name */
export function outgoing(step: HttpStep, variables: Variables, kept: ReadonlyMap<string, Buffer>): Outgoing {
  const headers = requestHeaders(step, variables)
  const body = requestBody(step, variables, kept)
  const contentType =
    step.contentType ?? ('body' in step || step.bodyFrom !== undefined ? 'application/json' : undefined)
  if (contentType !== undefined) headers['content-type'] = contentType
  if (step.gzipBody === true) headers['content-encoding'] = 'gzip'
  return {
    method: step.method ?? 'GET',
    path: fillText(step.path, variables),
    headers,
    body: step.gzipBody === true && body !== undefined ? gzipSync(body) : body,
  }
}

export function requestHeaders(step: Request, variables: Variables): Record<string, string | null> {
  const headers: Record<string, string | null> = {}
  if (step.accept !== undefined) headers['accept'] = step.accept
  if (step.user !== undefined) headers['impersonate-user'] = fillText(step.user, variables)
  for (const [name, value] of Object.entries(step.headers ?? {})) {
    headers[name.toLowerCase()] = value === null ? null : fillText(value, variables)
  }
  return headers
}

function requestBody(step: HttpStep, variables: Variables, kept: ReadonlyMap<string, Buffer>): Buffer | undefined {
  if ('body' in step) {
    const body = fill(step.body, variables)
    for (const [pointer, length] of Object.entries(step.pad ?? {})) {
      visit(body, pointer, (container, key) => replaceAt(container, key, 'x'.repeat(length)))
    }
    return Buffer.from(encode(body))
  }
  if (step.rawBody !== undefined) return Buffer.from(fillText(step.rawBody, variables))
  if (step.bodyB64 !== undefined) return Buffer.from(step.bodyB64, 'base64')
  if (step.bodyFrom === undefined) return undefined
  const body = kept.get(step.bodyFrom) ?? Buffer.alloc(0)
  if (step.edit === undefined) return body
  const edited: unknown = JSON.parse(body.toString())
  for (const [pointer, value] of Object.entries(step.edit)) {
    setAt(edited, pointer, value === null ? undefined : fill(value, variables))
  }
  return Buffer.from(encode(edited))
}

/** JSON laid out as the recorded requests were: some messages cite a part of what was sent. */
function encode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, one]) => `${encode(key)}: ${encode(one)}`)
    return `{${fields.join(', ')}}`
  }
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
