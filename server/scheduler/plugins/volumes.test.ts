// Pods with claims: which nodes can give them their volumes, and what is said where none can.
import { expect } from 'chai'
import type { PersistentVolume, PersistentVolumeClaim, PodSpec } from '../../api/core.ts'
import type { StorageClass } from '../../api/storage.ts'
import { cluster, node, pod } from '../builders.ts'
import { decide } from '../decide.ts'
import type { ClusterView, PodObject } from '../framework.ts'
import { podInfoOf } from '../pod-info.ts'
import { claimsOf, planVolumes } from '../pod-volumes.ts'
import { defaultProfile } from '../profile.ts'

type Extras = NonNullable<Parameters<typeof cluster>[2]>

const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name })
const nodes = [node('a', {}, { labels: zone('1') }), node('b', {}, { labels: zone('2') })]

function uses(...names: string[]): Partial<PodSpec> {
  return { volumes: names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })) }
}

function claim(name: string, spec: PersistentVolumeClaim['spec'] = {}, size = '1Gi'): PersistentVolumeClaim {
  return {
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...spec },
  }
}

function bound(name: string, volumeName: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim {
  const { metadata, ...rest } = claim(name, { volumeName, ...spec })
  return { ...rest, metadata: { ...metadata, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } } }
}

function volume(
  name: string,
  spec: PersistentVolume['spec'] = {},
  labels: Record<string, string> = {},
): PersistentVolume {
  return {
    metadata: { name, labels },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, storageClassName: 'local', ...spec },
    status: { phase: 'Available' },
  }
}

function reachableFrom(name: string): PersistentVolume['spec'] {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }]
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } }
}

function storageClass(name: string, provisioner: string, more: Partial<StorageClass> = {}): StorageClass {
  return { metadata: { name }, provisioner, volumeBindingMode: 'WaitForFirstConsumer', ...more }
}

const local = storageClass('local', 'kubernetes.io/no-provisioner')
const dynamic = storageClass('dynamic', 'd.example.com')
const ofLocal = { storageClassName: 'local' }
const ofDynamic = { storageClassName: 'dynamic' }

const unavailable = (reason: string): string => `0/2 nodes are available: ${reason}. not found`
const unhelpful =
  'no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'

