// Takes away what a case left behind. Where no namespace controller runs, namespaces are finalized from here.
import type { Connection, Response } from './connection.ts'
import { decodeBody } from './decode.ts'
import type { Outgoing } from './request.ts'
import { valueAt } from './pointer.ts'

/** The path of what a request created, if it created something. */
export function createdPath({ method, path }: Outgoing, status: number, decoded: unknown): string | undefined {
  const [plain = '', query = ''] = path.split('?')
  if (status !== 201 || query.includes('dryRun')) return undefined
  const depth = segmentsInResource(plain)
  if (method === 'POST' && depth === 1) {
    const name = valueAt(decoded, '/metadata/name')
    return typeof name === 'string' && name !== '' ? `${withoutSlash(plain)}/${name}` : undefined
  }
  return (method === 'PUT' || method === 'PATCH') && depth === 2 ? withoutSlash(plain) : undefined
}

/** 1 for a collection, 2 for an object, more for a subresource. */
function segmentsInResource(path: string): number {
  const [root, ...segments] = path.split('/').filter((segment) => segment !== '')
  const inGroup = segments.slice(root === 'api' ? 1 : 2)
  return inGroup[0] === 'namespaces' && inGroup.length > 2 ? inGroup.length - 2 : inGroup.length
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

export async function deleteAll(connection: Connection, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const deleted = await connection.sendJSON('DELETE', path, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    })
    const isLeft = valueAt(decoded(deleted), '/metadata/deletionTimestamp') !== undefined
    // A definition that is waited for takes its objects along; its finalizer is the server's own.
    if (isLeft && !path.includes('/customresourcedefinitions/')) {
      await connection.sendJSON('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json')
    }
    if (/^\/api\/v1\/namespaces\/[^/]+$/.test(path)) await finalize(connection, path)
  }
}

export async function deleteNamespace(connection: Connection, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`
  await connection.send('DELETE', path)
  await finalize(connection, path)
}

async function finalize(connection: Connection, path: string): Promise<void> {
  const current = await connection.send('GET', path)
  if (current.status !== 200) return
  await connection.sendJSON('PUT', `${path}/finalize`, { ...(decoded(current) as object), spec: { finalizers: [] } })
}

function decoded({ headers, body }: Response): unknown {
  return decodeBody(headers, body)
}
