// Networks for the pods of nodes: objects → actions.
import { expect } from 'chai'
import type { Action } from '../../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { node, NOW, told } from '../testing.ts'
import { nodeIpam } from './ipam.ts'

type Defined = Controller & { definition: ControllerDefinition }

function run({ definition }: Defined, name: string, nodes: readonly ReturnType<typeof node>[]): readonly Action[] {
  return definition.reconcile(name, listersOf(definition, { nodes }), NOW)
}

const podCIDRs = ([action]: readonly Action[]): unknown =>
  action?.do === 'patch' ? (action.patch as { spec: { podCIDRs: string[] } }).spec.podCIDRs : undefined

describe('node-ipam-controller', () => {
  it('gives each node the next network that nobody has', () => {
    const ipam = nodeIpam(['10.244.0.0/16']) as Defined
    const taken = node('a', { spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } })
    expect(podCIDRs(run(ipam, 'b', [taken, node('b')]))).to.deep.equal(['10.244.1.0/24'])
    expect(podCIDRs(run(ipam, 'c', [taken, node('c')]))).to.deep.equal(['10.244.2.0/24'])
    expect(run(ipam, 'a', [taken])).to.deep.equal([])
  })

  it('gives one of each family', () => {
    const ipam = nodeIpam(['10.0.0.0/16', 'fd00::/56']) as Defined
    expect(podCIDRs(run(ipam, 'a', [node('a')]))).to.deep.equal(['10.0.0.0/24', 'fd00::/64'])
    expect(podCIDRs(run(ipam, 'b', [node('b')]))).to.deep.equal(['10.0.1.0/24', 'fd00:0:0:1::/64'])
  })

  it('says when there is none left', () => {
    const ipam = nodeIpam(['10.0.0.0/24']) as Defined
    const taken = node('a', { spec: { podCIDRs: ['10.0.0.0/24'] } })
    expect(told(run(ipam, 'b', [taken, node('b')]))[0]).to.equal(
      'event CIDRNotAvailable: Node b status is now: CIDRNotAvailable',
    )
  })
})
