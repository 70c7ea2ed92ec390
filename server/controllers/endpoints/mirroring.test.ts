// Endpoints without a selector become slices: objects → actions.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type * as discovery from '../../api/discovery.ts'
import type { Frozen, KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf } from '../../client/controller.ts'
import { ago, NOW, told } from '../testing.ts'
import { endpointsliceMirroring } from './mirroring.ts'

const { definition } = endpointsliceMirroring
const SLICES = 'endpointslices.discovery.k8s.io'
const meta = (uid: string) => ({
  name: 's',
  namespace: 'default',
  uid,
  resourceVersion: '1',
  creationTimestamp: ago(9),
})
const service: Stored<core.Service> = { metadata: meta('svc'), spec: { ports: [{ port: 80 }] } }
const endpoints = (subsets: core.EndpointSubset[], metadata: object = {}): Stored<core.Endpoints> => ({
  metadata: { ...meta('ep'), ...metadata },
  subsets,
})
const web: core.EndpointSubset = {
  addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
  notReadyAddresses: [{ ip: '192.0.2.2', hostname: 'h' }],
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
}

function run(objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  return definition.reconcile('default/s', listersOf(definition, { services: [service], ...objects }), NOW)
}

function slices(actions: readonly Action[]): Frozen<discovery.EndpointSlice>[] {
  return actions.flatMap((action) =>
    action.do === 'create' || action.do === 'update' ? [action.object as Frozen<discovery.EndpointSlice>] : [],
  )
}

const stored = (slice: Frozen<discovery.EndpointSlice>, name: string): KubeObject =>
  ({ ...slice, metadata: { ...slice.metadata, name, uid: name, resourceVersion: '1' } }) as unknown as KubeObject

describe('endpointslice-mirroring-controller', () => {
  it('makes a slice for each address family', () => {
    const made = slices(run({ endpoints: [endpoints([web], { labels: { a: 'b' } })] }))
    expect(made.map(({ addressType }) => addressType)).to.have.members(['IPv4', 'IPv6'])
    const [v4] = made.filter(({ addressType }) => addressType === 'IPv4')
    expect(v4?.metadata?.labels).to.deep.equal({
      a: 'b',
      'kubernetes.io/service-name': 's',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    })
    expect(v4?.endpoints).to.deep.equal([
      { addresses: ['192.0.2.1'], conditions: { ready: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: false }, hostname: 'h' },
    ])
  })

  it('does nothing where all is mirrored', () => {
    const all = { endpoints: [endpoints([web])] }
    const mirrored = slices(run(all)).map((slice, at) => stored(slice, `s-${at}`))
    expect(run({ ...all, [SLICES]: mirrored })).to.deep.equal([])
  })

  it('uses a slice for other ports, and drops what is left over', () => {
    const mirrored = slices(run({ endpoints: [endpoints([web])] })).map((slice, at) => stored(slice, `s-${at}`))
    const changed = endpoints([{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 81 }] }])
    expect(told(run({ endpoints: [changed], [SLICES]: mirrored }))).to.deep.equal([
      `update ${SLICES} s-0`,
      `delete ${SLICES} s-1`,
    ])
  })

  it('takes them away when they are not to be mirrored, or the service selects pods', () => {
    const mirrored = slices(run({ endpoints: [endpoints([web])] })).map((slice, at) => stored(slice, `s-${at}`))
    const gone = [`delete ${SLICES} s-0`, `delete ${SLICES} s-1`]
    const skipped = endpoints([web], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } })
    expect(told(run({ endpoints: [skipped], [SLICES]: mirrored }))).to.deep.equal(gone)
    const selecting = { ...service, spec: { ...service.spec, selector: { a: 'b' } } }
    expect(told(run({ endpoints: [endpoints([web])], services: [selecting], [SLICES]: mirrored }))).to.deep.equal(gone)
    expect(told(run({ [SLICES]: mirrored }))).to.deep.equal(gone)
  })
})