describe('volumes', () => {
  const cases: { name: string; storage: Extras['storage']; others?: PodObject[]; pod: PodObject; result: string }[] = [
    {
      name: 'a claim that there is not',
      storage: {},
      pod: pod('p', uses('c')),
      result: unavailable('persistentvolumeclaim "c" not found'),
    },
    {
      name: 'a claim that is made for the pod and is not there yet',
      storage: {},
      pod: pod('p', { volumes: [{ name: 'v', ephemeral: {} }] }),
      result: unavailable('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"'),
    },
    {
      name: 'a claim whose volume does not wait for pods',
      storage: { claims: [claim('c')] },
      pod: pod('p', uses('c')),
      result: unavailable('pod has unbound immediate PersistentVolumeClaims'),
    },
    {
      name: 'a volume on one of the nodes',
      storage: { claims: [bound('c', 'v')], volumes: [volume('v', reachableFrom('b'))] },
      pod: pod('p', uses('c')),
      result: 'b',
    },
    {
      name: 'volumes on different nodes',
      storage: {
        claims: [bound('c', 'v'), bound('d', 'w')],
        volumes: [volume('v', reachableFrom('a')), volume('w', reachableFrom('b'))],
      },
      pod: pod('p', uses('c', 'd')),
      result: `0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. ${unhelpful}`,
    },
    {
      name: 'a claim that can have the volume of one node',
      storage: { claims: [claim('c', ofLocal)], classes: [local], volumes: [volume('v', reachableFrom('a'))] },
      pod: pod('p', uses('c')),
      result: 'a',
    },
    {
      name: 'a claim that no volume is large enough for',
      storage: { claims: [claim('c', ofLocal, '2Gi')], classes: [local], volumes: [volume('v')] },
      pod: pod('p', uses('c')),
      result: `0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. ${unhelpful}`,
    },
    {
      name: 'a claim whose volume can be made in one zone only',
      storage: {
        claims: [claim('c', ofDynamic)],
        classes: [
          {
            ...dynamic,
            allowedTopologies: [{ matchLabelExpressions: [{ key: 'topology.kubernetes.io/zone', values: ['2'] }] }],
          },
        ],
      },
      pod: pod('p', uses('c')),
      result: 'b',
    },
    {
      name: 'a driver that has no space left on one node',
      storage: {
        claims: [claim('c', ofDynamic, '2Gi')],
        classes: [dynamic],
        csiDrivers: [{ metadata: { name: 'd.example.com' }, spec: { storageCapacity: true } }],
        capacities: ['1', '2'].map((name) => ({
          metadata: { name, namespace: 'default' },
          storageClassName: 'dynamic',
          capacity: `${name}Gi`,
          nodeTopology: { matchLabels: zone(name) },
        })),
      },
      pod: pod('p', uses('c')),
      result: 'b',
    },
    {
      name: 'a volume whose labels name a zone',
      storage: { claims: [bound('c', 'v')], volumes: [volume('v', {}, zone('1__3'))] },
      pod: pod('p', uses('c')),
      result: 'a',
    },
    {
      name: 'a volume of another zone',
      storage: { claims: [bound('c', 'v')], volumes: [volume('v', {}, zone('9'))] },
      pod: pod('p', uses('c')),
      result: `0/2 nodes are available: 2 node(s) had no available volume zone. ${unhelpful}`,
    },
    {
      name: 'a claim that one pod has for itself',
      storage: { claims: [bound('c', 'v', { accessModes: ['ReadWriteOncePod'] })], volumes: [volume('v')] },
      others: [pod('q', { nodeName: 'a', ...uses('c') })],
      pod: pod('p', uses('c')),
      result:
        '0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode ' +
        'already in-use by another pod. no new claims to deallocate, ' +
        'preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
    },
    {
      name: 'a node that can attach no more volumes',
      storage: {
        claims: [bound('c', 'v'), bound('d', 'w')],
        volumes: ['v', 'w'].map((name) => volume(name, { csi: { driver: 'd', volumeHandle: name } })),
        csiNodes: [
          { metadata: { name: 'a' }, spec: { drivers: [{ name: 'd', nodeID: 'a', allocatable: { count: 1 } }] } },
        ],
      },
      others: [pod('q', { nodeName: 'a', ...uses('c') })],
      pod: pod('p', uses('d')),
      result: 'b',
    },
    {
      name: 'a disk that another pod writes to',
      storage: {},
      others: [pod('q', { nodeName: 'a', volumes: [{ name: 'v', gcePersistentDisk: { pdName: 'd' } }] })],
      pod: pod('p', { volumes: [{ name: 'v', gcePersistentDisk: { pdName: 'd', readOnly: true } }] }),
      result: 'b',
    },
  ]
  for (const { name, storage = {}, others = [], pod: one, result } of cases) {
    it(name, () => {
      const view = cluster(nodes, others, { storage })
      const { nodeName, message } = decide(defaultProfile(), view, podInfoOf(one), { random: () => 0 })
      expect(nodeName ?? message).to.equal(result)
    })
  }

  const plan = (view: ClusterView, one: PodObject) =>
    planVolumes(claimsOf(one, view.storage), nodes[0]!, view.storage, (name) => view.storage.volumesOfClass(name))

  it('gives small claims small volumes, and no volume twice', () => {
    const storage = {
      claims: [claim('large', ofLocal, '2Gi'), claim('small', ofLocal, '1Gi')],
      classes: [local],
      volumes: [volume('five', { capacity: { storage: '5Gi' } }), volume('three', { capacity: { storage: '3Gi' } })],
    }
    const found = plan(cluster(nodes, [], { storage }), pod('p', uses('large', 'small')))
    const pairs =
      'bindings' in found ? found.bindings.map((one) => [one.claim.metadata.name, one.volume.metadata.name]) : []
    expect(pairs).to.deep.equal([
      ['small', 'three'],
      ['large', 'five'],
    ])
  })

  it('keeps to the node for which a volume is being made', () => {
    const marked = claim('c', ofDynamic)
    const annotations = { 'volume.kubernetes.io/selected-node': 'b' }
    const storage = { claims: [{ ...marked, metadata: { ...marked.metadata, annotations } }], classes: [dynamic] }
    expect(plan(cluster(nodes, [], { storage }), pod('p', uses('c')))).to.deep.equal({
      reasons: ["node(s) didn't find available persistent volumes to bind"],
    })
  })
})
