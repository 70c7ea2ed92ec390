// Every node gets a network for its pods, cut from that of the cluster.
// Source: kubernetes pkg/controller/nodeipam/ipam, rangeAllocator and cidrset (v1.36)
import type * as core from '../../api/core.ts'
import { formatCIDR, formatIP, isIPv6, parseCIDR, type CIDR } from '../../apimachinery/ip.ts'
import { event, patch, retry, type Action } from '../../client/action.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'

/** Source: --node-cidr-mask-size-ipv4, --node-cidr-mask-size-ipv6 */
const PREFIX_LENGTH = { IPv4: 24, IPv6: 64 }

/** @param clusterCIDRs one network, or one of each address family */
export function nodeIpam(clusterCIDRs: readonly string[]): Controller {
  const blocks = clusterCIDRs.map((text) => new Blocks(text))
  return defineController({
    name: 'node-ipam-controller',
    serviceAccount: 'node-controller',
    eventSource: 'cidrAllocator',
    watches: [{ resource: 'nodes', enqueue: ({ type, object }) => (type === 'DELETED' ? [] : [object.metadata.name]) }],
    // Two nodes must not get the same network.
    concurrency: 1,
    reconcile: (name, listers) => reconcile(name, listers, blocks),
  })
}

function reconcile(name: string, listers: Listers, blocks: readonly Blocks[]): readonly Action[] {
  const nodes = listers.of<core.Node>('nodes')
  const node = nodes.get(undefined, name)
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return []
  if ((node.spec?.podCIDRs ?? []).length > 0) return []
  const taken = nodes.list().flatMap(({ spec }) => spec?.podCIDRs ?? [])
  const podCIDRs = blocks.map((each) => each.next(taken))
  const told = (reason: string): Action => {
    const subject = { kind: 'Node', apiVersion: 'v1', name, uid: node.metadata.uid }
    return event(subject, 'Normal', reason, `Node ${name} status is now: ${reason}`)
  }
  const missing = podCIDRs.indexOf(undefined)
  if (missing >= 0) {
    return [
      told('CIDRNotAvailable'),
      retry(
        new Error(
          `failed to allocate cidr from cluster cidr at idx:${missing}: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`,
        ),
      ),
    ]
  }
  const body = { spec: { podCIDR: podCIDRs[0], podCIDRs } }
  return [
    patch('nodes', node, 'application/strategic-merge-patch+json', body, {
      then: ({ error }) => (error === undefined ? [] : [told('CIDRAssignmentFailed'), retry(error)]),
    }),
  ]
}

/** The equal parts of a network. They are given in turn: one that became free waits until all others had theirs. */
class Blocks {
  readonly #range: CIDR
  readonly #prefixLength: number
  readonly #count: number
  #candidate = 0

  constructor(text: string) {
    const range = parseCIDR(text)
    if (range === undefined) throw new Error(`invalid CIDR address: ${text}`)
    this.#range = range
    this.#prefixLength = PREFIX_LENGTH[isIPv6(range.network) ? 'IPv6' : 'IPv4']
    if (range.prefixLength > this.#prefixLength) throw new Error('New CIDR set failed; the node CIDR size is too big')
    this.#count = 2 ** Math.min(16, this.#prefixLength - range.prefixLength)
  }

  next(taken: readonly string[]): string | undefined {
    const occupied = new Set(taken.map((text) => canonical(text)))
    for (let tries = 0; tries < this.#count; tries++) {
      const block = this.#at((this.#candidate + tries) % this.#count)
      if (occupied.has(block)) continue
      this.#candidate = (this.#candidate + tries + 1) % this.#count
      return block
    }
    return undefined
  }

  #at(index: number): string {
    const bytes = [...this.#range.network.bytes]
    // The index is added to the part of the address between the prefix of the cluster and that of a node.
    let rest = BigInt(index) << BigInt(bytes.length * 8 - this.#prefixLength)
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at]! |= Number(rest & 255n)
      rest >>= 8n
    }
    return `${formatIP({ bytes, mapped: false })}/${this.#prefixLength}`
  }
}

function canonical(text: string): string {
  const cidr = parseCIDR(text)
  return cidr === undefined ? text : formatCIDR(cidr)
}
