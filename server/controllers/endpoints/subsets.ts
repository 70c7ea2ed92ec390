// The subsets of an Endpoints object: addresses grouped by the ports they offer, in one canonical form.
// Source: kubernetes pkg/api/v1/endpoints, RepackSubsets (v1.36); what differs: subsets with the same hash do not occur
// here, and several subsets stand in the order of their first address.
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { sortPorts } from './port-order.ts'

type Address = Frozen<core.EndpointAddress>
type Port = Frozen<core.EndpointPort>
export type Subset = Frozen<core.EndpointSubset>

/** One address that offers one port; no port: a headless service without any. */
export interface Offer {
  readonly address: Address
  readonly port: Port | undefined
  readonly ready: boolean
}

/** Worked example: a and b offer 80, a offers 443 → [{ a: 80, 443 }, …] is not made, but [{ a: 443 }, { a, b: 80 }]. */
export function packSubsets(offers: readonly Offer[]): readonly Subset[] {
  const byPort = new Map<string, { port: Port | undefined; addresses: Map<string, Offer> }>()
  for (const offer of offers) {
    const portKey = JSON.stringify(offer.port ?? null)
    let entry = byPort.get(portKey)
    if (entry === undefined) byPort.set(portKey, (entry = { port: offer.port, addresses: new Map() }))
    const key = addressKey(offer.address)
    const known = entry.addresses.get(key)
    // Not ready wins over ready.
    if (known === undefined || known.ready) entry.addresses.set(key, offer)
  }
  const bySet = new Map<string, { ports: Port[]; offers: readonly Offer[] }>()
  for (const { port, addresses } of byPort.values()) {
    const sorted = [...addresses].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, offer]) => offer)
    const key = sorted.map(({ address, ready }) => `${addressKey(address)} ${ready}`).join(',')
    const entry = bySet.get(key) ?? { ports: [], offers: sorted }
    bySet.set(key, entry)
    if (port !== undefined) entry.ports.push(port)
  }
  return [...bySet]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, offers: all }]) => subset(sortPorts(ports), all))
}

function subset(ports: readonly Port[], offers: readonly Offer[]): Subset {
  const addresses = offers.filter(({ ready }) => ready).map(({ address }) => address)
  const notReadyAddresses = offers.filter(({ ready }) => !ready).map(({ address }) => address)
  return {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
    ...(ports.length === 0 ? {} : { ports }),
  }
}

function addressKey({ ip, targetRef }: Address): string {
  return `${ip} ${targetRef?.uid ?? ''}`
}

/**
 * At most `capacity` addresses: ready ones first, each subset in proportion to its size.
 * Source: kubernetes pkg/controller/endpoint, truncateEndpoints
 */
export function truncate(
  subsets: readonly Subset[],
  capacity: number,
): { subsets: readonly Subset[]; truncated: boolean } {
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0)
  const notReady = subsets.reduce((sum, { notReadyAddresses = [] }) => sum + notReadyAddresses.length, 0)
  if (ready + notReady <= capacity) return { subsets, truncated: false }
  const cutReady = ready > capacity
  const room = cutReady ? capacity : capacity - ready
  const total = cutReady ? ready : notReady
  let left = room
  const cut = subsets.map(({ addresses = [], notReadyAddresses = [], ports }): Subset => {
    const list = cutReady ? addresses : notReadyAddresses
    const share = Math.min(left, Math.ceil((list.length / total) * room))
    left -= share
    const kept = list.slice(0, share)
    return {
      ...(cutReady
        ? { addresses: kept }
        : { ...(addresses.length === 0 ? {} : { addresses }), notReadyAddresses: kept }),
      ...(ports === undefined ? {} : { ports }),
    }
  })
  return { subsets: cut, truncated: true }
}
