// Where a request goes: resources to endpoints/, everything else to the documents and probes of a server.
import {
  newBadRequest,
  newMethodNotAllowed,
  newMethodNotSupported,
  newNotFound,
  newPathNotFound,
  newUnsupportedMediaType,
} from '../apimachinery/errors.ts'
import { checkStream } from './codec/negotiate.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import { quote } from '../apimachinery/go-quote.ts'
import type { RequestInfo } from '../apimachinery/request-info.ts'
import type { Answer, Api, Scope } from '../endpoints/api.ts'
import { apply, applyPatchType } from '../endpoints/apply.ts'
import { bind } from '../endpoints/bind.ts'
import { componentStatuses, type ComponentProbe } from '../endpoints/component-status.ts'
import { connect, connectSubresources } from '../endpoints/connect.ts'
import { create } from '../endpoints/create.ts'
import type { Body } from '../endpoints/decode.ts'
import { deleteCollection, deleteOne } from '../endpoints/delete.ts'
import { evict } from '../endpoints/evict.ts'
import { get } from '../endpoints/get.ts'
import { list } from '../endpoints/list.ts'
import { patch, type PatchBody } from '../endpoints/patch.ts'
import { review, type Reviewers } from '../endpoints/review.ts'
import { applyScale, getScale, patchScale, updateScale } from '../endpoints/scale.ts'
import { requestToken, type TokenIssuer } from '../endpoints/token.ts'
import { update } from '../endpoints/update.ts'
import { watch } from '../endpoints/watch.ts'
import type { Resource, Resources } from '../registry/resources.ts'
import { readBody } from './body.ts'
import { bodyType, decodeApplyBody, decodeBody, decodePatchBody, unknownFormat } from './codec/body.ts'
import type { Context, Filter, Handler } from './context.ts'
import { attributesOf, forbidden } from './filters/authorization.ts'
import { negotiate, writeAnswer } from './response.ts'
import { writeWatch } from './watch.ts'

/** What resource requests need beyond the registry. */
export interface Services {
  readonly api: Api
  readonly reviewers: Reviewers
  readonly tokens: TokenIssuer
  readonly components: ComponentProbe
}

export function resourceRoutes(services: Services): Filter {
  return (next) => (ctx) => {
    const info = ctx.state.requestInfo
    if (!info.isResourceRequest) return next(ctx)
    const { api } = services
    const isNoGroup = info.apiPrefix === 'apis' && info.group === ''
    if (info.path.startsWith('//') || isNoGroup || !api.resources.hasGroup(info.group)) return next(ctx)
    const resource = api.resources.get(info.group, info.version, info.resource)
    // The server of custom resources passes on what it does not know.
    const isUnknown = resource === undefined || !isInScope(resource, info)
    if (isUnknown && isCustomGroup(api.resources, info.group)) return next(ctx)
    if (resource === undefined || info.verb === 'proxy') throw newPathNotFound()
    checkCustomSubresource(resource, info)
    if (!fitsScope(resource, info)) throw newPathNotFound()
    const isLegacyWatch = legacyWatchPath.test(info.path)
    if (isLegacyWatch && !isWatchable(resource, info)) throw newPathNotFound()
    ctx.state.isServed = true
    if (isLegacyWatch && ctx.req.method !== 'GET') throw newMethodNotAllowed()
    checkMethod(resource, info, ctx.req.method!)
    if (info.parts.length > 1) checkPathName(info.parts[1]!)
    const scope = scopeOf(services, ctx, resource, info)
    const negotiated = negotiate(ctx, info.verb, {
      custom: resource.schema.decode !== undefined,
      hasTables: hasTables(resource, info.subresource),
    })
    if (info.verb === 'watch') {
      const watched = watch(api, scope)
      checkStream(negotiated)
      return writeWatch(ctx, watched, negotiated, () => api.clock.now())
    }
    const answer = answerOf(services, ctx, scope)
    if (!(answer instanceof Promise)) return writeAnswer(ctx, answer, negotiated, api.clock.now())
    return answer.then((awaited) => writeAnswer(ctx, awaited, negotiated, api.clock.now()))
  }
}

/** Where watches were before they were a parameter. */
const legacyWatchPath = /^\/(?:api|apis\/[^/]*)\/[^/]*\/watch\//

function isWatchable({ facts }: Resource, info: RequestInfo): boolean {
  return facts.verbs.includes('watch') && info.subresource === ''
}

/** Answers of these are no objects of the kind, and reviews are not kept: nobody prints them. */
const withoutTables = new Set(['binding', 'eviction', 'token'])

function hasTables({ facts, store }: Resource, subresource: string): boolean {
  return (store !== undefined || facts.kind === 'ComponentStatus') && !withoutTables.has(subresource)
}

