// Builder for tests of what services hold.
import type { ServiceAllocatorOptions, ServiceObjects } from './allocator.ts'
import { ServiceAllocator } from './allocator.ts'

/** IPAddresses in memory, and no Endpoints. */
export function addressesInMemory(...there: string[]): ServiceObjects & { readonly addresses: Set<string> } {
  const addresses = new Set(there)
  return {
    addresses,
    hasAddress: (ip) => addresses.has(ip),
    createAddress: async (ip) => void addresses.add(ip),
    deleteAddress: async (ip) => void addresses.delete(ip),
    deleteEndpoints: async () => undefined,
  }
}

/** Of an empty cluster, and as little left to chance as can be. */
export function allocatorOf(options: Partial<ServiceAllocatorOptions> = {}): ServiceAllocator {
  return new ServiceAllocator({
    ranges: () => ['10.0.0.0/24'],
    nodePorts: { from: 30000, to: 32767 },
    random: () => 0,
    existing: () => [],
    objects: addressesInMemory(),
    ...options,
  })
}
