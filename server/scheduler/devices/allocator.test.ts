// Which devices claims get on a node.
import { expect } from 'chai'
import type { Device, DeviceRequest, ResourceClaim, ResourceSlice } from '../../api/resource.ts'
import { cluster, node } from '../builders.ts'
import { allocate, devicesInUse } from './allocator.ts'

const device = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more })
const slice = (devices: Device[], more: Partial<ResourceSlice['spec']> = {}): ResourceSlice => ({
  metadata: { name: `slice-${devices[0]?.name ?? 'counters'}` },
  spec: {
    driver: 'd.io',
    nodeName: 'a',
    pool: { name: 'a', generation: 1, resourceSliceCount: 1 },
    devices,
    ...more,
  },
})
const exactly = (name: string, more: object = {}): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'any', allocationMode: 'ExactCount', count: 1, ...more },
})
const claim = (requests: DeviceRequest[], more: object = {}): ResourceClaim => ({
  metadata: { name: 'c', namespace: 'default', uid: 'c' },
  spec: { devices: { requests, ...more } },
})
const model = (name: string) => ({ attributes: { model: { string: name } } })
const selecting = (expression: string) => ({ selectors: [{ cel: { expression } }] })

/** The devices by request; nothing if there are not all. */
function found(one: ResourceClaim, slices: ResourceSlice[], others: ResourceClaim[] = []): string | undefined {
  const classes = [{ metadata: { name: 'any' }, spec: {} }]
  const { claims, nodes } = cluster([node('a')], [], { devices: { classes, slices, claims: [one, ...others] } })
  const results = allocate([claims.claim('default', 'c')!], nodes[0]!.node, claims, devicesInUse(claims.claims()))
  return results?.[0]?.devices?.results?.map(({ request, device: name }) => `${request}=${name}`).join(' ')
}

describe('allocate', () => {
  const two = [slice([device('x', model('small')), device('y', model('big'))])]
  const cases: { name: string; claim: ResourceClaim; slices?: ResourceSlice[]; gets: string | undefined }[] = [
    { name: 'the first that will do', claim: claim([exactly('r')]), gets: 'r=x' },
    {
      name: 'one that is selected',
      claim: claim([exactly('r', selecting('device.attributes["d.io"].model == "big"'))]),
      gets: 'r=y',
    },
    { name: 'as many as it asks for', claim: claim([exactly('r', { count: 2 })]), gets: 'r=x r=y' },
    { name: 'nothing if there are fewer', claim: claim([exactly('r', { count: 3 })]), gets: undefined },
    { name: 'all there are', claim: claim([exactly('r', { allocationMode: 'All' })]), gets: 'r=x r=y' },
    {
      name: 'another device for the first request, if the second needs that one',
      claim: claim([exactly('r'), exactly('s', selecting('device.attributes["d.io"].model == "small"'))]),
      gets: 'r=y s=x',
    },
    {
      name: 'devices that have an attribute in common',
      claim: claim([exactly('r'), exactly('s')], { constraints: [{ matchAttribute: 'd.io/model' }] }),
      slices: [slice([device('x', model('a')), device('y', model('b')), device('z', model('b'))])],
      gets: 'r=y s=z',
    },
    {
      name: 'devices that differ in an attribute',
      claim: claim([exactly('r'), exactly('s')], { constraints: [{ distinctAttribute: 'd.io/model' }] }),
      slices: [slice([device('x', model('a')), device('y', model('a')), device('z', model('b'))])],
      gets: 'r=x s=z',
    },
    {
      name: 'the best alternative there is',
      claim: claim([
        {
          name: 'r',
          firstAvailable: [
            { name: 'four', deviceClassName: 'any', allocationMode: 'ExactCount', count: 4 },
            { name: 'two', deviceClassName: 'any', allocationMode: 'ExactCount', count: 2 },
          ],
        },
      ]),
      gets: 'r/two=x r/two=y',
    },
    {
      name: 'no device with a taint',
      claim: claim([exactly('r')]),
      slices: [slice([device('x', { taints: [{ key: 'bad', effect: 'NoSchedule' }] }), device('y')])],
      gets: 'r=y',
    },
    {
      name: 'one with a taint that it tolerates',
      claim: claim([exactly('r', { tolerations: [{ key: 'bad', operator: 'Exists' }] })]),
      slices: [slice([device('x', { taints: [{ key: 'bad', effect: 'NoSchedule' }] })])],
      gets: 'r=x',
    },
    {
      name: 'no more parts of a device than it has',
      claim: claim([exactly('r', { count: 2 })]),
      slices: [
        slice([], {
          nodeName: '',
          pool: { name: 'a', generation: 1, resourceSliceCount: 2 },
          sharedCounters: [{ name: 'card', counters: { memory: { value: '40Gi' } } }],
        }),
        slice(
          ['20Gi', '30Gi', '20Gi'].map((value, at) =>
            device(`part${at}`, { consumesCounters: [{ counterSet: 'card', counters: { memory: { value } } }] }),
          ),
          { pool: { name: 'a', generation: 1, resourceSliceCount: 2 } },
        ),
      ],
      gets: 'r=part0 r=part2',
    },
    {
      name: 'nothing of a pool that is being published',
      claim: claim([exactly('r')]),
      slices: [slice([device('x')], { pool: { name: 'a', generation: 2, resourceSliceCount: 2 } })],
      gets: undefined,
    },
    {
      name: 'nothing of another node',
      claim: claim([exactly('r')]),
      slices: [slice([device('x')], { nodeName: 'b' })],
      gets: undefined,
    },
  ]
  for (const { name, claim: one, slices = two, gets } of cases) {
    it(`finds ${name}`, () => expect(found(one, slices)).to.equal(gets))
  }

  const holder: ResourceClaim = {
    ...claim([exactly('r')]),
    metadata: { name: 'holder', namespace: 'default', uid: 'holder' },
    status: { allocation: { devices: { results: [{ request: 'r', driver: 'd.io', pool: 'a', device: 'x' }] } } },
  }

  it('leaves alone what others hold, but for administrators', () => {
    expect(found(claim([exactly('r')]), two, [holder])).to.equal('r=y')
    expect(found(claim([exactly('r', { adminAccess: true })]), two, [holder])).to.equal('r=x')
  })

  it('says which selector makes no sense of which device', () => {
    const one = claim([exactly('r', selecting('device.attributes["d.io"].color == "red"'))])
    expect(() => found(one, two)).to.throw('claim default/c: selector #0: CEL runtime error: no such key: color')
  })
})
