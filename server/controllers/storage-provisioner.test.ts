// Claims on the default class get a volume, and volumes go with their claims.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { storageProvisioner } from './storage-provisioner.ts'
import { ago, NOW, told, written } from './testing.ts'

const NAME = 'kubeling.local/hostpath'

function claim(provisioner: string = NAME): KubeObject {
  return {
    metadata: {
      name: 'c',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: ago(1),
      annotations: { 'volume.kubernetes.io/storage-provisioner': provisioner },
    },
    spec: { storageClassName: 'standard', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  } as KubeObject
}

function volume(phase: string, policy = 'Delete'): KubeObject {
  return {
    metadata: {
      name: 'pvc-u',
      uid: 'v',
      resourceVersion: '1',
      annotations: { 'pv.kubernetes.io/provisioned-by': NAME },
    },
    spec: { persistentVolumeReclaimPolicy: policy },
    status: { phase },
  } as KubeObject
}

const storageClass = { metadata: { name: 'standard' }, provisioner: NAME, reclaimPolicy: 'Delete' } as KubeObject

function look(key: string, claims: readonly KubeObject[], volumes: readonly KubeObject[] = []): readonly Action[] {
  const { definition } = storageProvisioner
  const objects = {
    persistentvolumeclaims: claims,
    persistentvolumes: volumes,
    'storageclasses.storage.k8s.io': [storageClass],
  }
  return definition.reconcile(key, listersOf(definition, objects), NOW)
}

describe('storage-provisioner-controller', () => {
  it('makes a volume for a claim that asks for it, once', () => {
    const actions = look('default/c', [claim()])
    expect(told(actions)).to.deep.equal([
      'event Provisioning: External provisioner is provisioning volume for claim "default/c"',
      'create persistentvolumes pvc-u',
      'event ProvisioningSucceeded: Successfully provisioned volume pvc-u',
    ])
    expect(written<core.PersistentVolume>(actions, 'persistentvolumes')?.spec).to.deep.include({
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'standard',
    })
    expect(look('default/c', [claim()], [volume('Bound')])).to.deep.equal([])
  })

  it('leaves claims to other provisioners', () => {
    expect(look('default/c', [claim('example.com/disk')])).to.deep.equal([])
  })

  it('deletes its volumes when they are released, unless they are to be kept', () => {
    expect(told(look('volume:pvc-u', [], [volume('Released')]))).to.deep.equal(['delete persistentvolumes pvc-u'])
    expect(look('volume:pvc-u', [], [volume('Released', 'Retain')])).to.deep.equal([])
    expect(look('volume:pvc-u', [], [volume('Bound')])).to.deep.equal([])
  })

  it('enlarges its volume for a claim that asks for more', () => {
    const bound = claim() as unknown as core.PersistentVolumeClaim
    const asking = {
      ...bound,
      spec: { ...bound.spec, volumeName: 'pvc-u', resources: { requests: { storage: '2Gi' } } },
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    } as KubeObject
    const made = volume('Bound') as unknown as core.PersistentVolume
    const own = { ...made, spec: { ...made.spec, capacity: { storage: '1Gi' }, claimRef: { uid: 'u' } } } as KubeObject
    expect(told(look('default/c', [asking], [own]))).to.deep.equal([
      'event Resizing: External resizer is resizing volume pvc-u',
      'patch persistentvolumes pvc-u',
      'patch persistentvolumeclaims/status c',
      'event VolumeResizeSuccessful: Resize volume succeeded',
    ])
    const done = { ...asking, status: { phase: 'Bound', capacity: { storage: '2Gi' } } } as KubeObject
    expect(look('default/c', [done], [own])).to.deep.equal([])
  })
})
