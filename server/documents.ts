// The documents a server answers on fixed paths, made of the resources it serves.
import type { OpenAPI } from '../openapi/documents/index.ts'
import { groups } from '../openapi/index.ts'
import { Discovery } from './endpoints/discovery.ts'
import { discoveryDocuments } from './http/discovery.ts'
import type { Documents } from './http/documents.ts'
import { openAPIDocuments } from './http/openapi.ts'
import type { HealthChecks } from './http/health.ts'
import type { Resources } from './registry/resources.ts'
import type { ServerMetrics } from './metrics.ts'

export interface DocumentSources {
  readonly resources: Resources
  readonly health: HealthChecks
  readonly version: Readonly<Record<string, string>>
  readonly metrics: ServerMetrics
  readonly tokens: Documents['tokens']
  url(): string
}

export function serverDocuments({ resources, health, version, metrics, tokens, url }: DocumentSources): Documents {
  const facts = () => resources.all().map((resource) => resource.facts)
  const discovery = new Discovery({
    groups,
    resources: facts,
    serverAddress: () => new URL(url()).host,
    paths: () =>
      Object.entries(health).flatMap(([endpoint, checks]) => checks.map(({ name }) => `/${endpoint}/${name}`)),
  })
  let openapi: Promise<OpenAPI> | undefined
  // Most servers are never asked: what makes these documents is loaded with the first one.
  const loadOpenAPI = async (): Promise<OpenAPI> => {
    const { OpenAPI } = await import('../openapi/documents/index.ts')
    return new OpenAPI({
      groups,
      resources: facts,
      customSchema: ({ group, version, resource }) => resources.get(group, version, resource)?.kind.openAPISchema,
    })
  }
  resources.onChange(() => {
    discovery.invalidate()
    void openapi?.then((one) => one.invalidate())
  })
  return {
    health,
    version,
    tokens,
    url,
    metrics: () => metrics.text(),
    discovery: discoveryDocuments(discovery),
    openapi: openAPIDocuments(() => (openapi ??= loadOpenAPI())),
  }
}
