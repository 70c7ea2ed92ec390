// Volumes and claims by example: what there is, and what the controller does about one of them.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf } from '../../client/controller.ts'
import { ago, node, NOW, pod, told, written } from '../testing.ts'
import { persistentvolumeBinder } from './index.ts'

const BOUND = 'pv.kubernetes.io/bound-by-controller'
const COMPLETED = 'pv.kubernetes.io/bind-completed'

interface Options {
  readonly annotations?: Record<string, string>
  readonly labels?: Record<string, string>
  readonly phase?: string
  readonly size?: string
}

function volume(
  name: string,
  spec: Partial<core.PersistentVolumeSpec> = {},
  options: Options = {},
): Stored<core.PersistentVolume> {
  const { annotations, labels = {}, phase = 'Available', size = '5Gi' } = options
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      capacity: { storage: size },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'gold',
      hostPath: { path: '/tmp/x' },
      ...spec,
    },
    status: { phase },
  }
}

function claim(
  spec: Partial<core.PersistentVolumeClaimSpec> = {},
  options: Options = {},
): Stored<core.PersistentVolumeClaim> {
  const { annotations, phase = 'Pending', size = '1Gi' } = options
  return {
    metadata: {
      name: 'c',
      namespace: 'default',
      uid: 'uid-c',
      resourceVersion: '1',
      creationTimestamp: ago(60),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      storageClassName: 'gold',
      ...spec,
    },
    status: { phase },
  }
}

const reference = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: 'default', name: 'c', uid: 'uid-c' }

function storageClass(more: object = {}): KubeObject {
  return {
    metadata: { name: 'gold' },
    provisioner: 'example.com/disk',
    volumeBindingMode: 'Immediate',
    ...more,
  } as KubeObject
}

function look(key: string, objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  const { definition } = persistentvolumeBinder
  return definition.reconcile(key, listersOf(definition, objects), NOW)
}

function lookAtClaim(
  found: Stored<core.PersistentVolumeClaim>,
  volumes: readonly KubeObject[] = [],
  classes: readonly KubeObject[] = [storageClass()],
  more: Record<string, readonly KubeObject[]> = {},
): readonly Action[] {
  return look('default/c', {
    persistentvolumeclaims: [found],
    persistentvolumes: volumes,
    'storageclasses.storage.k8s.io': classes,
    ...more,
  })
}

function lookAtVolume(found: Stored<core.PersistentVolume>, claims: readonly KubeObject[] = []): readonly Action[] {
  return look(`volume:${found.metadata.name}`, { persistentvolumes: [found], persistentvolumeclaims: claims })
}

function events(actions: readonly Action[]): string[] {
  return told(actions).filter((line) => line.startsWith('event'))
}

