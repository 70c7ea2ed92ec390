// Claims of generic ephemeral volumes: objects → actions.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { ephemeralVolume } from './ephemeral-volume.ts'
import { NOW, ownerReference, pod, told, written } from './testing.ts'

const { definition } = ephemeralVolume
const spec: core.PersistentVolumeClaimSpec = { accessModes: ['ReadWriteOnce'] }
const user = pod({
  name: 'a',
  spec: { volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { metadata: { labels: { x: 'y' } }, spec } } }] },
})
const run = (objects: Record<string, readonly KubeObject[]>): readonly Action[] =>
  definition.reconcile('default/a', listersOf(definition, objects), NOW)

describe('ephemeral-volume-controller', () => {
  it('makes the claim of a volume, owned by the pod', () => {
    const claim = written<core.PersistentVolumeClaim>(run({ pods: [user] }), 'persistentvolumeclaims')
    expect(claim?.metadata).to.deep.equal({
      name: 'a-v',
      namespace: 'default',
      labels: { x: 'y' },
      ownerReferences: [ownerReference('Pod', 'a', 'uid-a', 'v1')],
    })
    expect(claim?.spec).to.deep.equal(spec)
    expect(run({ pods: [user], persistentvolumeclaims: [claim as KubeObject] })).to.deep.equal([])
  })

  it('does not take the claim of somebody else', () => {
    const other: KubeObject = { metadata: { name: 'a-v', namespace: 'default' } }
    const message = 'ephemeral volume v: PVC default/a-v was not created for pod default/a (pod is not owner)'
    expect(told(run({ pods: [user], persistentvolumeclaims: [other] }))).to.deep.equal([
      `event FailedBinding: ${message}`,
      `retry: ${message}`,
    ])
  })

  it('does nothing for a pod on its way out', () => {
    const leaving = { ...user, metadata: { ...user.metadata, deletionTimestamp: user.metadata.creationTimestamp } }
    expect(run({ pods: [leaving] })).to.deep.equal([])
  })
})
