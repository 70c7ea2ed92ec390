// Claims, volumes and their classes: when the finalizers that protect them come and go.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject, OwnerReference, Stored } from '../apimachinery/types.ts'
import type { WatchEvent } from '../client/client.ts'
import { listersOf } from '../client/controller.ts'
import { pvProtection } from './pv-protection.ts'
import { pvcProtection } from './pvc-protection.ts'
import { NOW, TIME, ownerReference, pod, written, type PodOptions } from './testing.ts'
import { vacProtection } from './vac-protection.ts'

const PVC = 'kubernetes.io/pvc-protection'
const PV = 'kubernetes.io/pv-protection'
const VAC = 'kubernetes.io/vac-protection'
const OTHER = 'example.com/other'

interface Meta {
  readonly deleting?: boolean
  readonly finalizers?: string[]
  readonly owner?: OwnerReference
}

function metadata({ deleting, finalizers, owner }: Meta): object {
  return {
    uid: 'uid-object',
    resourceVersion: '1',
    ...(deleting === true ? { deletionTimestamp: TIME } : {}),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  }
}

/** The finalizers that are written; undefined where nothing is. */
function afterClaim(claim: Meta, pods: readonly Stored<core.Pod>[] = []): readonly string[] | undefined {
  const object = { metadata: { ...metadata(claim), name: 'web-data', namespace: 'default' } } as KubeObject
  const listers = listersOf(pvcProtection.definition, { persistentvolumeclaims: [object], pods })
  const actions = pvcProtection.definition.reconcile('default/web-data', listers, NOW)
  return written(actions, 'persistentvolumeclaims')?.metadata?.finalizers
}

function afterVolume(volume: Meta, phase: string): readonly string[] | undefined {
  const object = { metadata: { ...metadata(volume), name: 'disk' }, status: { phase } } as KubeObject
  const listers = listersOf(pvProtection.definition, { persistentvolumes: [object] })
  return written(pvProtection.definition.reconcile('disk', listers, NOW), 'persistentvolumes')?.metadata?.finalizers
}

const direct: core.Volume = { name: 'd', persistentVolumeClaim: { claimName: 'web-data' } }
const ephemeral = { name: 'data', ephemeral: {} } as core.Volume

function user(volume: core.Volume, more: Partial<PodOptions> = {}): Stored<core.Pod> {
  return pod({ name: 'web', node: 'n1', ...more, spec: { volumes: [{ name: 'e', emptyDir: {} }, volume] } })
}

function shutDown(of: Stored<core.Pod>): Stored<core.Pod> {
  return { ...of, metadata: { ...of.metadata, deletionTimestamp: TIME, deletionGracePeriodSeconds: 0 } }
}

describe('persistentvolumeclaim-protection-controller', () => {
  const deleting = { deleting: true, finalizers: [OTHER, PVC] }
  const owner = ownerReference('Pod', 'web', 'uid-web', 'v1')

  it('protects a claim that is not protected, used or not', () => {
    expect(afterClaim({})).to.deep.equal([PVC])
    expect(afterClaim({ finalizers: [OTHER] }, [user(direct)])).to.deep.equal([OTHER, PVC])
    expect(afterClaim({ finalizers: [PVC] })).to.equal(undefined)
  })

  it('leaves alone a claim that is being deleted without its finalizer, and one that is gone', () => {
    expect(afterClaim({ deleting: true, finalizers: [OTHER] })).to.equal(undefined)
    const none = listersOf(pvcProtection.definition, {})
    expect(pvcProtection.definition.reconcile('default/web-data', none, NOW)).to.deep.equal([])
  })

  const cases: { name: string; pods: Stored<core.Pod>[]; claim?: Meta; kept: boolean }[] = [
    { name: 'nobody names', pods: [], kept: false },
    { name: 'a pod uses', pods: [user(direct)], kept: true },
    { name: 'a pod that is being deleted uses', pods: [user(direct, { deleting: true })], kept: true },
    { name: 'a pod that has ended names', pods: [user(direct, { phase: 'Succeeded' })], kept: true },
    { name: 'a pod that finalizers keep names', pods: [shutDown(user(direct))], kept: true },
    { name: 'a pod without a node names', pods: [pod({ name: 'web', spec: { volumes: [direct] } })], kept: false },
    { name: 'a pod of another namespace names', pods: [user(direct, { namespace: 'else' })], kept: false },
    { name: 'one of two pods uses', pods: [user(ephemeral), user(direct, { name: 'b' })], kept: true },
    { name: 'was made for a pod', pods: [user(ephemeral)], claim: { owner }, kept: true },
    { name: 'was made for a pod that is shut down', pods: [shutDown(user(ephemeral))], claim: { owner }, kept: false },
    { name: 'only has the name of one made for a pod', pods: [user(ephemeral)], kept: false },
    {
      name: 'was made for an earlier pod of that name',
      pods: [user(ephemeral)],
      claim: { owner: { ...owner, uid: 'uid-earlier' } },
      kept: false,
    },
  ]
  for (const { name, pods, claim = {}, kept } of cases) {
    it(`${kept ? 'keeps' : 'lets go of'} a claim being deleted that ${name}`, () => {
      expect(afterClaim({ ...deleting, ...claim }, pods)).to.deep.equal(kept ? undefined : [OTHER])
    })
  }

  it('looks at the claims of a pod again when it is gone or shut down', () => {
    const watch = pvcProtection.definition.watches.find(({ resource }) => resource === 'pods')
    const enqueue = watch?.enqueue
    if (typeof enqueue !== 'function') return expect.fail('expected a function')
    const keys = (type: WatchEvent['type'], object: Stored<core.Pod>): string[] => [
      ...enqueue({ type, object } as never, listersOf(pvcProtection.definition, {})),
    ]
    expect(keys('ADDED', user(direct))).to.deep.equal([])
    expect(keys('MODIFIED', user(direct, { deleting: true }))).to.deep.equal([])
    expect(keys('MODIFIED', shutDown(user(ephemeral)))).to.deep.equal(['default/web-data'])
    expect(keys('DELETED', user(direct))).to.deep.equal(['default/web-data'])
  })
})

