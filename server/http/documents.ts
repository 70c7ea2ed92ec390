// Fixed paths: probes, version, discovery, OpenAPI, metrics, the keys of service-account tokens.
import Router from '@koa/router'
import { newMethodNotAllowed, newPathNotFound } from '../apimachinery/errors.ts'
import { checkRouteAccepts, jsonType } from './codec/negotiate.ts'
import type { Context, Filter } from './context.ts'
import { serveHealth, type HealthChecks, type HealthEndpoint } from './health.ts'
import { writeBytes } from './response.ts'

/** A document as it goes out. */
export interface Document {
  readonly contentType: string
  readonly bytes: Buffer
  readonly etag?: string
  readonly vary?: readonly string[]
  readonly cacheControl?: string
}

export interface DiscoveryDocuments {
  /**
   * @param segments of the path, `['apis', 'apps', 'v1']`
   * @returns undefined if the path is no discovery document; `unknown-version` for a version a known group does not have
   * @throws StatusError 406
   */
  find(segments: readonly string[], accept: string | undefined): Document | 'unknown-version' | undefined
}

export interface OpenAPIDocuments {
  /** @param path below /openapi/v3, empty for the index */
  v3(path: string, accept: string | undefined): Document | undefined | Promise<Document | undefined>
  v2(accept: string | undefined): Document | Promise<Document>
}

export interface Documents {
  readonly health: HealthChecks
  readonly version: Readonly<Record<string, string>>
  readonly discovery: DiscoveryDocuments
  readonly openapi: OpenAPIDocuments
  /** Text of /metrics. */
  metrics(): Promise<string>
  readonly tokens: { readonly issuer: string; keySet(): Promise<{ keys: Record<string, unknown>[] }> }
  /** `https://host:port` as clients reach it. */
  url(): string
}

/** HEAD is answered on all other paths that are no resources. */
const withoutHead = new Set(['/version', '/.well-known/openid-configuration', '/openid/v1/jwks'])

const healthEndpoints: readonly HealthEndpoint[] = ['healthz', 'livez', 'readyz']

export function documents(options: Documents): Filter {
  const router = new Router<Context['state']>()
  const { discovery, openapi, tokens } = options

  for (const endpoint of healthEndpoints) {
    router.all(`/${endpoint}{/*check}`, (ctx, next) => {
      const name = ctx.path.slice(endpoint.length + 2)
      return serveHealth(ctx as unknown as Context, endpoint, name, options.health) ? undefined : next()
    })
  }
  router.get('/version', (ctx) => {
    checkRouteAccepts(acceptOf(ctx as unknown as Context), [jsonType])
    // Indented for everybody. Source: apiserver/pkg/endpoints/handlers/responsewriters, WriteRawJSON
    writeBytes(ctx as unknown as Context, 200, jsonType, [Buffer.from(JSON.stringify(options.version, null, 2))])
  })
  router.get('/metrics', async (ctx) => {
    ctx.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores')
    ctx.body = await options.metrics()
  })
  router.get('/.well-known/openid-configuration', (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=3600')
    const body = {
      issuer: tokens.issuer,
      jwks_uri: `${options.url()}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }
    writeBytes(ctx as unknown as Context, 200, jsonType, [Buffer.from(JSON.stringify(body))])
  })
  router.get('/openid/v1/jwks', async (ctx) => {
    checkRouteAccepts(acceptOf(ctx as unknown as Context), ['application/jwk-set+json'])
    ctx.set('Cache-Control', 'public, max-age=3600')
    writeBytes(ctx as unknown as Context, 200, 'application/jwk-set+json', [
      Buffer.from(JSON.stringify(await tokens.keySet())),
    ])
  })
  router.get('/openapi/v2', async (ctx) =>
    writeDocument(ctx as unknown as Context, await openapi.v2(acceptOf(ctx as unknown as Context))),
  )
  router.get('/openapi/v3{/*path}', async (ctx) => {
    const document = await openapi.v3(ctx.path.slice('/openapi/v3/'.length), acceptOf(ctx as unknown as Context))
    if (document === undefined) {
      // As the real server does: nothing but the status.
      ctx.body = null
      ctx.status = 404
      return
    }
    writeDocument(ctx as unknown as Context, document)
  })
  const routes = router.routes() as unknown as Filter
  return async (ctx, next) => {
    if (ctx.method === 'HEAD' && withoutHead.has(ctx.path.replace(/\/+$/, ''))) throw newMethodNotAllowed()
    // A trailing slash means the same document.
    if (await discoveryDocument(ctx, discovery)) return
    await routes(ctx, async () => {
      if (isKnownPath(router, ctx)) throw newMethodNotAllowed()
      await next()
    })
  }
}

function isKnownPath(router: Router<Context['state']>, ctx: Context): boolean {
  return ctx.method !== 'GET' && router.match(ctx.path.replace(/\/+$/, ''), 'GET').route
}

function acceptOf(ctx: Context): string | undefined {
  const accept = ctx.get('accept')
  return accept === '' ? undefined : accept
}

/** `/`, `/api`, `/apis` and below. True if it answered. @throws StatusError 404, 405, 406 */
async function discoveryDocument(ctx: Context, discovery: DiscoveryDocuments): Promise<boolean> {
  const segments = ctx.path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  const found = discovery.find(segments, acceptOf(ctx))
  if (found === undefined) return false
  if (found === 'unknown-version') throw newPathNotFound()
  if (!['GET', 'POST'].includes(ctx.method)) throw newMethodNotAllowed()
  writeDocument(ctx, found)
  return true
}

/** With its ETag, and a 304 for a client that has it. */
function writeDocument(ctx: Context, { contentType, bytes, etag, vary, cacheControl }: Document): void {
  if (vary !== undefined) ctx.set('Vary', [...vary])
  if (cacheControl !== undefined) ctx.set('Cache-Control', cacheControl)
  if (etag !== undefined) {
    ctx.set('ETag', etag)
    if (ctx.get('if-none-match').split(/,\s*/).includes(etag)) {
      ctx.status = 304
      return
    }
  }
  writeBytes(ctx, 200, contentType, [bytes])
}
