// Addresses for services of type LoadBalancer: objects → actions.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action, PatchAction } from '../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../client/controller.ts'
import { serviceLoadBalancer } from './service-load-balancer.ts'
import { ago, node, NOW, TIME, told } from './testing.ts'

const { definition } = serviceLoadBalancer('172.31.255.0/29') as Controller & { definition: ControllerDefinition }
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup'

interface Options {
  readonly name?: string
  readonly spec?: core.ServiceSpec
  readonly ip?: string
  readonly finalizers?: string[]
  readonly deleting?: boolean
}

function service({ name = 's', spec = {}, ip, finalizers, deleting = false }: Options = {}): Stored<core.Service> {
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deleting ? { deletionTimestamp: TIME } : {}),
    },
    spec: { type: 'LoadBalancer', ...spec },
    status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip, ipMode: 'VIP' }] } },
  }
}

function run(services: readonly KubeObject[], nodes: readonly KubeObject[] = []): readonly Action[] {
  return definition.reconcile('default/s', listersOf(definition, { services, nodes }), NOW)
}

const ingressOf = (actions: readonly Action[]): unknown =>
  actions
    .filter((action): action is PatchAction => action.do === 'patch')
    .map(({ patch }) => (patch as core.Service).status?.loadBalancer?.ingress?.[0]?.ip)
    .find((ip) => ip !== undefined)

describe('service-lb-controller', () => {
  it('gives an address, and a finalizer before', () => {
    const actions = run([service()])
    expect(told(actions)).to.deep.equal([
      'event EnsuringLoadBalancer: Ensuring load balancer',
      'patch services/status s',
      'event EnsuredLoadBalancer: Ensured load balancer',
      'patch services/status s',
    ])
    expect(ingressOf(actions)).to.equal('172.31.255.1')
  })

  it('gives the first address that is free, or the one that is asked for', () => {
    const others = [service({ name: 'a', ip: '172.31.255.1' }), service({ name: 'b', ip: '172.31.255.3' })]
    expect(ingressOf(run([service(), ...others]))).to.equal('172.31.255.2')
    expect(ingressOf(run([service({ spec: { loadBalancerIP: '192.0.2.7' } }), ...others]))).to.equal('192.0.2.7')
  })

  it('leaves the address as it is', () => {
    expect(ingressOf(run([service({ ip: '172.31.255.4', finalizers: [FINALIZER] })]))).to.equal(undefined)
  })

  it('says when there is none left', () => {
    const others = [1, 2, 3, 4, 5, 6].map((at) => service({ name: `s${at}`, ip: `172.31.255.${at}` }))
    expect(told(run([service(), ...others]))).to.deep.equal([
      'event EnsuringLoadBalancer: Ensuring load balancer',
      'event SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: no free addresses',
      'retry: failed to ensure load balancer: no free addresses',
    ])
  })

  it('takes the address back from a service that goes, or wants none any more', () => {
    const then = [
      'event DeletingLoadBalancer: Deleting load balancer',
      'patch services/status s',
      'patch services/status s',
      'event DeletedLoadBalancer: Deleted load balancer',
    ]
    const had = { ip: '172.31.255.1', finalizers: [FINALIZER] }
    expect(told(run([service({ ...had, deleting: true })]))).to.deep.equal(then)
    expect(told(run([service({ ...had, spec: { type: 'ClusterIP' } })]))).to.deep.equal(then)
  })

  it('looks at services of no class only', () => {
    const [{ enqueue }] = definition.watches as unknown as [{ enqueue: (event: unknown) => readonly string[] }]
    const added = (spec: core.ServiceSpec) => enqueue({ type: 'ADDED', object: service({ spec }) })
    expect(added({})).to.deep.equal(['default/s'])
    expect(added({ loadBalancerClass: 'example.com/x' })).to.deep.equal([])
    expect(added({ type: 'ClusterIP' })).to.deep.equal([])
  })

  it('tells of a service that no node is behind', () => {
    const excluded = { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }
    const nodes = [node('a', excluded), node('b', excluded)]
    expect(told(run([service()], nodes))).to.include(
      'event UnAvailableLoadBalancer: There are no available nodes for LoadBalancer',
    )
    expect(told(run([service()], [...nodes, node('c')])).join()).to.not.include('UnAvailable')
  })
})
