// The ttl annotation of nodes, by the size of the cluster.
import { expect } from 'chai'
import type { Controller, ControllerDefinition } from '../client/controller.ts'
import { listersOf } from '../client/controller.ts'
import { NOW, node } from './testing.ts'
import { ttl } from './ttl.ts'

const ANNOTATION = 'node.alpha.kubernetes.io/ttl'

/** A controller that has seen nothing yet; answers what it writes to one of so many nodes, which says `known`. */
function start(): (nodes: number, known?: string) => unknown {
  const { definition } = ttl() as Controller & { definition: ControllerDefinition }
  return (count, known) => {
    const nodes = Array.from({ length: count }, (_, index) => node(`n${index}`))
    if (known !== undefined) nodes[0]!.metadata.annotations = { [ANNOTATION]: known }
    const [action, ...rest] = definition.reconcile('n0', listersOf(definition, { nodes }), NOW)
    expect(rest).to.deep.equal([])
    return action?.do === 'patch' ? action.patch : action
  }
}

const says = (value: string): object => ({ metadata: { annotations: { [ANNOTATION]: value } } })

describe('ttl-controller', () => {
  it('says zero in a small cluster, once, and instead of anything else', () => {
    const reconcile = start()
    expect(reconcile(1)).to.deep.equal(says('0'))
    expect(reconcile(1, '0')).to.equal(undefined)
    expect(reconcile(1, '15')).to.deep.equal(says('0'))
    expect(reconcile(1, 'soon')).to.deep.equal(says('0'))
    expect(reconcile(0)).to.equal(undefined)
  })

  it('grows with the cluster, and shrinks later than it grew', () => {
    const reconcile = start()
    const steps: [nodes: number, value: string][] = [
      [100, '0'],
      [101, '15'],
      [90, '15'],
      [89, '0'],
      [500, '15'],
      [501, '30'],
      [450, '30'],
      [449, '15'],
      [1001, '60'],
      [2001, '300'],
      [1800, '300'],
      [1799, '60'],
      [1, '0'],
    ]
    for (const [nodes, value] of steps) expect(reconcile(nodes), `${nodes} nodes`).to.deep.equal(says(value))
  })
})
