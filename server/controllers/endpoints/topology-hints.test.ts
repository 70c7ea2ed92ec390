// Hints for zones and nodes: which endpoints get which.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type { Stored } from '../../apimachinery/types.ts'
import { ago, node } from '../testing.ts'
import { hintByDistribution, type Draft, type Drafts } from './hints.ts'
import type { Endpoint, Slice } from './slices.ts'
import { TopologyHints, zoneRatios } from './topology-hints.ts'

const inZone = (name: string, zone: string, cpu = '4', status = 'True') =>
  node(name, {
    labels: zone === '' ? {} : { 'topology.kubernetes.io/zone': zone },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status }] },
  })

const endpoint = (address: string, zone?: string, ready = true): Endpoint => ({
  addresses: [address],
  conditions: { ready },
  nodeName: `node-${zone}`,
  ...(zone === undefined ? {} : { zone }),
})

function drafts(endpoints: readonly Endpoint[], unchanged: readonly Slice[] = []): Drafts & { written: Draft[] } {
  const written: Draft[] = [{ endpoints }]
  const touch = (slice: Slice): Draft => {
    const draft = { endpoints: slice.endpoints ?? [] }
    written.push(draft)
    return draft
  }
  return { written, unchanged, touch }
}

const zonesOf = ({ written }: { written: readonly Draft[] }): unknown[] =>
  written.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name))

const service = (trafficDistribution?: string): Stored<core.Service> => ({
  metadata: { name: 's', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: ago(1) },
  spec: trafficDistribution === undefined ? {} : { trafficDistribution },
})

describe('hints by trafficDistribution', () => {
  it('name the zone of each ready endpoint', () => {
    const all = drafts([endpoint('a', 'x'), endpoint('b', 'y'), endpoint('c', 'x', false), endpoint('d')])
    hintByDistribution(service('PreferClose'), all)
    expect(zonesOf(all)).to.deep.equal(['x', 'y', undefined, undefined])
  })

  it('name the node too, if asked for', () => {
    const all = drafts([endpoint('a', 'x')])
    hintByDistribution(service('PreferSameNode'), all)
    expect(all.written[0]?.endpoints[0]?.hints).to.deep.equal({
      forZones: [{ name: 'x' }],
      forNodes: [{ name: 'node-x' }],
    })
  })

  it('go from slices that would stay as they are, when nobody asks for them any more', () => {
    const hinted = { endpoints: [{ ...endpoint('a', 'x'), hints: { forZones: [{ name: 'x' }] } }] } as unknown as Slice
    const kept = drafts([], [hinted])
    hintByDistribution(service('PreferSameZone'), kept)
    expect(kept.written).to.have.length(1)
    hintByDistribution(service(), kept)
    expect(zonesOf(kept)).to.deep.equal([undefined])
  })
})

describe('hints by topology', () => {
  const nodes = [inZone('a', 'x'), inZone('b', 'y')]

  it('know the part of each zone, if all nodes tell theirs', () => {
    expect([...(zoneRatios([inZone('a', 'x', '3'), inZone('b', 'y', '1')]) ?? [])]).to.deep.equal([
      ['x', 0.75],
      ['y', 0.25],
    ])
    expect(zoneRatios([inZone('a', 'x'), inZone('b', '')])).to.equal(undefined)
    expect(zoneRatios([inZone('a', 'x'), inZone('b', 'y', '4', 'False')])).to.equal(undefined)
  })

  it('move endpoints from a zone that has too many', () => {
    const hints = new TopologyHints()
    const all = drafts(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => endpoint(name, 'x')))
    expect(hints.add('default/s', 'IPv4', all, nodes)).to.deep.equal([
      {
        type: 'Normal',
        reason: 'TopologyAwareHintsEnabled',
        message: 'Topology Aware Hints has been enabled, addressType: IPv4',
      },
    ])
    expect(zonesOf(all)).to.deep.equal(['y', 'y', 'y', 'x', 'x', 'x'])
    expect(hints.overloaded(nodes)).to.deep.equal([])
    expect(hints.overloaded([inZone('a', 'x', '1'), inZone('b', 'y', '9')])).to.deep.equal(['default/s'])
    expect(hints.remove('default/s', 'IPv4').map(({ message }) => message)).to.deep.equal([
      'Topology Aware Hints has been disabled, addressType: IPv4',
    ])
  })

  const refusals: { name: string; endpoints: Endpoint[]; nodes: ReturnType<typeof inZone>[]; message: string }[] = [
    {
      name: 'nodes that tell too little',
      endpoints: [endpoint('a', 'x')],
      nodes: [inZone('a', '')],
      message: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    },
    {
      name: 'fewer endpoints than zones',
      endpoints: [endpoint('a', 'x')],
      nodes,
      message: 'Insufficient number of endpoints (1 endpoints, 2 zones)',
    },
    {
      name: 'zones that need more than there are',
      endpoints: ['a', 'b', 'c'].map((name) => endpoint(name, 'x')),
      nodes,
      message:
        'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)',
    },
    {
      name: 'an endpoint without a zone',
      endpoints: ['a', 'b', 'c', 'd'].map((name) => endpoint(name)),
      nodes,
      message: 'One or more endpoints do not have a zone specified',
    },
  ]
  for (const { name, endpoints, nodes: world, message } of refusals) {
    it(`are refused for ${name}`, () => {
      const all = drafts(endpoints)
      const events = new TopologyHints().add('default/s', 'IPv4', all, world)
      expect(events.map((one) => one.message)).to.deep.equal([`${message}, addressType: IPv4`])
      expect(zonesOf(all).every((zone) => zone === undefined)).to.equal(true)
    })
  }
})