describe('persistentvolume-protection-controller', () => {
  const deleting = { deleting: true, finalizers: [PV, OTHER] }
  const cases: { name: string; volume: Meta; phase: string; finalizers: string[] | undefined }[] = [
    { name: 'protects a volume that is not', volume: { finalizers: [OTHER] }, phase: 'Bound', finalizers: [OTHER, PV] },
    { name: 'leaves a protected one', volume: { finalizers: [PV] }, phase: 'Available', finalizers: undefined },
    { name: 'keeps a bound one being deleted', volume: deleting, phase: 'Bound', finalizers: undefined },
    { name: 'lets go of a released one', volume: deleting, phase: 'Released', finalizers: [OTHER] },
    { name: 'lets go of an available one', volume: deleting, phase: 'Available', finalizers: [OTHER] },
    { name: 'does not protect one being deleted', volume: { deleting: true }, phase: 'Failed', finalizers: undefined },
  ]
  for (const { name, volume, phase, finalizers } of cases) {
    it(name, () => {
      expect(afterVolume(volume, phase)).to.deep.equal(finalizers)
    })
  }
})

describe('volumeattributesclass-protection-controller', () => {
  const named = { name: 'x', namespace: 'default', uid: 'uid-x', resourceVersion: '1' }
  const claim = (more: object): KubeObject => ({ metadata: named, ...more }) as KubeObject

  function afterClass(meta: Meta, users: Record<string, readonly KubeObject[]> = {}): readonly string[] | undefined {
    const object = { metadata: { ...metadata(meta), name: 'gold' } } as KubeObject
    const resource = 'volumeattributesclasses.storage.k8s.io'
    const listers = listersOf(vacProtection.definition, { [resource]: [object], ...users })
    return written(vacProtection.definition.reconcile('gold', listers, NOW), resource)?.metadata?.finalizers
  }

  const deleting = { deleting: true, finalizers: [VAC, OTHER] }
  const cases: { name: string; users: Record<string, KubeObject[]>; kept: boolean }[] = [
    { name: 'nobody names', users: {}, kept: false },
    {
      name: 'a volume names',
      users: { persistentvolumes: [claim({ spec: { volumeAttributesClassName: 'gold' } })] },
      kept: true,
    },
    {
      name: 'a claim asks for',
      users: { persistentvolumeclaims: [claim({ spec: { volumeAttributesClassName: 'gold' } })] },
      kept: true,
    },
    {
      name: 'a claim has',
      users: { persistentvolumeclaims: [claim({ status: { currentVolumeAttributesClassName: 'gold' } })] },
      kept: true,
    },
    {
      name: 'a claim is on the way to',
      users: {
        persistentvolumeclaims: [
          claim({ status: { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold', status: 'Pending' } } }),
        ],
      },
      kept: true,
    },
    {
      name: 'only others are named beside',
      users: { persistentvolumes: [claim({ spec: { volumeAttributesClassName: 'silver' } })] },
      kept: false,
    },
  ]
  for (const { name, users, kept } of cases) {
    it(`${kept ? 'keeps' : 'lets go of'} a class being deleted that ${name}`, () => {
      expect(afterClass(deleting, users)).to.deep.equal(kept ? undefined : [OTHER])
    })
  }

  it('protects a class that is not protected', () => {
    expect(afterClass({ finalizers: [OTHER] })).to.deep.equal([OTHER, VAC])
  })

  it('looks at a class again when it is no longer named', () => {
    const watch = vacProtection.definition.watches.find(({ resource }) => resource === 'persistentvolumeclaims')
    const enqueue = watch?.enqueue
    if (typeof enqueue !== 'function') return expect.fail('expected a function')
    const asks = (name: string): KubeObject => claim({ spec: { volumeAttributesClassName: name } })
    const keys = (event: object): string[] => [...enqueue(event as never, listersOf(vacProtection.definition, {}))]
    expect(keys({ type: 'ADDED', object: asks('gold') })).to.deep.equal([])
    expect(keys({ type: 'MODIFIED', object: asks('gold'), old: asks('gold') })).to.deep.equal([])
    expect(keys({ type: 'MODIFIED', object: asks('silver'), old: asks('gold') })).to.deep.equal(['gold'])
    expect(keys({ type: 'DELETED', object: asks('gold'), old: asks('gold') })).to.deep.equal(['gold'])
  })
})
