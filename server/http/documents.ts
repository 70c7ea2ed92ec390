// Fixed paths: probes, version, discovery, OpenAPI, metrics, the keys of service-account tokens.
import Router from '@koa/router'
import type Koa from 'koa'
import { newMethodNotAllowed, newPathNotFound } from '../apimachinery/errors.ts'
import { checkRouteAccepts, jsonType, mediaTypes } from './codec/negotiate.ts'
import type { Context, Filter, RequestState } from './context.ts'
import { problemOf, serveHealth, type HealthChecks, type HealthEndpoint } from './health.ts'
import { writeBytes } from './send.ts'

/** A document as it goes out. */
export interface Document {
  readonly contentType: string
  readonly bytes: Buffer
  readonly etag?: string
  /** 406: nothing but the status and what the answer varies with. */
  readonly isRefused?: boolean
  /** As the index of v3 names it, with the hash of what there is now. */
  readonly address?: string
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

const healthEndpoints: readonly HealthEndpoint[] = ['healthz', 'livez', 'readyz']

/** Documents of the real server's router, which knows methods; its other paths answer to any. */
const routed = ['/version', '/.well-known/openid-configuration', '/openid/v1/jwks']

export function documents(options: Documents): Filter {
  const router = new Router<Context['state']>({ strict: true })
  const { discovery, openapi, tokens } = options

  for (const endpoint of healthEndpoints) {
    router.all(`/${endpoint}{/*check}`, (ctx, next) => {
      const name = ctx.path.slice(endpoint.length + 2)
      const isWhole = ctx.path.length === endpoint.length + 1
      const isServed =
        (isWhole || name !== '') && serveHealth(ctx as unknown as Context, endpoint, name, options.health)
      return isServed ? undefined : next()
    })
  }

  router.get('/version{/}', (ctx) => {
    checkRouteAccepts(acceptOf(ctx as unknown as Context), [jsonType])
    // Indented for everybody. Source: apiserver/pkg/endpoints/handlers/responsewriters, WriteRawJSON
    writeBytes(ctx as unknown as Context, 200, jsonType, [Buffer.from(JSON.stringify(options.version, null, 2))])
  })

  router.all('/metrics{/slis}', async (ctx) => {
    if (ctx.method === 'DELETE') {
      ctx.set('Content-Type', 'text/plain; charset=utf-8')
      ctx.body = 'metrics reset\n'
      return
    }
    ctx.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores')
    ctx.body = ctx.path === '/metrics' ? await options.metrics() : checkMetrics(options.health)
  })

  router.get('/.well-known/openid-configuration{/}', (ctx) => {
    checkRouteAccepts(acceptOf(ctx as unknown as Context), [jsonType])
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

  router.get('/openid/v1/jwks{/}', async (ctx) => {
    checkRouteAccepts(acceptOf(ctx as unknown as Context), ['application/jwk-set+json'])
    ctx.set('Cache-Control', 'public, max-age=3600')
    writeBytes(ctx as unknown as Context, 200, 'application/jwk-set+json', [
      Buffer.from(JSON.stringify(await tokens.keySet())),
    ])
  })

  router.all('/openapi/v2', async (ctx) =>
    writeDocument(ctx as unknown as Context, await openapi.v2(acceptOf(ctx as unknown as Context))),
  )

  router.all(['/openapi/v3{/*path}', '/openapi/v3/'], async (ctx) => {
    const path = ctx.path.slice('/openapi/v3/'.length)
    const isNamed = path !== '' || ctx.path === '/openapi/v3'
    const document = isNamed ? await openapi.v3(path, acceptOf(ctx as unknown as Context)) : undefined
    if (document === undefined) {
      // As the real server does: nothing but the status.
      ctx.body = null
      ctx.status = 404
      return
    }
    writeDocument(ctx as unknown as Context, document)
  })

  const routes = router.routes() as unknown as Koa.Middleware<RequestState>
  return (next) => async (ctx) => {
    const path = withoutLastSlash(ctx.path)
    if (ctx.method !== 'GET' && routed.includes(path)) throw newMethodNotAllowed()
    if (await discoveryDocument(ctx, discovery)) return
    await routes(ctx, async () => next(ctx))
  }
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

/** Every check as a gauge. Source: component-base/metrics/prometheus/slis (v1.36) */
function checkMetrics(health: HealthChecks): string {
  const lines = healthEndpoints.flatMap((endpoint) =>
    health[endpoint].map((check) => {
      const isFine = problemOf(check) === undefined
      return `kubernetes_healthcheck{name="${check.name}",type="${endpoint}"} ${isFine ? 1 : 0}\n`
    }),
  )
  const head =
    '# HELP kubernetes_healthcheck [STABLE] This metric records the result of a single healthcheck.\n' +
    '# TYPE kubernetes_healthcheck gauge\n'
  return head + lines.join('')
}

function acceptOf(ctx: Context): string | undefined {
  const accept = ctx.get('accept')
  return accept === '' ? undefined : accept
}

/** `/`, `/api`, `/apis` and below; a trailing slash means the same. True if it answered. @throws StatusError 404, 405, 406 */
async function discoveryDocument(ctx: Context, discovery: DiscoveryDocuments): Promise<boolean> {
  const { path } = ctx.state.requestInfo
  if (path.startsWith('//')) return false
  const segments = path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  const isRouted = segments[0] === 'api' || segments.length > 2
  const isRefused = isRouted && ctx.method !== 'GET'
  // The router looks at the method, then at Accept, before anything is negotiated.
  const known = isRouted ? discovery.find(segments, undefined) : undefined
  if (known === 'unknown-version') throw newPathNotFound()
  if (known !== undefined && isRefused) throw newMethodNotAllowed()
  if (known !== undefined) checkRouteAccepts(acceptOf(ctx), mediaTypes)
  const found = discovery.find(segments, acceptOf(ctx))
  if (found === undefined) return false
  if (found === 'unknown-version') throw newPathNotFound()
  writeDocument(ctx, found)
  return true
}

/** With its ETag, and a 304 for a client that has it. */
function writeDocument(ctx: Context, document: Document): void {
  const { contentType, bytes, etag, vary, cacheControl } = document
  if (vary !== undefined) ctx.set('Vary', [...vary])
  if (cacheControl !== undefined) ctx.set('Cache-Control', cacheControl)
  if (document.isRefused === true) {
    ctx.body = null
    ctx.status = 406
    return
  }
  if (etag !== undefined) {
    ctx.set('ETag', etag)
    if (document.address !== undefined && isRedirected(ctx, document.address)) return
    if (ctx.get('if-none-match').split(/,\s*/).includes(etag)) {
      ctx.status = 304
      return
    }
  }
  writeBytes(ctx, 200, contentType, [bytes])
}

/**
 * A client that names the hash may keep the document for ever; one that names another is sent to where it is.
 * Source: kube-openapi/pkg/handler3, HandleGroupVersion
 */
function isRedirected(ctx: Context, address: string): boolean {
  const hash = ctx.state.query.get('hash') ?? ''
  if (hash === '') return false
  if (!address.endsWith(`?hash=${hash}`)) {
    ctx.body = ''
    ctx.status = 301
    ctx.set('Location', address)
    ctx.set('Content-Type', jsonType)
    return true
  }
  const inAYear = new Date()
  inAYear.setUTCFullYear(inAYear.getUTCFullYear() + 1)
  ctx.set('Cache-Control', 'public, immutable')
  ctx.set('Expires', inAYear.toUTCString().replace('GMT', 'UTC'))
  return false
}
