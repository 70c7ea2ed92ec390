// Addresses that services may have: the ranges there are, what is taken of them, and the choice of a free one.
// Source: pkg/registry/core/service/ipallocator, MetaAllocator, Allocator (v1.36)
import type { Random } from '../../../apimachinery/names.ts'

export interface AddressPoolOptions {
  /** In CIDR notation, IPv4; the first is the server's own. */
  ranges(): readonly string[]
  /** Whether an IPAddress says so: nothing else keeps an address from being given. */
  isTaken(ip: string): boolean
  readonly random: Random
}

interface Range {
  readonly text: string
  /** Address of the network, which nobody gets; neither does the last one. */
  readonly first: number
  readonly size: number
}

export class AddressPool {
  readonly #options: AddressPoolOptions
  readonly #parsed = new Map<string, Range>()
  /** Given out by writes under way. */
  readonly #pending = new Set<string>()

  constructor(options: AddressPoolOptions) {
    this.#options = options
  }

  /** @throws Error that says why it cannot be had; a dry run does not look whether it is free */
  allocate(ip: string, dryRun: boolean): void {
    const value = toNumber(ip)
    const ranges = this.#ranges()
    const isIn = ({ first, size }: Range): boolean => value > first && value < first + size - 1
    if (dryRun) {
      const [range] = ranges
      if (range === undefined || isIn(range)) return
      throw new Error(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.text}`)
    }
    if (!ranges.some(isIn)) throw new Error('the provided network does not match the current range')
    if (this.#isTaken(ip)) throw new Error('provided IP is already allocated')
    this.#pending.add(ip)
  }

  /** A free address, taken; of a dry run one that nobody has. Undefined when there is none. */
  next(dryRun: boolean): string | undefined {
    for (const range of this.#ranges()) {
      if (dryRun) return toText(range.first)
      const ip = this.#pick(range)
      if (ip === undefined) continue
      this.#pending.add(ip)
      return ip
    }
    return undefined
  }

  /** What was given out is told to all by now, or not needed any more. */
  settle(ip: string): void {
    this.#pending.delete(ip)
  }

  #isTaken(ip: string): boolean {
    return this.#pending.has(ip) || this.#options.isTaken(ip)
  }

  #ranges(): Range[] {
    return this.#options.ranges().map((text) => {
      let range = this.#parsed.get(text)
      if (range === undefined) this.#parsed.set(text, (range = parseRange(text)))
      return range
    })
  }

  /** The lower part of a range is left to static choices while the upper one lasts. Source: KEP-3070 */
  #pick({ first, size }: Range): string | undefined {
    const usable = size - 2
    const offset = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    const reserved = usable > offset ? offset : 0
    return (
      this.#search(first + 1 + (reserved === 0 ? 0 : reserved - 1), first + usable) ??
      this.#search(first + 1, first + Math.max(reserved - 1, 0))
    )
  }

  /** From a place by chance on, round. Both ends belong to it. */
  #search(from: number, to: number): string | undefined {
    const span = to - from + 1
    if (span <= 0) return undefined
    const start = Math.floor(this.#options.random() * span)
    for (let step = 0; step < span; step++) {
      const ip = toText(from + ((start + step) % span))
      if (!this.#isTaken(ip)) return ip
    }
    return undefined
  }
}

function parseRange(text: string): Range {
  const [base = '', length = ''] = text.split('/')
  const size = 2 ** (32 - Number(length))
  return { text, first: Math.floor(toNumber(base) / size) * size, size }
}

/** NaN, which is in no range, for what is no IPv4 address. */
function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
