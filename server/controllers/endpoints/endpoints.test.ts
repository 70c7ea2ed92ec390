// Endpoints and EndpointSlices: services and pods → objects.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type * as discovery from '../../api/discovery.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf, type ControllerDefinition, type Controller } from '../../client/controller.ts'
import { ago, node, NOW, pod, told, written, type PodOptions } from '../testing.ts'
import { endpoints } from './endpoints.ts'
import { endpointslices } from './endpointslices.ts'
import { sortPorts } from './port-order.ts'
import { layOut, type Endpoint, type Slice } from './slices.ts'
import { TriggerTimes, withTriggerTime, type Service } from './service-pods.ts'
import { packSubsets, truncate } from './subsets.ts'

const SLICES = 'endpointslices.discovery.k8s.io'

function service(spec: Partial<core.ServiceSpec> = {}, labels?: Record<string, string>): Stored<core.Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 's',
      namespace: 'default',
      uid: 'uid-s',
      resourceVersion: '1',
      creationTimestamp: ago(60),
      ...(labels === undefined ? {} : { labels }),
    },
    spec: {
      clusterIP: '10.0.0.9',
      ipFamilies: ['IPv4'],
      selector: { app: 'a' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      ...spec,
    },
  }
}

function backend(name: string, more: Partial<PodOptions> = {}): Stored<core.Pod> {
  return pod({ name, labels: { app: 'a' }, node: 'n1', ip: `10.1.0.${name.length}`, readySeconds: 5, ...more })
}

/** Controllers here keep state: each world gets its own. */
function reconcile(make: () => Controller, objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  const { definition } = make() as Controller & { definition: ControllerDefinition }
  return definition.reconcile('default/s', listersOf(definition, { nodes: [node('n1')], ...objects }), NOW)
}

