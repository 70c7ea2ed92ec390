// POST on a service account's token: a signed token bound to the account, and to a pod, node or secret if asked.
// Source: KEP-1205; pkg/registry/core/serviceaccount/storage, TokenREST (v1.36)
import { newBadRequest, newConflict, newInvalid, newNotFound } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
import type { TokenRequest } from '../api/authentication.ts'
import type { Pod } from '../api/core.ts'
import { trackUpdate } from '../apimachinery/managed-fields/update.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Answer, Api, Scope } from './api.ts'
import { setNamespace } from './create.ts'
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

const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const defaultExpirationSeconds = 3600
const minExpirationSeconds = 10 * 60
const maxExpirationSeconds = 2 ** 32

/** @throws StatusError */
export async function requestToken(api: Api, scope: Scope, body: Body, issuer: TokenIssuer): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const schema = typeByName('io.k8s.api.authentication.v1.TokenRequest') as StructSchema
  const expected = { ...tokenRequestKind, version: 'v1' }
  const request = decodeAs(schema, expected, body, {
    fieldValidation: options.fieldValidation,
    warn: scope.warn,
  }) as TokenRequest & AnyObject
  setNamespace(request, scope)
  const account = scope.resource.store!.get(scope.namespace, scope.name).object
  const meta = (request.metadata ??= {})
  const uid = account.metadata!.uid!
  checkMeta(meta, scope, uid)
  const spec = (request.spec ??= { audiences: [] })
  spec.expirationSeconds ??= defaultExpirationSeconds
  trackUpdate(
    loneType('authentication.k8s.io/v1', schema),
    undefined,
    request,
    writerOf(api, scope, options.fieldManager),
  )
  if ((spec.audiences ?? []).length === 0) spec.audiences = [...issuer.audiences]
  checkExpiration(spec.expirationSeconds)
  const bound = boundObject(api, scope, spec.boundObjectRef)
  const issuedAt = Math.floor(api.clock.now() / 1000)
  const expiresAt = issuedAt + spec.expirationSeconds
  const token = await issuer.issue({
    namespace: scope.namespace,
    serviceAccount: { name: scope.name, uid },
    ...bound,
    audiences: spec.audiences ?? [],
    issuedAt,
    expiresAt,
  })
  meta.name = scope.name
  meta.namespace = scope.namespace
  meta.uid = uid
  meta.creationTimestamp = formatTime(api.clock.now())
  request.status = { token, expirationTimestamp: formatTime(expiresAt * 1000) }
  return { type: 'object', code: 201, object: request }
}

/** What a request says of the account must be so. @throws StatusError 409, 422 */
function checkMeta({ name = '', uid = '' }: ObjectMeta, scope: Scope, accountUid: string): void {
  const refuse = (member: string, value: string) => {
    const error = invalid(field('metadata', member), value, `must match the service account ${member} if specified`)
    return newInvalid(tokenRequestKind, scope.name, [error])
  }
  if (name !== '' && name !== scope.name) throw refuse('name', name)
  if (uid !== '' && uid !== accountUid) {
    const why = `the UID in the token request (${uid}) does not match the UID of the service account (${accountUid})`
    throw newConflict({ group: tokenRequestKind.group, resource: tokenRequestKind.kind }, scope.name, why)
  }
}

function checkExpiration(seconds: number): void {
  const path = field('spec', 'expirationSeconds')
  const errors = []
  if (seconds < minExpirationSeconds)
    errors.push(invalid(path, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > maxExpirationSeconds)
    errors.push(invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (errors.length > 0) throw newInvalid(tokenRequestKind, '', errors)
}

type Bound = Pick<TokenClaims, 'pod' | 'node' | 'secret'>

interface BoundReference {
  readonly kind?: string
  readonly apiVersion?: string
  readonly name?: string
  readonly uid?: string
}

const bindableResources = new Map([
  ['Pod', 'pods'],
  ['Node', 'nodes'],
  ['Secret', 'secrets'],
])

/** @throws StatusError 400: another kind, or a pod of another account; 404, 409 */
function boundObject(api: Api, scope: Scope, reference: BoundReference | null | undefined): Bound {
  if (reference === undefined || reference === null) return {}
  const { kind = '', apiVersion = '', name = '', uid = '' } = reference
  const resource = apiVersion.includes('/') ? undefined : bindableResources.get(kind)
  if (resource === undefined) {
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw newBadRequest(`cannot bind token to object of type ${version}, Kind=${kind}`)
  }
  if (name === '') throw newBadRequest('Name parameter required.')
  const found: Frozen<AnyObject> | undefined = api.reader.get(
    resource,
    resource === 'nodes' ? undefined : scope.namespace,
    name,
  )
  if (found === undefined) throw newNotFound({ group: '', resource }, name)
  const actual = found.metadata!.uid!
  // Who may make tokens for one account must not be taken for the pods of another.
  if (kind === 'Pod' && (found as Frozen<Pod>).spec?.serviceAccountName !== scope.name) {
    const account = JSON.stringify(scope.name)
    throw newBadRequest(
      `cannot bind token for serviceaccount ${account} to pod running with different serviceaccount name.`,
    )
  }
  if (uid !== '' && uid !== actual) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw newConflict({ group: '', resource: kind }, name, why)
  }
  if (kind === 'Secret') return { secret: { name, uid: actual } }
  if (kind === 'Node') return { node: { name, uid: actual } }
  const nodeName = (found as Frozen<Pod>).spec?.nodeName ?? ''
  if (nodeName === '') return { pod: { name, uid: actual } }
  const node = api.reader.get('nodes', undefined, nodeName)
  return {
    pod: { name, uid: actual },
    node: { name: nodeName, ...(node === undefined ? {} : { uid: node.metadata!.uid! }) },
  }
}
