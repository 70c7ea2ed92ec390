// The documents a server answers on fixed paths, made of the resources it serves.
import type { Documents } from './http/documents.ts'
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

export function serverDocuments({ health, version, metrics, tokens, url }: DocumentSources): Documents {
  return {
    health,
    version,
    tokens,
    url,
    metrics: () => metrics.text(),
    discovery: { find: () => undefined },
    openapi: { v2: () => { throw new Error('no openapi') }, v3: () => undefined },
  }
}