const target = (name: string) => ({ kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` })

describe('endpoints-controller', () => {
  const run = (objects: Record<string, readonly KubeObject[]>): readonly Action[] => reconcile(endpoints, objects)

  it('makes Endpoints with the addresses of ready and unready pods', () => {
    const actions = run({
      services: [service({}, { team: 'x' })],
      pods: [
        backend('a'),
        pod({ name: 'bb', labels: { app: 'a' }, node: 'n1', ip: '10.1.0.2', phase: 'Running' }),
        backend('ccc', { labels: { app: 'other' } }),
        backend('dddd', { deleting: true }),
        backend('eeeee', { phase: 'Failed' }),
      ],
    })
    expect(written(actions, 'endpoints')).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: 's',
        namespace: 'default',
        labels: { team: 'x', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': ago(60) },
      },
      subsets: [
        {
          addresses: [{ ip: '10.1.0.1', nodeName: 'n1', targetRef: target('a') }],
          notReadyAddresses: [{ ip: '10.1.0.2', nodeName: 'n1', targetRef: target('bb') }],
          ports: [{ port: 8080, protocol: 'TCP' }],
        },
      ],
    })
  })

  it('finds named ports, and marks headless services', () => {
    const named = { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 3000, protocol: 'TCP' }] }] }
    const spec = { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }] }
    const made = written<core.Endpoints>(
      run({ services: [service(spec)], pods: [backend('a', { spec: named })] }),
      'endpoints',
    )
    expect(made?.subsets?.[0]?.ports).to.deep.equal([{ name: 'http', port: 3000, protocol: 'TCP' }])
    expect(made?.metadata?.labels).to.include({ 'service.kubernetes.io/headless': '' })
  })

  it('writes nothing when nothing changed, and deletes what has no service', () => {
    const objects = { services: [service()], pods: [backend('a')] }
    const made = written<core.Endpoints>(run(objects), 'endpoints') as core.Endpoints
    const present = { ...made, metadata: { ...made.metadata, uid: 'u', resourceVersion: '1' } }
    expect(told(run({ ...objects, endpoints: [present] }))).to.deep.equal([])
    expect(told(run({ endpoints: [present] }))).to.deep.equal(['delete endpoints s'])
  })

  it('leaves services alone that have no selector or only a name outside', () => {
    const { selector: _, ...plain } = service().spec ?? {}
    expect(run({ services: [{ ...service(), spec: plain } as KubeObject] })).to.deep.equal([])
    expect(run({ services: [service({ type: 'ExternalName' })], pods: [backend('a')] })).to.deep.equal([])
  })
})

describe('subsets', () => {
  it('group addresses by their ports', () => {
    const [a, b] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }]
    const port = (number: number) => ({ port: number, protocol: 'TCP' })
    const offers = [
      { address: b, port: port(80), ready: true },
      { address: a, port: port(80), ready: true },
      { address: a, port: port(443), ready: true },
    ]
    expect(packSubsets(offers)).to.deep.equal([
      { addresses: [a], ports: [port(443)] },
      { addresses: [a, b], ports: [port(80)] },
    ])
  })

  it('order ports as the hash of their Go form does', () => {
    const http = { name: 'http', port: 8080, protocol: 'TCP' }
    const other = { port: 8443, protocol: 'TCP', appProtocol: 'h2' }
    // Hashes by Go: 2530… and 5aff…
    expect(sortPorts([other, http])).to.deep.equal([http, other])
  })

  it('are cut to the capacity, ready addresses first', () => {
    const addresses = ['1', '2', '3'].map((ip) => ({ ip }))
    expect(truncate([{ addresses, notReadyAddresses: addresses }], 4)).to.deep.equal({
      truncated: true,
      subsets: [{ addresses, notReadyAddresses: addresses.slice(0, 1) }],
    })
    expect(truncate([{ addresses }], 2).subsets).to.deep.equal([{ addresses: addresses.slice(0, 2) }])
  })
})

describe('trigger times', () => {
  it('tell the age of the service first, then the oldest change since', () => {
    const times = new TriggerTimes()
    expect(times.next(service() as Service, [])).to.equal(NOW - 60_000)
    expect(
      times.next(service() as Service, [backend('a', { readySeconds: 30 }), backend('bb', { readySeconds: 10 })]),
    ).to.equal(NOW - 30_000)
    expect(
      times.next(service() as Service, [backend('a', { readySeconds: 30 }), backend('bb', { readySeconds: 10 })]),
    ).to.equal(undefined)
  })

  it('stand in an annotation, with as many digits as it takes', () => {
    const key = 'endpoints.kubernetes.io/last-change-trigger-time'
    expect(withTriggerTime({ a: 'b' }, Date.UTC(2026, 0, 1))).to.deep.equal({ a: 'b', [key]: '2026-01-01T00:00:00Z' })
    expect(withTriggerTime(undefined, Date.UTC(2026, 0, 1, 0, 0, 0, 120))).to.deep.equal({
      [key]: '2026-01-01T00:00:00.12Z',
    })
    expect(withTriggerTime({ [key]: 'x' }, undefined)).to.deep.equal({})
  })
})

describe('endpointslice-controller', () => {
  const run = (objects: Record<string, readonly KubeObject[]>): readonly Action[] => reconcile(endpointslices, objects)
  const stored = (slice: discovery.EndpointSlice, name = 's-1'): Stored<discovery.EndpointSlice> =>
    ({
      ...slice,
      metadata: { ...slice.metadata, name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: ago(1) },
    }) as Stored<discovery.EndpointSlice>
  const madeFor = (objects: Record<string, readonly KubeObject[]>): Stored<discovery.EndpointSlice> =>
    stored(written<discovery.EndpointSlice>(run(objects), SLICES) as discovery.EndpointSlice)

  it('makes a slice with the endpoints, also of pods that terminate', () => {
    const zoned = node('n1', { labels: { 'topology.kubernetes.io/zone': 'z' } })
    const made = written(
      run({ nodes: [zoned], services: [service()], pods: [backend('a'), backend('bb', { deleting: true })] }),
      SLICES,
    )
    const endpoint = (name: string, ready: boolean): object => ({
      addresses: [`10.1.0.${name.length}`],
      conditions: { ready, serving: true, terminating: !ready },
      nodeName: 'n1',
      targetRef: target(name),
      zone: 'z',
    })
    expect(made).to.deep.equal({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: 's-',
        namespace: 'default',
        labels: {
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': 's',
        },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': ago(60) },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Service', name: 's', uid: 'uid-s', controller: true, blockOwnerDeletion: true },
        ],
      },
      addressType: 'IPv4',
      endpoints: [endpoint('a', true), endpoint('bb', false)],
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    })
  })

  it('keeps a slice without ports for a service without endpoints', () => {
    const placeholder = madeFor({ services: [service()] })
    expect([placeholder.endpoints, placeholder.ports]).to.deep.equal([[], []])
    expect(run({ services: [service()], [SLICES]: [placeholder] })).to.deep.equal([])
  })

  it('turns the placeholder into a slice with endpoints and back, under the same name', () => {
    const placeholder = madeFor({ services: [service()] })
    const pods = [backend('a')]
    expect(told(run({ services: [service()], pods, [SLICES]: [placeholder] }))).to.deep.equal([`update ${SLICES} s-1`])
    const filled = madeFor({ services: [service()], pods })
    const emptied = run({ services: [service()], [SLICES]: [filled] })
    expect(told(emptied)).to.deep.equal([`update ${SLICES} s-1`])
    expect(written<discovery.EndpointSlice>(emptied, SLICES)?.ports).to.deep.equal([])
  })

  it('writes nothing when nothing changed', () => {
    const objects = { services: [service()], pods: [backend('a')] }
    expect(run({ ...objects, [SLICES]: [madeFor(objects)] })).to.deep.equal([])
  })

  it('reports pods whose node is not known, and comes back', () => {
    const lines = told(run({ services: [service()], pods: [backend('a', { node: 'gone' })] }))
    expect(lines.at(-1)).to.equal('retry: skipping Pod a for Service default/s: Node gone Not Found')
    expect(lines.at(-2)).to.match(
      /^event FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default\/s: skipping Pod a/,
    )
  })

  it('serves both families of a dual-stack service', () => {
    const spec = { ipFamilies: ['IPv4', 'IPv6'] }
    expect(told(run({ services: [service(spec)], pods: [backend('a')] }))).to.have.length(2)
  })

  describe('layout', () => {
    const endpoint = (number: number, ready = true): Endpoint => ({
      addresses: [`10.0.${number >> 8}.${number & 255}`],
      conditions: { ready },
    })
    const some = (count: number, from = 0): Endpoint[] => Array.from({ length: count }, (_, at) => endpoint(from + at))
    const slice = (name: string, endpoints: readonly Endpoint[]): Slice =>
      ({ metadata: { name }, addressType: 'IPv4', endpoints }) as unknown as Slice
    const fresh = (): boolean => false

    it('makes slices of at most 100', () => {
      expect(layOut([], some(250), fresh).created.map((part) => part.length)).to.deep.equal([100, 100, 50])
    })

    it('fills the slice that comes closest to full', () => {
      const [a, b] = [slice('a', some(50)), slice('b', some(90, 50))]
      const { created, updated } = layOut([a, b], some(145), fresh)
      expect(created).to.deep.equal([])
      expect(updated.map(({ slice: which, endpoints: all }) => [which.metadata.name, all.length])).to.deep.equal([
        ['b', 95],
      ])
    })

    it('updates in place what changed, and deletes what is empty', () => {
      const [a, b] = [slice('a', some(2)), slice('b', some(2, 2))]
      const { updated, deleted } = layOut([a, b], [endpoint(0, false), endpoint(1)], fresh)
      expect(updated).to.deep.equal([{ slice: a, endpoints: [endpoint(0, false), endpoint(1)] }])
      expect(deleted).to.deep.equal([b])
    })
  })
})
