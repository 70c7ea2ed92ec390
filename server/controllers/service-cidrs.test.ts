// Ranges for the addresses of services: objects → actions.
import { expect } from 'chai'
import type * as networking from '../api/networking.ts'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action, PatchAction } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { serviceCIDRs } from './service-cidrs.ts'
import { ago, NOW, told } from './testing.ts'

const { definition } = serviceCIDRs
const RESOURCE = 'servicecidrs.networking.k8s.io'
const ADDRESSES = 'ipaddresses.networking.k8s.io'
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'

function range(
  name: string,
  cidr: string,
  deletedSeconds?: number,
  finalizers = [FINALIZER],
): Stored<networking.ServiceCIDR> {
  const deletion = deletedSeconds === undefined ? {} : { deletionTimestamp: ago(deletedSeconds) }
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: ago(60), finalizers, ...deletion },
    spec: { cidrs: [cidr] },
  }
}

const address = (name: string): KubeObject => ({
  metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
})

function run(ranges: readonly KubeObject[], addresses: readonly KubeObject[] = []): readonly Action[] {
  return definition.reconcile('a', listersOf(definition, { [RESOURCE]: ranges, [ADDRESSES]: addresses }), NOW)
}

const condition = ([action]: readonly Action[]): unknown =>
  ((action as PatchAction).patch as networking.ServiceCIDR).status?.conditions?.[0]

describe('service-cidr-controller', () => {
  it('holds a new range, and says that it is ready', () => {
    expect(told(run([range('a', '10.1.0.0/24', undefined, [])]))).to.deep.equal([`patch ${RESOURCE} a`])
    expect(condition(run([range('a', '10.1.0.0/24')]))).to.include({
      status: 'True',
      message: 'Kubernetes Service CIDR is ready',
    })
  })

  it('keeps a range that addresses need', () => {
    expect(condition(run([range('a', '10.1.0.0/24', 60)], [address('10.1.0.7')]))).to.include({
      status: 'False',
      reason: 'Terminating',
    })
  })

  it('lets a range go when nothing needs it any more, or another one holds its addresses', () => {
    expect(told(run([range('a', '10.1.0.0/24', 60)], [address('10.2.0.7')]))).to.deep.equal([`update ${RESOURCE} a`])
    const wider = [range('a', '10.1.0.0/24', 60), range('b', '10.0.0.0/8')]
    expect(told(run(wider, [address('10.1.0.7')]))).to.deep.equal([`update ${RESOURCE} a`])
  })

  it('waits until all know that it goes', () => {
    expect(told(run([range('a', '10.1.0.0/24', 4)]))).to.deep.equal(['requeueAfter 6000'])
  })
})
