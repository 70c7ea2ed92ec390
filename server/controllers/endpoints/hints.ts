// Hints in EndpointSlices: for which zones and nodes an endpoint is meant, as the service wishes it.
// Source: k8s.io/endpointslice, trafficdist.ReconcileHints (v1.36)
import { withoutHints, type Endpoint, type Slice } from './slices.ts'
import type { Service } from './service-pods.ts'

/** A slice that is written: its endpoints are still to change. */
export interface Draft {
  endpoints: readonly Endpoint[]
}

/** The slices of a service of one address family. `touch` moves one that would stay as it is to those that are written. */
export interface Drafts {
  readonly written: readonly Draft[]
  readonly unchanged: readonly Slice[]
  touch(slice: Slice): Draft
}

const CLOSE = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

/** By annotation: hints in proportion to what the zones can do. */
export function wantsTopologyHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode']
  return mode === 'Auto' || mode === 'auto'
}

/** Hints as `trafficDistribution` asks for them; none if it asks for nothing. */
export function hintByDistribution({ spec }: Service, drafts: Drafts): void {
  const { trafficDistribution = '' } = spec ?? {}
  if (!CLOSE.includes(trafficDistribution)) {
    removeHints(drafts)
    return
  }
  const hint = (endpoint: Endpoint): Endpoint =>
    isReady(endpoint) ? withHints(endpoint, closeHints(endpoint, trafficDistribution === 'PreferSameNode')) : endpoint
  const isRight = (endpoint: Endpoint): boolean =>
    JSON.stringify(hint(endpoint).hints) === JSON.stringify(endpoint.hints)
  for (const slice of drafts.unchanged) if (!(slice.endpoints ?? []).every(isRight)) drafts.touch(slice)
  for (const draft of drafts.written) draft.endpoints = draft.endpoints.map(hint)
}

function closeHints({ zone, nodeName }: Endpoint, byNode: boolean): Endpoint['hints'] {
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] }
  const forNodes = nodeName === undefined || !byNode ? {} : { forNodes: [{ name: nodeName }] }
  const hints = { ...forZones, ...forNodes }
  return Object.keys(hints).length === 0 ? undefined : hints
}

export function removeHints(drafts: Drafts): void {
  for (const slice of drafts.unchanged) {
    if (slice.endpoints?.some(({ hints }) => hints !== undefined) === true) drafts.touch(slice)
  }
  for (const draft of drafts.written)
    draft.endpoints = draft.endpoints.map((endpoint) => withHints(endpoint, undefined))
}

export function withHints(before: Endpoint, hints: Endpoint['hints']): Endpoint {
  const endpoint = withoutHints(before)
  return hints === undefined ? endpoint : { ...endpoint, hints }
}

export function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready === true
}
