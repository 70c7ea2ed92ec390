// POST on a service account's token: a signed token bound to the account, and to a pod or secret if asked.
// Source: KEP-1205; pkg/registry/core/serviceaccount/storage, TokenREST (v1.36)
import { randomUUID } from 'node:crypto'
import { newBadRequest, newConflict, newInvalid, newNotFound } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { TokenRequest } from '../api/authentication.ts'
import { trackUpdate } from '../apimachinery/managed-fields/update.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Answer, Api, Scope } from './api.ts'
import { decodeAs, type Body } from './decode.ts'
import { loneType, writerOf } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'

/** Times are seconds since the epoch. */
export interface TokenClaims {
  readonly namespace: string
  readonly serviceAccount: { name: string; uid: string }
  readonly pod?: { name: string; uid: string }
  readonly node?: { name: string; uid?: string }
  readonly secret?: { name: string; uid: string }
  readonly audiences: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Signs; supplied by the composition root. */
export interface TokenIssuer {
  /** Used when a request names none. */
  readonly audiences: readonly string[]
  issue(claims: TokenClaims): Promise<string>
}

const defaultExpirationSeconds = 3600
const minExpirationSeconds = 10 * 60
const maxExpirationSeconds = 2 ** 32

/** @throws StatusError */
export async function requestToken(api: Api, scope: Scope, body: Body, issuer: TokenIssuer): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const schema = typeByName('io.k8s.api.authentication.v1.TokenRequest') as StructSchema
  const expected = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }
  const request = decodeAs(schema, expected, body, { fieldValidation: options.fieldValidation, warn: scope.warn }) as TokenRequest & AnyObject
  const account = scope.resource.store!.get(scope.namespace, scope.name).object
  const meta = (request.metadata ??= {})
  if ((meta.name ?? '') !== '' && meta.name !== scope.name) {
    throw newBadRequest(`metadata.name: ${meta.name} does not match the service account name ${scope.name}`)
  }
  const spec = (request.spec ??= { audiences: [] })
  spec.expirationSeconds ??= defaultExpirationSeconds
  trackUpdate(loneType('authentication.k8s.io/v1', schema), undefined, request, writerOf(api, scope, options.fieldManager))
  if ((spec.audiences ?? []).length === 0) spec.audiences = [...issuer.audiences]
  checkExpiration(spec.expirationSeconds)
  const bound = boundObject(api, scope, spec.boundObjectRef)
  const issuedAt = Math.floor(api.clock.now() / 1000)
  const expiresAt = issuedAt + spec.expirationSeconds
  const token = await issuer.issue({
    namespace: scope.namespace,
    serviceAccount: { name: scope.name, uid: account.metadata!.uid! },
    ...bound,
    audiences: spec.audiences ?? [],
    issuedAt,
    expiresAt,
  })
  meta.name = scope.name
  meta.namespace = scope.namespace
  meta.uid = randomUUID()
  meta.creationTimestamp = formatTime(api.clock.now())
  request.status = { token, expirationTimestamp: formatTime(expiresAt * 1000) }
  return { type: 'object', code: 201, object: request }
}

function checkExpiration(seconds: number): void {
  const path = field('spec', 'expirationSeconds')
  const errors = []
  if (seconds < minExpirationSeconds) errors.push(invalid(path, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > maxExpirationSeconds) errors.push(invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (errors.length > 0) throw newInvalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors)
}

type Bound = Pick<TokenClaims, 'pod' | 'node' | 'secret'>

function boundObject(api: Api, scope: Scope, reference: { kind?: string; apiVersion?: string; name?: string; uid?: string } | null | undefined): Bound {
  if (reference === undefined || reference === null) return {}
  const { kind = '', name = '', uid = '' } = reference
  const resource = kind === 'Pod' ? 'pods' : kind === 'Secret' ? 'secrets' : undefined
  if (resource === undefined) throw newBadRequest(`cannot bind token for serviceaccount ${JSON.stringify(scope.name)} to object kind ${kind}`)
  const found: Frozen<AnyObject> | undefined = api.reader.get(resource, scope.namespace, name)
  if (found === undefined) throw newNotFound({ group: '', resource }, name)
  const actual = found.metadata!.uid!
  if (uid !== '' && uid !== actual) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw newConflict({ group: '', resource }, name, why)
  }
  if (kind === 'Secret') return { secret: { name, uid: actual } }
  const nodeName = (found['spec'] as { nodeName?: string } | undefined)?.nodeName
  const node = nodeName === undefined ? undefined : api.reader.get('nodes', undefined, nodeName)
  return {
    pod: { name, uid: actual },
    ...(node === undefined ? {} : { node: { name: nodeName!, uid: node.metadata!.uid! } }),
  }
}
