// StatefulSets: objects → actions.
import { expect } from 'chai'
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import { newAlreadyExists, newForbidden, StatusError } from '../../apimachinery/errors.ts'
import type { Frozen, KubeObject, OwnerReference, Stored } from '../../apimachinery/types.ts'
import type { Action, Outcome } from '../../client/action.ts'
import { listersOf } from '../../client/controller.ts'
import { templatePatch } from '../history.ts'
import { ago, NOW, ownerReference, pod, succeed, told, written, type PodOptions } from '../testing.ts'
import { statefulset } from './index.ts'

const labels = { app: 'web' }
const owner = ownerReference('StatefulSet', 'web', 'uid-web')

interface SetOptions {
  readonly name?: string
  readonly image?: string
  readonly spec?: Partial<apps.StatefulSetSpec>
  readonly status?: Partial<apps.StatefulSetStatus>
}

function templateWith(image: string): core.PodTemplateSpec {
  return { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } }
}

function web({ image = 'web:2', spec = {}, status = {} }: SetOptions = {}): Stored<apps.StatefulSet> {
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-web',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(600),
    },
    spec: {
      serviceName: 'svc',
      replicas: 3,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      selector: { matchLabels: labels },
      template: templateWith(image),
      ...spec,
    },
    status: { replicas: 0, availableReplicas: 0, currentRevision: 'new', ...status },
  }
}

function revision(name: string, number: number, image = 'web:2'): Stored<apps.ControllerRevision> {
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      labels,
      ownerReferences: [owner],
    },
    data: templatePatch(templateWith(image)) as object,
    revision: number,
  }
}

/** Ready for 30 s unless told otherwise. */
function member(ordinal: number, from = 'new', more: Partial<PodOptions> = {}): Stored<core.Pod> {
  const name = `web-${ordinal}`
  const identity = { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal) }
  return pod({
    name,
    owner,
    labels: { ...labels, ...identity, 'controller-revision-hash': from },
    ...(more.phase === undefined ? { readySeconds: 30 } : {}),
    ...more,
  })
}

const template: core.PersistentVolumeClaim = {
  metadata: { name: 'data', labels: { tier: 'db' } },
  spec: { accessModes: ['ReadWriteOnce'] },
}
const withClaims = { volumeClaimTemplates: [template] }
const volumes = (ordinal: number) => [{ name: 'data', persistentVolumeClaim: { claimName: `data-web-${ordinal}` } }]

function volumeClaim(
  ordinal: number,
  ownerReferences: OwnerReference[] = [],
  more: { deletionTimestamp?: string } = {},
): Stored<core.PersistentVolumeClaim> {
  const name = `data-web-${ordinal}`
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
      ...more,
    },
  }
}

interface World {
  readonly pods?: readonly KubeObject[]
  readonly revisions?: readonly KubeObject[]
  readonly claims?: readonly KubeObject[]
}

function reconcile(set: Stored<apps.StatefulSet>, world: World = {}): readonly Action[] {
  const { pods = [], revisions = [revision('new', 1)], claims = [] } = world
  const objects = {
    'statefulsets.apps': [set],
    pods,
    'controllerrevisions.apps': revisions,
    persistentvolumeclaims: claims,
  }
  return statefulset.definition.reconcile('default/web', listersOf(statefulset.definition, objects), NOW)
}

/** What is done, but for events of success and the status. */
function steps(actions: readonly Action[], answer?: (object: Frozen<KubeObject>) => Outcome): string[] {
  return told(actions, answer).filter((line) => !/^(event Successful|update statefulsets.apps\/status)/.test(line))
}

function statusOf(actions: readonly Action[]): Frozen<apps.StatefulSetStatus> | undefined {
  return written<apps.StatefulSet>(actions, 'statefulsets.apps', 'status')?.status
}

