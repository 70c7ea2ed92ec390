// Sums over all nodes, by what they are labelled with, that follow the nodes as these change: a node is only looked at
// again when its generation is another. Kept in flat arrays, as every pod reads them for hundreds of nodes.
import type { ClusterView, NodeInfo } from './framework.ts'

/** What one node adds to one sum. */
export interface Share {
  readonly dimension: string
  /** The node's value of the topology key: sums are by value. */
  readonly value: string
  readonly amount: number
}

const NOWHERE = -1

/** Sums by value of one topology key. */
export class Dimension {
  /** By place of the node: the domain to which it belongs, and what it adds to it. */
  readonly domainOf: Int32Array
  readonly amountOf: Float64Array
  /** By domain. */
  readonly sums: number[] = []
  readonly #nodes: number[] = []
  readonly #values: string[] = []
  readonly #free: number[] = []
  readonly #byValue = new Map<string, number>()
  #seen = new Int32Array(0)
  #counts = 0

  constructor(nodes: number) {
    this.domainOf = new Int32Array(nodes).fill(NOWHERE)
    this.amountOf = new Float64Array(nodes)
  }

  /** How many values there are on nodes. */
  get size(): number {
    return this.#byValue.size
  }

  values(): Iterable<string> {
    return this.#byValue.keys()
  }

  /** The sum for a value; nothing if no node has it. */
  sum(value: string): number | undefined {
    const domain = this.#byValue.get(value)
    return domain === undefined ? undefined : this.sums[domain]
  }

  domain(value: string): number | undefined {
    return this.#byValue.get(value)
  }

  /** How many domains these nodes belong to. */
  countDomains(nodes: readonly NodeInfo[]): number {
    if (this.#seen.length < this.sums.length) this.#seen = new Int32Array(2 * this.sums.length)
    const count = ++this.#counts
    let domains = 0
    for (const { index } of nodes) {
      const domain = this.domainOf[index]!
      if (domain === NOWHERE || this.#seen[domain] === count) continue
      this.#seen[domain] = count
      domains++
    }
    return domains
  }

  hold(index: number, value: string, amount: number): void {
    let domain = this.#byValue.get(value)
    if (domain === undefined) {
      domain = this.#free.pop() ?? this.sums.length
      this.#byValue.set(value, domain)
      this.#values[domain] = value
      this.sums[domain] = 0
      this.#nodes[domain] = 0
    }
    if (this.domainOf[index] === domain) {
      this.amountOf[index]! += amount
    } else {
      this.domainOf[index] = domain
      this.amountOf[index] = amount
      this.#nodes[domain]!++
    }
    this.sums[domain]! += amount
  }

  release(index: number): void {
    const domain = this.domainOf[index]!
    if (domain === NOWHERE) return
    this.sums[domain]! -= this.amountOf[index]!
    this.domainOf[index] = NOWHERE
    this.amountOf[index] = 0
    this.#nodes[domain]!--
    if (this.#nodes[domain]! > 0) return
    this.#byValue.delete(this.#values[domain]!)
    this.#free.push(domain)
  }
}

export class NodeTally {
  readonly #sharesOf: (node: NodeInfo) => readonly Share[]
  readonly #generations: Float64Array
  readonly #dimensions = new Map<string, Dimension>()

  /** @param sharesOf what a node adds, from the node and its pods alone; all of one dimension have the same value */
  constructor(nodes: number, sharesOf: (node: NodeInfo) => readonly Share[]) {
    this.#sharesOf = sharesOf
    this.#generations = new Float64Array(nodes)
  }

  /** The sums by dimension, up to date. The cluster has the number of nodes that the tally was made for. */
  refresh({ nodes, generations }: Pick<ClusterView, 'nodes' | 'generations'>): ReadonlyMap<string, Dimension> {
    const known = this.#generations
    for (let index = 0; index < known.length; index++) {
      if (known[index] === generations[index]) continue
      known[index] = generations[index]!
      for (const dimension of this.#dimensions.values()) dimension.release(index)
      for (const { dimension, value, amount } of this.#sharesOf(nodes[index]!)) {
        let sums = this.#dimensions.get(dimension)
        if (sums === undefined) this.#dimensions.set(dimension, (sums = new Dimension(known.length)))
        sums.hold(index, value, amount)
      }
    }
    return this.#dimensions
  }
}