/** Custom resources are served on one route for all of them. @throws StatusError 404 */
function checkCustomSubresource({ facts, schema }: Resource, { subresource, parts }: RequestInfo): void {
  if (schema.decode === undefined || subresource === '') return
  if (facts.subresources.some(({ name }) => name === subresource)) return
  throw newNotFound({ group: facts.group, resource: facts.resource }, parts[1] ?? '')
}

/** Without any of these a kind has only a collection: reviews. */
const verbsOfOne = new Set(['get', 'update', 'patch', 'delete'])

/** A path must name a namespace exactly for namespaced kinds; only their lists go without. */
function fitsScope(resource: Resource, info: RequestInfo): boolean {
  const { facts } = resource
  if (info.parts.includes('')) return false
  if (info.parts.length > 3 && info.subresource !== 'proxy') return false
  if (info.parts.length > 1 && !facts.verbs.some((verb) => verbsOfOne.has(verb))) return false
  if (info.subresource !== '' && !facts.subresources.some((one) => one.name === info.subresource)) return false
  return isInScope(resource, info)
}

function isInScope({ facts, schema }: Resource, info: RequestInfo): boolean {
  if (!facts.namespaced) return info.namespace === '' || facts.resource === 'namespaces'
  if (info.namespace !== '') return true
  // Of custom resources there is nothing but lists beyond namespaces.
  if (schema.decode !== undefined && info.verb !== 'list' && info.verb !== 'watch') return false
  return info.parts.length === 1 && (facts.verbs.includes('list') || facts.verbs.includes('watch'))
}

function isCustomGroup(resources: Resources, group: string): boolean {
  return resources.all().every(({ facts, schema }) => facts.group !== group || schema.decode !== undefined)
}

/** Source: apimachinery/pkg/api/validation/path, IsValidPathSegmentName. @throws StatusError 400 */
function checkPathName(name: string): void {
  const why =
    name === '.' || name === '..' ? `may not be '${name}'` : name.includes('%') ? `may not contain '%'` : undefined
  if (why !== undefined) throw newBadRequest(`Name parameter invalid: ${quote(name)}: ${why}`)
}

/** @throws StatusError 405 */
function checkMethod(resource: Resource, info: RequestInfo, method: string): void {
  if (hasMethod(resource, info, method)) return
  const { facts, schema } = resource
  if (schema.decode === undefined) throw newMethodNotAllowed()
  throw newMethodNotSupported({ group: facts.group, resource: facts.resource }, method === 'OPTIONS' ? '' : info.verb)
}

function hasMethod(resource: Resource, info: RequestInfo, method: string): boolean {
  const { facts, schema } = resource
  const isPart = info.subresource !== ''
  const subresource = isPart ? facts.subresources.find((one) => one.name === info.subresource) : undefined
  const isCollection = info.parts.length === 1
  const acrossNamespaces = facts.namespaced && info.namespace === ''
  // Discovery tells what may be done with a custom resource whose definition goes; it is not what is refused.
  const isCustom = schema.decode !== undefined && subresource === undefined
  const allowed = (verb: string): boolean => isCustom || (subresource?.verbs ?? facts.verbs).includes(verb)
  // A proxied request may have any.
  const isProxied = info.subresource === 'proxy'
  switch (method) {
    case 'GET':
      return allowed(subresource === undefined && isCollection ? 'list' : 'get')
    case 'POST':
      return (subresource !== undefined || (isCollection && !acrossNamespaces)) && allowed('create')
    case 'PUT':
      return !isCollection && allowed('update')
    case 'PATCH':
      return isProxied ? allowed('get') : !isCollection && allowed('patch')
    case 'DELETE':
      return isCollection ? allowed('deletecollection') && !acrossNamespaces : allowed('delete')
    case 'HEAD':
      // The server of custom resources looks at verbs, not at methods.
      if (schema.decode !== undefined && info.verb !== 'watch') return hasMethod(resource, info, 'GET')
      return isProxied && allowed('get')
    case 'OPTIONS':
      return isProxied && allowed('get')
    default:
      return false
  }
}

function scopeOf(services: Services, ctx: Context, resource: Resource, info: RequestInfo): Scope {
  const isNamespaceItself = resource.facts.resource === 'namespaces' && resource.facts.group === ''
  if (resource.kind.deprecation !== undefined) ctx.state.warnings.add(resource.kind.deprecation)
  return {
    resource,
    subresource: info.subresource,
    namespace: isNamespaceItself ? (info.parts[1] ?? '') : info.namespace,
    name: info.parts[1] ?? '',
    user: ctx.state.user,
    query: ctx.state.query,
    userAgent: ctx.req.headers['user-agent'] ?? '',
    warn: (text) => void ctx.state.warnings.add(text),
    authorizeCreate() {
      const question = attributesOf({ ...info, verb: 'create' }, ctx.state.user)
      const decision = services.reviewers.authorize(question)
      if (decision.verdict !== 'allow') throw forbidden(question, decision)
    },
  }
}

