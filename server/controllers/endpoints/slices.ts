// Laying out endpoints over slices of limited size, changing as few slices as possible: pure.
// Source: k8s.io/endpointslice, reconcileByPortMapping and finalize (v1.36)
import type * as discovery from '../../api/discovery.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'

export type Endpoint = Frozen<discovery.Endpoint>
export type Port = Frozen<discovery.EndpointPort>
export type Slice = Frozen<Stored<discovery.EndpointSlice>>

const MAX_ENDPOINTS_PER_SLICE = 100

export interface Layout {
  /** Contents of new slices. */
  readonly created: readonly (readonly Endpoint[])[]
  readonly updated: readonly { readonly slice: Slice; readonly endpoints: readonly Endpoint[] }[]
  readonly deleted: readonly Slice[]
}

/**
 * @param existing slices with the ports in question
 * @param desired endpoints with these ports
 * @param isStale whether a slice needs an update for reasons of its own (its labels)
 */
export function layOut(
  existing: readonly Slice[],
  desired: readonly Endpoint[],
  isStale: (slice: Slice) => boolean,
): Layout {
  const missing = new Map(desired.map((endpoint) => [identity(endpoint), endpoint]))
  const updated: { slice: Slice; endpoints: Endpoint[] }[] = []
  const deleted: Slice[] = []
  const unchanged: Slice[] = []
  for (const slice of existing) {
    const before = slice.endpoints ?? []
    const endpoints = before.flatMap((endpoint) => take(missing, identity(endpoint)))
    // Hints are set on what is written; they do not make a difference by themselves.
    const changed = isStale(slice) || !deepEqual(endpoints, before.map(withoutHints))
    if (!changed) unchanged.push(slice)
    else if (endpoints.length === 0) deleted.push(slice)
    else updated.push({ slice, endpoints })
  }
  const rest = [...missing.values()]
  // The fullest first: slices that are written anyway take what they can.
  for (const { endpoints } of updated.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    endpoints.push(...rest.splice(0, MAX_ENDPOINTS_PER_SLICE - endpoints.length))
  }
  const created: Endpoint[][] = []
  while (rest.length > 0) {
    const target = rest.length < MAX_ENDPOINTS_PER_SLICE ? sliceToFill(unchanged, rest.length) : undefined
    const part = rest.splice(0, MAX_ENDPOINTS_PER_SLICE)
    if (target === undefined) {
      created.push(part)
    } else {
      unchanged.splice(unchanged.indexOf(target), 1)
      updated.push({ slice: target, endpoints: [...(target.endpoints ?? []), ...part] })
    }
  }
  return { created, updated, deleted }
}

export function withoutHints(before: Endpoint): Endpoint {
  if (before.hints === undefined) return before
  const { hints: _, ...endpoint } = before
  return endpoint
}

function take(missing: Map<string, Endpoint>, key: string): Endpoint[] {
  const found = missing.get(key)
  missing.delete(key)
  return found === undefined ? [] : [found]
}

/** The slice that is closest to full with `count` more. */
function sliceToFill(slices: readonly Slice[], count: number): Slice | undefined {
  const room = (slice: Slice): number => MAX_ENDPOINTS_PER_SLICE - count - (slice.endpoints ?? []).length
  return slices
    .filter((slice) => room(slice) >= 0 && room(slice) < MAX_ENDPOINTS_PER_SLICE)
    .toSorted((a, b) => room(a) - room(b))[0]
}

/** What makes an endpoint the same one, whatever its conditions. */
function identity({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([addresses.toSorted(), hostname, targetRef?.namespace, targetRef?.name, targetRef?.uid])
}

/** Under which slices with the same ports are found, whatever the order. */
export function portsKey(ports: readonly Port[] | undefined): string {
  const texts = (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) =>
    JSON.stringify([name, port, protocol, appProtocol]),
  )
  return texts.toSorted().join()
}