describe('statefulset-controller', () => {
  it('creates a revision, then the first pod with its claims', () => {
    const actions = reconcile(web({ spec: withClaims }), { revisions: [] })
    const name = written<apps.ControllerRevision>(actions, 'controllerrevisions.apps')?.metadata?.name
    expect(told(actions)).to.deep.equal([
      `create controllerrevisions.apps ${name}`,
      'create persistentvolumeclaims data-web-0',
      'event SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success',
      'create pods web-0',
      'event SuccessfulCreate: Create Pod web-0 in StatefulSet web successful',
      'update statefulsets.apps/status web',
    ])
    expect(written(actions, 'persistentvolumeclaims')).to.deep.equal({
      ...template,
      metadata: { name: 'data-web-0', namespace: 'default', labels: { tier: 'db', app: 'web' } },
    })
    expect(written(actions, 'pods')).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: 'web-',
        namespace: 'default',
        name: 'web-0',
        labels: {
          app: 'web',
          'apps.kubernetes.io/pod-index': '0',
          'controller-revision-hash': name,
          'statefulset.kubernetes.io/pod-name': 'web-0',
        },
        ownerReferences: [owner],
      },
      spec: {
        containers: [{ name: 'c', image: 'web:2' }],
        hostname: 'web-0',
        subdomain: 'svc',
        volumes: volumes(0),
      },
    })
    expect(statusOf(actions)).to.deep.equal({
      observedGeneration: 1,
      replicas: 0,
      availableReplicas: 0,
      currentRevision: name,
      updateRevision: name,
      collisionCount: 0,
    })
  })

  describe('in order', () => {
    const cases: [string, Partial<apps.StatefulSetSpec>, Stored<core.Pod>[], string[]][] = [
      ['creates the next pod when those before are ready', {}, [member(0)], ['create pods web-1']],
      ['waits for a pod that is not ready', {}, [member(0, 'new', { phase: 'Running' })], []],
      ['waits for a pod that is pending', {}, [member(0, 'new', { phase: 'Pending' })], []],
      ['waits for a pod that is being deleted', {}, [member(0, 'new', { deleting: true })], []],
      [
        'waits until a pod is available',
        { minReadySeconds: 31 },
        [member(0), member(1, 'new', { readySeconds: 40 })],
        ['requeueAfter 1000'],
      ],
      ['fills a gap', {}, [member(0), member(2)], ['create pods web-1']],
      ['counts from the first ordinal', { ordinals: { start: 5 } }, [member(5)], ['create pods web-6']],
      ['replaces a failed pod', {}, [member(0, 'new', { phase: 'Failed' })], ['delete pods web-0']],
      ['replaces a succeeded pod', {}, [member(0, 'new', { phase: 'Succeeded' })], ['delete pods web-0']],
      ['scales down from the highest', { replicas: 1 }, [member(1), member(0), member(2)], ['delete pods web-2']],
      ['scales down one by one', { replicas: 1 }, [member(0), member(1), member(2, 'new', { deleting: true })], []],
      [
        'scales down a healthy pod above a sick one',
        { replicas: 1 },
        [member(0), member(1, 'new', { phase: 'Running' }), member(2)],
        ['delete pods web-2'],
      ],
      [
        'scales down a sick pod if it is the first',
        { replicas: 1 },
        [member(0), member(1), member(2, 'new', { phase: 'Running' })],
        ['delete pods web-2'],
      ],
      [
        'does not scale down a sick pod while one before it is sick',
        { replicas: 1 },
        [member(0), member(1, 'new', { phase: 'Running' }), member(2, 'new', { phase: 'Running' })],
        [],
      ],
      [
        'does not scale down while a pod that stays is sick',
        { replicas: 1 },
        [member(0, 'new', { phase: 'Running' }), member(1)],
        [],
      ],
      [
        'scales down what lies before the first ordinal',
        { ordinals: { start: 1 } },
        [0, 1, 2, 3].map((n) => member(n)),
        ['delete pods web-0'],
      ],
      ['is content', {}, [member(0), member(1), member(2)], []],
    ]
    for (const [what, spec, pods, expected] of cases) {
      it(what, () => expect(steps(reconcile(web({ spec }), { pods }))).to.deep.equal(expected))
    }
  })

  describe('in parallel', () => {
    const spec = { podManagementPolicy: 'Parallel' }

    it('creates all at once, whatever the others are up to', () => {
      const pods = [member(1, 'new', { phase: 'Running' })]
      expect(steps(reconcile(web({ spec }), { pods }))).to.deep.equal(['create pods web-0', 'create pods web-2'])
    })

    it('scales down all at once', () => {
      const pods = [member(0), member(1), member(2, 'new', { phase: 'Running' })]
      const actions = reconcile(web({ spec: { ...spec, replicas: 0 } }), { pods })
      expect(steps(actions)).to.deep.equal(['delete pods web-2', 'delete pods web-1', 'delete pods web-0'])
    })

    it('goes on in growing groups until one fails', () => {
      const refuse = (object: Frozen<KubeObject>): Outcome =>
        object.metadata?.name === 'web-0'
          ? succeed(object)
          : { error: newForbidden({ group: '', resource: 'pods' }, object.metadata?.name ?? '', 'exceeded quota') }
      const failed = (name: string) =>
        `event FailedCreate: Create Pod ${name} in StatefulSet web failed error: pods "${name}" is forbidden: exceeded quota`
      expect(steps(reconcile(web({ spec: { ...spec, replicas: 5 } })), refuse)).to.deep.equal([
        'create pods web-0',
        'create pods web-1',
        failed('web-1'),
        'create pods web-2',
        failed('web-2'),
        'retry: [pods "web-1" is forbidden: exceeded quota, pods "web-2" is forbidden: exceeded quota]',
      ])
    })
  })

  describe('an update', () => {
    const revisions = [revision('old', 1, 'web:1'), revision('new', 2)]
    const old = (ordinal: number, more: Partial<PodOptions> = {}) => member(ordinal, 'old', more)
    const status = { currentRevision: 'old', currentReplicas: 3 }
    const partition = (count: number) => ({
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: count } },
    })
    const onDelete = { updateStrategy: { type: 'OnDelete' } }
    const cases: [string, Partial<apps.StatefulSetSpec>, Stored<core.Pod>[], string[]][] = [
      ['begins with the highest', {}, [old(0), old(1), old(2)], ['delete pods web-2']],
      ['waits until it is gone', {}, [old(0), old(1), old(2, { deleting: true })], []],
      ['makes it anew', {}, [old(0), old(1)], ['create pods web-2']],
      ['waits for the new one', {}, [old(0), old(1), member(2, 'new', { phase: 'Running' })], []],
      ['goes on with the next', {}, [old(0), old(1), member(2)], ['delete pods web-1']],
      ['ends at the partition', partition(2), [old(0), old(1), member(2)], []],
      ['begins at the partition', partition(2), [old(0), old(1), old(2)], ['delete pods web-2']],
      ['leaves pods to be deleted by hand', onDelete, [old(0), old(1), old(2)], []],
    ]
    for (const [what, spec, pods, expected] of cases) {
      it(what, () => expect(steps(reconcile(web({ spec, status }), { pods, revisions }))).to.deep.equal(expected))
    }

    it('makes pods anew from the revision of their side of the partition', () => {
      const imageOf = (spec: Partial<apps.StatefulSetSpec>, pods: Stored<core.Pod>[], more = status) => {
        const made = written<core.Pod>(reconcile(web({ spec, status: more }), { pods, revisions }), 'pods')
        return `${made?.spec?.containers[0]?.image} ${made?.metadata?.labels?.['controller-revision-hash']}`
      }
      expect(imageOf(partition(2), [old(0)])).to.equal('web:1 old')
      expect(imageOf(partition(2), [old(0), old(1)])).to.equal('web:2 new')
      expect(imageOf(onDelete, [])).to.equal('web:2 new')
      const plain = { updateStrategy: { type: 'RollingUpdate' } }
      expect(imageOf(plain, [old(0)], { ...status, currentReplicas: 2 })).to.equal('web:1 old')
      expect(imageOf(plain, [old(0)], { ...status, currentReplicas: 1 })).to.equal('web:2 new')
    })

    it('is told of in the status, and complete when all are updated and ready', () => {
      const begun = reconcile(web({ status }), { pods: [old(0), old(1), old(2)], revisions })
      expect(statusOf(begun)).to.include({ currentRevision: 'old', updateRevision: 'new', currentReplicas: 2 })
      expect(statusOf(begun)).not.to.have.property('updatedReplicas')
      const ended = reconcile(web({ status }), { pods: [member(0), member(1), member(2)], revisions })
      expect(statusOf(ended)).to.deep.equal({
        observedGeneration: 1,
        replicas: 3,
        readyReplicas: 3,
        availableReplicas: 3,
        currentReplicas: 3,
        updatedReplicas: 3,
        currentRevision: 'new',
        updateRevision: 'new',
        collisionCount: 0,
      })
      const same = web({ status: { ...(statusOf(ended) as apps.StatefulSetStatus), conditions: [] } })
      expect(told(reconcile(same, { pods: [member(0), member(1), member(2)], revisions }))).to.deep.equal([])
    })
  })

  describe('revisions', () => {
    const pods = [0, 1, 2].map((ordinal) => member(ordinal))

    it('get a new number when the template goes back', () => {
      const actions = reconcile(web(), { pods, revisions: [revision('new', 1), revision('old', 2, 'web:1')] })
      const renewed = written<apps.ControllerRevision>(actions, 'controllerrevisions.apps')
      expect(renewed).to.include({ revision: 3 })
      expect(renewed?.metadata?.name).to.equal('new')
    })

    it('get another name when theirs is taken', () => {
      const names: string[] = []
      const actions = reconcile(web(), { revisions: [] })
      const name = written<apps.ControllerRevision>(actions, 'controllerrevisions.apps')?.metadata?.name ?? ''
      const taken = {
        ...revision(name, 1, 'other'),
        metadata: { ...revision(name, 1).metadata, ownerReferences: [], labels: {} },
      }
      const refuse = (object: Frozen<KubeObject>): Outcome => {
        names.push(object.metadata?.name ?? '')
        const isTaken = object.metadata?.name === name
        return isTaken
          ? { error: newAlreadyExists({ group: 'apps', resource: 'controllerrevisions' }, name) }
          : succeed(object)
      }
      told(reconcile(web(), { revisions: [taken] }), refuse)
      expect(names[0]).to.equal(name)
      expect(names[1])
        .to.match(/^web-[a-z0-9]+$/)
        .and.not.equal(name)
      expect(names[2]).to.equal('web-0')
    })

    it('are forgotten beyond the limit, the oldest first, but for those of pods', () => {
      const old = ['a', 'b', 'c', 'd'].map((name, at) => revision(name, at + 1, `web:${name}`))
      const world = { pods: [member(0, 'a'), member(1), member(2)], revisions: [...old, revision('new', 5)] }
      const spec = { updateStrategy: { type: 'OnDelete' } }
      expect(steps(reconcile(web({ spec: { ...spec, revisionHistoryLimit: 1 } }), world))).to.deep.equal([
        'delete controllerrevisions.apps b',
        'delete controllerrevisions.apps c',
      ])
      expect(steps(reconcile(web({ spec }), world))).to.deep.equal([])
    })
  })

  describe('members', () => {
    const others = [member(1), member(2)]

    it('get their labels back', () => {
      const stranger = member(0)
      stranger.metadata.labels = { ...labels, 'controller-revision-hash': 'new' }
      const actions = reconcile(web(), { pods: [stranger, ...others] })
      expect(told(actions).slice(0, 2)).to.deep.equal([
        'update pods web-0',
        'event SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful',
      ])
      expect(written(actions, 'pods')?.metadata?.labels).to.deep.equal(member(0).metadata.labels)
    })

    it('are adopted by name and labels, and let go without one of them', () => {
      const { ownerReferences: _none, ...orphan } = member(0).metadata
      const actions = reconcile(web(), {
        pods: [{ ...member(0), metadata: orphan }, ...others, member(0, 'new', { name: 'other-0' })],
      })
      expect(steps(actions)).to.deep.equal(['patch pods other-0', 'patch pods web-0'])
    })

    it('are only counted while the set is being deleted', () => {
      const set = web()
      set.metadata.deletionTimestamp = ago(1)
      expect(told(reconcile(set, { pods: others }))).to.deep.equal(['update statefulsets.apps/status web'])
    })
  })

  describe('claims', () => {
    const spec = (whenScaled: string, whenDeleted: string, replicas = 1) => ({
      ...withClaims,
      replicas,
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
    })
    const podReference = ownerReference('Pod', 'web-0', 'uid-web-0', 'v1')
    const owned = (ordinal: number, more: Partial<PodOptions> = {}) =>
      member(ordinal, 'new', { spec: { volumes: volumes(ordinal) }, ...more })
    const ownersOf = (set: Partial<apps.StatefulSetSpec>, before: OwnerReference[] = []) => {
      const actions = reconcile(web({ spec: set }), { pods: [owned(0)], claims: [volumeClaim(0, before)] })
      return written(actions, 'persistentvolumeclaims')?.metadata?.ownerReferences
    }

    it('have no owner, the set or the pod, as the policy says', () => {
      expect(ownersOf(spec('Retain', 'Retain'))).to.equal(undefined)
      expect(ownersOf(spec('Retain', 'Retain'), [owner])).to.deep.equal([])
      expect(ownersOf(spec('Retain', 'Delete'))).to.deep.equal([owner])
      expect(ownersOf(spec('Delete', 'Retain'))).to.equal(undefined)
      expect(ownersOf(spec('Delete', 'Delete'))).to.deep.equal([owner])
      expect(ownersOf(spec('Retain', 'Delete', 0))).to.deep.equal([owner])
      expect(ownersOf(spec('Delete', 'Retain', 0))).to.deep.equal([podReference])
      expect(ownersOf(spec('Delete', 'Delete', 0), [owner])).to.deep.equal([podReference])
      expect(ownersOf(spec('Delete', 'Delete'), [podReference])).to.deep.equal([owner])
    })

    it('are left alone if they belong to something else', () => {
      expect(ownersOf(spec('Retain', 'Delete'), [ownerReference('Backup', 'b', 'uid-b', 'example.com/v1')])).to.equal(
        undefined,
      )
      expect(ownersOf(spec('Retain', 'Delete'), [ownerReference('StatefulSet', 'web', 'uid-former')])).to.equal(
        undefined,
      )
    })

    it('of a new pod get their owner at once', () => {
      expect(steps(reconcile(web({ spec: spec('Retain', 'Delete') })))).to.deep.equal([
        'create persistentvolumeclaims data-web-0',
        'create pods web-0',
        'update persistentvolumeclaims data-web-0',
      ])
    })

    it('of a former pod must be gone before there is a new one', () => {
      const former = { ...podReference, uid: 'uid-former' }
      expect(
        steps(reconcile(web({ spec: spec('Delete', 'Retain') }), { claims: [volumeClaim(0, [former])] })),
      ).to.deep.equal([])
      const leaving = volumeClaim(0, [], { deletionTimestamp: ago(1) })
      expect(steps(reconcile(web({ spec: spec('Retain', 'Retain') }), { claims: [leaving] }))).to.deep.equal([
        'event FailedCreate: Create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted',
        'retry: pvc data-web-0 is being deleted',
      ])
    })

    it('are made again for a pending pod, not for a running one', () => {
      const retain = spec('Retain', 'Retain')
      const pending = owned(0, { phase: 'Pending' })
      expect(steps(reconcile(web({ spec: retain }), { pods: [pending] }))).to.deep.equal([
        'create persistentvolumeclaims data-web-0',
      ])
      expect(steps(reconcile(web({ spec: retain }), { pods: [owned(0)] }))).to.deep.equal([])
    })

    it('that are refused keep the pod from being made', () => {
      const refuse = (object: Frozen<KubeObject>): Outcome => ({
        error: newForbidden({ group: '', resource: 'persistentvolumeclaims' }, object.metadata?.name ?? '', 'no'),
      })
      const why = 'persistentvolumeclaims "data-web-0" is forbidden: no'
      expect(steps(reconcile(web({ spec: spec('Retain', 'Retain') })), refuse)).to.deep.equal([
        'create persistentvolumeclaims data-web-0',
        `event FailedCreate: Create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: ${why}`,
        `event FailedCreate: Create Pod web-0 in StatefulSet web failed error: failed to create PVC data-web-0: ${why}`,
        `retry: failed to create PVC data-web-0: ${why}`,
      ])
    })
  })

  it('does nothing about refusals of a namespace that is going away', () => {
    const refuse = (object: Frozen<KubeObject>): Outcome => {
      const error = newForbidden({ group: '', resource: 'pods' }, object.metadata?.name ?? '', 'terminating')
      const causes = [{ reason: 'NamespaceTerminating', message: '', field: 'metadata.namespace' }]
      return { error: new StatusError({ ...error.status, details: { ...error.status.details, causes } }) }
    }
    expect(told(reconcile(web()), refuse)).to.deep.equal(['create pods web-0'])
    expect(told(reconcile(web({ spec: withClaims })), refuse)).to.deep.equal([
      'create persistentvolumeclaims data-web-0',
    ])
    expect(told(reconcile(web(), { revisions: [] }), refuse)).to.have.length(1)
  })

  it('takes thousands of pods', () => {
    const pods = Array.from({ length: 20_000 }, (_, ordinal) => member(ordinal))
    expect(steps(reconcile(web({ spec: { replicas: pods.length } }), { pods }))).to.deep.equal([])
  })
})
