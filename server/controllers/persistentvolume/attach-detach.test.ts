// Volumes of CSI drivers on nodes, and claims that grow: objects → actions.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type * as storage from '../../api/storage.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, node, NOW, pod, told, written } from '../testing.ts'
import { attachDetach } from './attach-detach.ts'
import { volumeExpander } from './expander.ts'

const ATTACHMENTS = 'volumeattachments.storage.k8s.io'
const UNIQUE = 'kubernetes.io/csi/example.com^h'
const meta = (name: string, namespace?: string) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: ago(60),
  ...(namespace === undefined ? {} : { namespace }),
})

const volume = (accessModes = ['ReadWriteOnce']): Stored<core.PersistentVolume> => ({
  metadata: meta('v'),
  spec: {
    accessModes,
    csi: { driver: 'example.com', volumeHandle: 'h' },
    claimRef: { namespace: 'default', name: 'c', uid: 'uid-c' },
  },
})
const claim = (asked = '1Gi'): Stored<core.PersistentVolumeClaim> => ({
  metadata: meta('c', 'default'),
  spec: { volumeName: 'v', resources: { requests: { storage: asked } } },
  status: { phase: 'Bound', capacity: { storage: '1Gi' } },
})
const user = (name: string, nodeName: string, phase = 'Running') =>
  pod({ name, node: nodeName, phase, spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] } })

function managed(name: string, status: core.NodeStatus = {}): Stored<core.Node> {
  const made = node(name, { status })
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
  return { ...made, metadata: { ...made.metadata, annotations } }
}

const controller = attachDetach() as Controller & { definition: ControllerDefinition }
const { definition } = controller

function run(name: string, objects: Record<string, readonly KubeObject[]>, of = definition): readonly Action[] {
  const world = { persistentvolumes: [volume()], persistentvolumeclaims: [claim()], ...objects }
  return of.reconcile(name, listersOf(of, world), NOW)
}

/** As the controller makes it for a node. */
function attachment(nodeName: string, status?: storage.VolumeAttachmentStatus): KubeObject {
  const objects = { nodes: [managed(nodeName)], pods: [user('x', nodeName)] }
  const made = written<storage.VolumeAttachment>(run(nodeName, objects), ATTACHMENTS)
  return { ...made, metadata: meta(made?.metadata?.name ?? ''), ...(status && { status }) } as unknown as KubeObject
}

describe('persistentvolume-attach-detach-controller', () => {
  it('attaches what a pod of a node uses', () => {
    const actions = run('n1', { nodes: [managed('n1')], pods: [user('a', 'n1')] })
    expect(written<storage.VolumeAttachment>(actions, ATTACHMENTS)).to.deep.include({
      metadata: { name: 'csi-90a21650cea0708c0a9a42089ec20a438a9aaeb6ede96bc10b4c0052db66cae5' },
      spec: { attacher: 'example.com', nodeName: 'n1', source: { persistentVolumeName: 'v' } },
    })
  })

  it('leaves alone what needs no attaching, or is nobody of its nodes', () => {
    const pods = [user('a', 'n1')]
    const driver = { metadata: meta('example.com'), spec: { attachRequired: false } } as KubeObject
    expect(run('n1', { nodes: [managed('n1')], pods, 'csidrivers.storage.k8s.io': [driver] })).to.deep.equal([])
    expect(run('n1', { nodes: [node('n1')], pods })).to.deep.equal([])
    expect(run('n1', { nodes: [managed('n1')], pods: [user('a', 'n1', 'Succeeded')] })).to.deep.equal([])
  })

  it('tells the node and its pods when a volume has come, once', () => {
    const objects = { pods: [user('a', 'n1')], [ATTACHMENTS]: [attachment('n1', { attached: true })] }
    expect(told(run('n1', { ...objects, nodes: [managed('n1')] }))).to.deep.equal([
      'patch nodes/status n1',
      'event SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "v" ',
    ])
    const volumesAttached = [{ name: UNIQUE, devicePath: '' }]
    expect(run('n1', { ...objects, nodes: [managed('n1', { volumesAttached })] })).to.deep.equal([])
  })

  it('says what went wrong, once', () => {
    const failed = attachment('n1', { attached: false, attachError: { message: 'boom', time: ago(1) } })
    const objects = { nodes: [managed('n1')], pods: [user('a', 'n1')], [ATTACHMENTS]: [failed] }
    expect(told(run('n1', objects))).to.deep.equal([
      'event FailedAttachVolume: AttachVolume.Attach failed for volume "v" : boom',
    ])
    expect(run('n1', objects)).to.deep.equal([])
  })

  it('does not attach to a second node what can be on one only', () => {
    const objects = {
      nodes: [managed('n1'), managed('n2')],
      pods: [user('a', 'n1'), user('b', 'n2')],
      [ATTACHMENTS]: [attachment('n1', { attached: true })],
    }
    expect(told(run('n2', objects))).to.deep.equal([
      'event FailedAttachVolume: Multi-Attach error for volume "v" Volume is already used by pod(s) a',
    ])
    const shared = { ...objects, persistentvolumes: [volume(['ReadWriteMany'])] }
    expect(told(run('n2', shared))[0]).to.match(/^create /)
  })

  it('detaches once the node has let go', () => {
    const attached = { volumesAttached: [{ name: UNIQUE, devicePath: '' }] }
    const present = { [ATTACHMENTS]: [attachment('n1', { attached: true })] }
    const inUse = run('n1', { ...present, nodes: [managed('n1', { ...attached, volumesInUse: [UNIQUE] })] })
    expect(told(inUse)).to.deep.equal(['requeueAfter 360000'])
    const free = told(run('n1', { ...present, nodes: [managed('n1', attached)] }))
    expect(free.map((line) => line.replace(/csi-.*/, 'csi'))).to.deep.equal([
      'patch nodes/status n1',
      `delete ${ATTACHMENTS} csi`,
    ])
  })

  it('waits for the node anew when the volume was wanted again meanwhile', () => {
    const own = (attachDetach() as typeof controller).definition
    const at = (minutes: number, pods: KubeObject[]): string[] => {
      const nodes = [managed('n1', { volumesInUse: [UNIQUE] })]
      const objects = {
        persistentvolumes: [volume()],
        persistentvolumeclaims: [claim()],
        nodes,
        pods,
        [ATTACHMENTS]: [attachment('n1')],
      }
      return told(own.reconcile('n1', listersOf(own, objects), NOW + minutes * 60_000))
    }
    expect(at(0, [])).to.deep.equal(['requeueAfter 360000'])
    expect(at(1, [user('a', 'n1')])).to.deep.equal([])
    expect(at(10, [])).to.deep.equal(['requeueAfter 360000'])
  })
})

describe('persistentvolume-expander-controller', () => {
  const expand = (asked: string): string[] =>
    told(run('default/c', { persistentvolumeclaims: [claim(asked)] }, volumeExpander.definition))

  it('says that somebody else enlarges the volume', () => {
    expect(expand('2Gi')).to.deep.equal([
      'event ExternalExpanding: waiting for an external controller to expand this PVC',
    ])
    expect(expand('1Gi')).to.deep.equal([])
  })
})
