// The order of ports in an Endpoints subset: by a hash of their Go form, which is what a real cluster shows.
// Source: kubernetes pkg/api/v1/endpoints, portsByHash; pkg/util/hash, DeepHashObject (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'

type Port = Frozen<core.EndpointPort>

export function sortPorts(ports: readonly Port[]): readonly Port[] {
  if (ports.length < 2) return ports
  const hashed = ports.map((port) => ({ port, hash: fnv128a(printed(port)) }))
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)).map(({ port }) => port)
}

/** As Go's spew prints a v1.EndpointPort with types. */
function printed({ name = '', port, protocol = '', appProtocol }: Port): string {
  const app = appProtocol === undefined ? '(*string)<nil>' : `(*string)${appProtocol}`
  return `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:${app}}`
}

const OFFSET = 0x6c62272e07bb014262b821756295c58dn
const PRIME = 0x0000000001000000000000000000013bn
const MASK = (1n << 128n) - 1n

function fnv128a(text: string): bigint {
  let hash = OFFSET
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  return hash
}