/** Of reads at once: they come from memory. */
function answerOf(services: Services, ctx: Context, scope: Scope): Answer | Promise<Answer> {
  const { subresource, resource } = scope
  if (connectSubresources.has(subresource)) return connect(services.api, scope)
  const { method } = ctx.req
  const isRead = method === 'GET' || method === 'HEAD'
  if (subresource === 'scale') return isRead ? getScale(scope) : writeScale(services, ctx, scope)
  if (!isRead) return writeObject(services, ctx, scope)
  if (resource.facts.kind === 'ComponentStatus') return componentStatuses(scope, services.components)
  return scope.name === '' ? list(scope) : get(scope)
}

async function writeScale({ api }: Services, ctx: Context, scope: Scope): Promise<Answer> {
  if (ctx.method === 'PUT') return updateScale(api, scope, await bodyOf(ctx, scope.resource, 'scale'))
  return isApply(ctx)
    ? applyScale(api, scope, decodeApplyBody(await readBody(ctx)))
    : patchScale(api, scope, await patchOf(ctx, scope.resource))
}

async function writeObject(services: Services, ctx: Context, scope: Scope): Promise<Answer> {
  const { api } = services
  const { resource, subresource, name } = scope
  switch (ctx.method) {
    case 'POST': {
      const body = await bodyOf(ctx, resource, subresource)
      if (subresource === 'binding' || resource.facts.kind === 'Binding') return bind(api, scope, body)
      if (subresource === 'eviction') return evict(api, scope, body)
      if (subresource === 'token') return requestToken(api, scope, body, services.tokens)
      if (resource.store === undefined) return review(api, scope, body, services.reviewers)
      return create(api, scope, body)
    }
    case 'PUT':
      return update(api, scope, await bodyOf(ctx, resource, subresource))
    case 'PATCH':
      return isApply(ctx)
        ? apply(api, scope, decodeApplyBody(await readBody(ctx)))
        : patch(api, scope, await patchOf(ctx, resource))
    default: {
      const bytes = await readBody(ctx)
      const body =
        bytes.length === 0
          ? undefined
          : decodeBody(ctx.get('content-type'), bytes, { apiVersion: 'v1', kind: 'DeleteOptions' })
      return name === '' ? deleteCollection(api, scope, body) : deleteOne(api, scope, body)
    }
  }
}

/** @param subresource its body may be of a kind of its own: a Scale, an Eviction */
async function bodyOf(ctx: Context, { facts, schema }: Resource, subresource = ''): Promise<Body> {
  const own = facts.subresources.find(({ name }) => name === subresource)
  const expected =
    own === undefined
      ? { apiVersion: formatGroupVersion(facts), kind: facts.kind }
      : { apiVersion: own.apiVersion, kind: own.kind }
  // Its form is looked at before it is read.
  bodyType(ctx.get('content-type'))
  // A Scale is a kind of the server's own, of whatever it is.
  const isCustom = schema.decode !== undefined && subresource !== 'scale'
  return decodeBody(ctx.get('content-type'), await readBody(ctx), { ...expected, isCustom })
}

const isApply = (ctx: Context): boolean => mediaTypeOf(ctx) === applyPatchType
const mediaTypeOf = (ctx: Context): string => ctx.get('content-type').split(';')[0]!.trim()

const patchTypes = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
])

/** Without Go types there is nothing to say how lists are merged. */
const customPatchTypes = ['application/json-patch+json', 'application/merge-patch+json']

const allPatchTypes = [...patchTypes, applyPatchType]

async function patchOf(ctx: Context, { schema }: Resource): Promise<PatchBody> {
  const type = mediaTypeOf(ctx)
  if (schema.decode !== undefined && !customPatchTypes.includes(type)) {
    const accepted = [...customPatchTypes, applyPatchType].join(', ')
    throw newUnsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
    )
  }
  // The router takes one of several for good, the handler does not.
  const among = type.split(',').map((one) => one.trim())
  if (!patchTypes.has(type) && among.some((one) => allPatchTypes.includes(one))) throw unknownFormat(allPatchTypes)
  if (!patchTypes.has(type)) throw newUnsupportedMediaType('415: Unsupported Media Type', {})
  const bytes = await readBody(ctx)
  let decoded: ReturnType<typeof decodePatchBody> | undefined
  // Read when it is applied: nobody looks at a patch of what is not there.
  const decode = () => (decoded ??= decodePatchBody(bytes, type))
  return {
    type,
    get value() {
      return decode().value
    },
    get findings() {
      return decode().findings
    },
  }
}

/** After all filters: a path that nobody knows. */
export const notFound: Handler = (ctx) => {
  ctx.status = 404
  ctx.type = 'text/plain; charset=utf-8'
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.body = '404 page not found\n'
}