describe('persistentvolume-binder-controller', () => {
  it('binds a claim: the volume first, then the claim', () => {
    const actions = lookAtClaim(claim(), [volume('v')])
    expect(told(actions)).to.deep.equal([
      'update persistentvolumes v',
      'update persistentvolumes/status v',
      'update persistentvolumeclaims c',
      'update persistentvolumeclaims/status c',
    ])
    const bound = written<core.PersistentVolume>(actions, 'persistentvolumes')
    expect(bound?.spec?.claimRef).to.deep.equal({ ...reference, resourceVersion: '1' })
    expect(bound?.metadata?.annotations).to.deep.equal({ [BOUND]: 'yes' })
    const taken = written<core.PersistentVolumeClaim>(actions, 'persistentvolumeclaims')
    expect(taken?.spec?.volumeName).to.equal('v')
    expect(taken?.metadata?.annotations).to.deep.equal({ [BOUND]: 'yes', [COMPLETED]: 'yes' })
    expect(written<core.PersistentVolumeClaim>(actions, 'persistentvolumeclaims', 'status')?.status).to.deep.equal({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '5Gi' },
    })
  })

  const choices: [
    name: string,
    volumes: KubeObject[],
    spec: Partial<core.PersistentVolumeClaimSpec>,
    chosen: string | undefined,
  ][] = [
    ['the smallest', [volume('a'), volume('b', {}, { size: '2Gi' }), volume('c', {}, { size: '500Mi' })], {}, 'b'],
    [
      'fewer modes before less space',
      [volume('a'), volume('b', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }, { size: '1Gi' })],
      {},
      'a',
    ],
    [
      'what is meant for it',
      [volume('a', {}, { size: '1Gi' }), volume('b', { claimRef: { namespace: 'default', name: 'c' } })],
      {},
      'b',
    ],
    [
      'what its selector says',
      [volume('a'), volume('b', {}, { labels: { k: 'v' } })],
      { selector: { matchLabels: { k: 'v' } } },
      'b',
    ],
    ['its own class only', [volume('a', { storageClassName: 'other' })], {}, undefined],
    ['its own mode only', [volume('a', { volumeMode: 'Block' })], {}, undefined],
    ['its own attributes only', [volume('a', { volumeAttributesClassName: 'fast' })], {}, undefined],
    ['nothing that is bound', [volume('a', { claimRef: { ...reference, name: 'other' } })], {}, undefined],
    ['nothing that waits', [volume('a', {}, { phase: 'Pending' })], {}, undefined],
  ]
  for (const [name, volumes, spec, chosen] of choices) {
    it(`chooses ${name}`, () => {
      const bound = written<core.PersistentVolume>(lookAtClaim(claim(spec), volumes), 'persistentvolumes')
      expect(bound?.metadata?.name).to.equal(chosen)
    })
  }

  describe('without a volume', () => {
    it('asks the provisioner of the class for one', () => {
      const actions = lookAtClaim(claim())
      expect(told(actions)).to.deep.equal([
        'update persistentvolumeclaims c',
        "event ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
        'requeueAfter 15000',
      ])
      expect(
        written<core.PersistentVolumeClaim>(actions, 'persistentvolumeclaims')?.metadata?.annotations,
      ).to.deep.equal({
        'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
        'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
      })
    })

    it('asks the successor of a provisioner of old', () => {
      const actions = lookAtClaim(claim(), [], [storageClass({ provisioner: 'kubernetes.io/aws-ebs' })])
      expect(events(actions)[0]).to.match(/external provisioner 'ebs.csi.aws.com'/)
    })

    it('says what is missing', () => {
      const none = storageClass({ provisioner: 'kubernetes.io/no-provisioner' })
      expect(events(lookAtClaim(claim(), [], [none]))).to.deep.equal([
        'event ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
      ])
      expect(events(lookAtClaim(claim(), [], []))).to.deep.equal([
        'event ProvisioningFailed: storageclass.storage.k8s.io "gold" not found',
      ])
      expect(events(lookAtClaim(claim({ storageClassName: '' })))).to.deep.equal([
        'event FailedBinding: no persistent volumes available for this claim and no storage class is set',
      ])
    })

    it('gets the default class if it has none', () => {
      const { storageClassName: _, ...spec } = claim().spec!
      const found = { ...claim(), spec }
      const byDefault = storageClass({
        metadata: { name: 'gold', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      })
      const actions = lookAtClaim(found, [], [byDefault])
      expect(written<core.PersistentVolumeClaim>(actions, 'persistentvolumeclaims')?.spec?.storageClassName).to.equal(
        'gold',
      )
    })
  })

  describe('of a class that waits for the first consumer', () => {
    const late = [storageClass({ volumeBindingMode: 'WaitForFirstConsumer' })]
    const consumer = (nodeName?: string): KubeObject =>
      pod({
        name: 'p',
        ...(nodeName === undefined ? {} : { node: nodeName }),
        spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      })

    it('waits, and says for what', () => {
      expect(events(lookAtClaim(claim(), [volume('v')], late))).to.deep.equal([
        'event WaitForFirstConsumer: waiting for first consumer to be created before binding',
      ])
      expect(events(lookAtClaim(claim(), [volume('v')], late, { pods: [consumer()] }))).to.deep.equal([
        'event WaitForPodScheduled: waiting for pod p to be scheduled',
      ])
    })

    it('asks for a volume once the scheduler has chosen a node', () => {
      const annotations = { 'volume.kubernetes.io/selected-node': 'n' }
      expect(events(lookAtClaim(claim({}, { annotations }), [volume('v')], late))[0]).to.match(
        /^event ExternalProvisioning/,
      )
    })

    it('takes a volume within reach of a pod that has its node', () => {
      const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }] }
      const volumes = [volume('v', { nodeAffinity: { required } })]
      const nodes = [node('a', { labels: { zone: 'a' } }), node('b', { labels: { zone: 'b' } })]
      const on = (name: string) => lookAtClaim(claim(), volumes, late, { pods: [consumer(name)], nodes })
      expect(told(on('a'))[0]).to.equal('update persistentvolumes v')
      expect(told(on('b'))[0]).to.equal('update persistentvolumeclaims c')
    })
  })

  describe('that asks for a certain volume', () => {
    const asking = claim({ volumeName: 'v' })

    it('gets it, if it fits', () => {
      expect(told(lookAtClaim(asking, [volume('v')]))[0]).to.equal('update persistentvolumes v')
      expect(events(lookAtClaim(asking, [volume('v', {}, { size: '1Mi' })]))).to.deep.equal([
        'event VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
      ])
    })

    it('waits for one that is taken, or not there', () => {
      expect(events(lookAtClaim(asking, [volume('v', { claimRef: { ...reference, uid: 'other' } })]))).to.deep.equal([
        'event FailedBinding: volume "v" already bound to a different claim.',
      ])
      expect(told(lookAtClaim(asking))).to.deep.equal(['requeueAfter 15000'])
    })
  })

  it('says when a bound claim has lost its volume, once', () => {
    const lost = claim({ volumeName: 'v' }, { annotations: { [COMPLETED]: 'yes' }, phase: 'Bound' })
    expect(told(lookAtClaim(lost))).to.deep.equal([
      'update persistentvolumeclaims/status c',
      'event ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    ])
    lost.status = { phase: 'Lost' }
    expect(lookAtClaim(lost)).to.deep.equal([])
  })

  describe('volumes', () => {
    const bound = (
      spec: Partial<core.PersistentVolumeSpec> = {},
      options: Options = {},
    ): Stored<core.PersistentVolume> =>
      volume('v', { claimRef: reference, ...spec }, { phase: 'Bound', annotations: { [BOUND]: 'yes' }, ...options })

    it('are available while nobody has them', () => {
      const actions = lookAtVolume(volume('v', {}, { phase: 'Pending' }))
      expect(written<core.PersistentVolume>(actions, 'persistentvolumes', 'status')?.status?.phase).to.equal(
        'Available',
      )
    })

    it('are kept when their claim is gone', () => {
      const actions = lookAtVolume(bound())
      expect(told(actions)).to.deep.equal(['update persistentvolumes/status v'])
      expect(written<core.PersistentVolume>(actions, 'persistentvolumes', 'status')?.status?.phase).to.equal('Released')
    })

    it('are deleted, where that is asked for and can be done', () => {
      const policy = { persistentVolumeReclaimPolicy: 'Delete' }
      expect(told(lookAtVolume(bound(policy))).at(-1)).to.equal('delete persistentvolumes v')
      const elsewhere = lookAtVolume(bound({ ...policy, hostPath: { path: '/mnt/x' } }))
      expect(told(elsewhere).at(-1)).to.equal(
        'event VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /mnt/x',
      )
      const annotations = { 'pv.kubernetes.io/provisioned-by': 'example.com/disk' }
      expect(told(lookAtVolume(bound(policy, { annotations })))).to.deep.equal(['update persistentvolumes/status v'])
    })

    it('are free again after they were emptied', () => {
      const actions = lookAtVolume(bound({ persistentVolumeReclaimPolicy: 'Recycle' }))
      expect(told(actions)).to.deep.equal([
        'update persistentvolumes/status v',
        'event VolumeRecycled: Volume recycled',
        'update persistentvolumes v',
        'update persistentvolumes/status v',
      ])
      const freed = written<core.PersistentVolume>(actions, 'persistentvolumes')
      expect(freed?.spec?.claimRef).to.equal(undefined)
      expect(freed?.metadata?.annotations).to.deep.equal({})
    })

    it('are let go when their claim has got another one', () => {
      const elsewhere = claim({ volumeName: 'other' })
      expect(told(lookAtVolume(bound(), [elsewhere]))[0]).to.equal('update persistentvolumes v')
      expect(lookAtVolume(bound(), [claim({ volumeName: 'v' })])).to.deep.equal([])
      expect(lookAtVolume(bound(), [claim()])).to.deep.equal([])
    })
  })
})
