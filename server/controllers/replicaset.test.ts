// ReplicaSets: objects → actions.
import { expect } from 'chai'
import type * as apps from '../api/apps.ts'
import { newForbidden } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { replicaset, replicationcontroller } from './replicaset.ts'
import { NOW, TIME, ago, ownerReference, pod, replicaSet, told, written } from './testing.ts'

const labels = { app: 'web' }
const owner = ownerReference('ReplicaSet', 'web', 'uid-web')

function reconcile(objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  return replicaset.definition.reconcile('default/web', listersOf(replicaset.definition, objects), NOW)
}

function statusOf(actions: readonly Action[]): apps.ReplicaSetStatus | undefined {
  return written<apps.ReplicaSet>(actions, 'replicasets.apps', 'status')?.status as apps.ReplicaSetStatus | undefined
}

describe('replicaset-controller', () => {
  it('creates what is missing, from the template, owned by the set', () => {
    const actions = reconcile({
      'replicasets.apps': [replicaSet({ replicas: 2 })],
      pods: [pod({ name: 'a', labels, owner })],
    })
    expect(told(actions)).to.deep.equal([
      'create pods web-x',
      'event SuccessfulCreate: Created pod: web-x',
      'update replicasets.apps/status web',
    ])
    expect(written(actions, 'pods')).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'web-', namespace: 'default', labels, ownerReferences: [owner] },
      spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
    })
  })

  it('does nothing for a set that is gone, and only reports for one that is being deleted', () => {
    expect(reconcile({})).to.deep.equal([])
    const deleting = replicaSet({ replicas: 2 })
    deleting.metadata.deletionTimestamp = TIME
    expect(told(reconcile({ 'replicasets.apps': [deleting] }))).to.deep.equal(['update replicasets.apps/status web'])
  })

  it('counts pods as active, ready, available, labelled and terminating', () => {
    const set = replicaSet({ replicas: 3, minReadySeconds: 10 })
    const extra = { ...labels, tier: 'a' }
    const actions = reconcile({
      'replicasets.apps': [set],
      pods: [
        pod({ name: 'pending', labels, owner }),
        pod({ name: 'ready', labels, owner, readySeconds: 4 }),
        pod({ name: 'available', labels: extra, owner, readySeconds: 10 }),
        pod({ name: 'failed', labels, owner, phase: 'Failed' }),
        pod({ name: 'leaving', labels, owner, readySeconds: 5, deleting: true }),
        pod({ name: 'other', labels, owner: ownerReference('ReplicaSet', 'other', 'uid-other') }),
      ],
    })
    expect(statusOf(actions)).to.deep.equal({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
    })
    expect(told(actions).at(-1)).to.equal('requeueAfter 6000')
  })

  it('adopts orphans that match and lets go of pods that no longer do', () => {
    const actions = reconcile({
      'replicasets.apps': [replicaSet({ replicas: 1 })],
      pods: [
        pod({ name: 'orphan', labels }),
        pod({ name: 'stray', labels: { app: 'x' }, owner }),
        pod({ name: 'else', labels: { app: 'x' } }),
      ],
    })
    const patches = actions.filter((action) => action.do === 'patch')
    expect(patches.map(({ name, patch }) => [name, patch])).to.deep.equal([
      ['stray', { metadata: { uid: 'uid-stray', ownerReferences: [{ $patch: 'delete', uid: 'uid-web' }] } }],
      ['orphan', { metadata: { ownerReferences: [owner], uid: 'uid-orphan' } }],
    ])
    expect(statusOf(actions)).to.deep.include({ replicas: 1 })
  })

  describe('deletes first', () => {
    const ready = (name: string, more = {}) =>
      pod({ name, labels, owner, node: 'n1', readySeconds: 100, createdSeconds: 1000, ...more })
    const cases: { name: string; pods: ReturnType<typeof pod>[]; gone: string }[] = [
      { name: 'what is not scheduled', pods: [ready('a'), pod({ name: 'b', labels, owner })], gone: 'b' },
      { name: 'what is pending', pods: [ready('a'), pod({ name: 'b', labels, owner, node: 'n1' })], gone: 'b' },
      {
        name: 'what is not ready',
        pods: [ready('a'), pod({ name: 'b', labels, owner, node: 'n1', phase: 'Running' })],
        gone: 'b',
      },
      {
        name: 'what costs less',
        pods: [ready('a', { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } }), ready('b')],
        gone: 'a',
      },
      { name: 'what shares its node', pods: [ready('a', { node: 'n2' }), ready('b'), ready('c')], gone: 'b' },
      { name: 'what became ready later', pods: [ready('a'), ready('b', { readySeconds: 10 })], gone: 'b' },
    ]
    for (const { name, pods, gone } of cases) {
      it(name, () => {
        const lines = told(reconcile({ 'replicasets.apps': [replicaSet({ replicas: pods.length - 1 })], pods }))
        expect(lines.slice(0, 2)).to.deep.equal([`delete pods ${gone}`, `event SuccessfulDelete: Deleted pod: ${gone}`])
      })
    }

    it('what restarted more often', () => {
      const restarted = ready('a')
      const status = { name: 'c', image: '', imageID: '', ready: true, restartCount: 3 }
      restarted.status = { ...restarted.status, containerStatuses: [status] }
      expect(
        told(reconcile({ 'replicasets.apps': [replicaSet({ replicas: 1 })], pods: [ready('b'), restarted] }))[0],
      ).to.equal('delete pods a')
    })
  })

  describe('when creation fails', () => {
    const refused = newForbidden({ group: '', resource: 'pods' }, 'web-', 'exceeded quota: q')

    it('says so in an event and a condition, and tries again', () => {
      const [batch] = reconcile({ 'replicasets.apps': [replicaSet({ replicas: 1 })] })
      if (batch?.do !== 'batch') return expect.fail('expected a batch')
      expect(told(batch.actions[0]?.then?.({ error: refused }) ?? [])).to.deep.equal([
        'event FailedCreate: Error creating: pods "web-" is forbidden: exceeded quota: q',
      ])
      const after = batch.then?.([{ error: refused }]) ?? []
      expect(told(after)).to.deep.equal([
        'update replicasets.apps/status web',
        'retry: pods "web-" is forbidden: exceeded quota: q',
      ])
      expect(statusOf(after)?.conditions).to.deep.equal([
        {
          type: 'ReplicaFailure',
          status: 'True',
          lastTransitionTime: TIME,
          reason: 'FailedCreate',
          message: 'pods "web-" is forbidden: exceeded quota: q',
        },
      ])
    })

    it('keeps quiet about a namespace that is going away', () => {
      const terminating = newForbidden({ group: '', resource: 'pods' }, 'web-', 'being terminated')
      terminating.status.details = { causes: [{ reason: 'NamespaceTerminating' }] }
      const [batch] = reconcile({ 'replicasets.apps': [replicaSet({ replicas: 1 })] })
      if (batch?.do !== 'batch') return expect.fail('expected a batch')
      expect(batch.actions[0]?.then?.({ error: terminating })).to.deep.equal([])
      expect(told(batch.then?.([{ error: terminating }]) ?? [])).to.deep.equal(['update replicasets.apps/status web'])
    })

    it('takes the condition back once it succeeds', () => {
      const condition = {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: ago(60),
        reason: 'FailedCreate',
        message: 'no',
      }
      const set = replicaSet({ replicas: 1, status: { conditions: [condition] } })
      expect(
        statusOf(reconcile({ 'replicasets.apps': [set], pods: [pod({ name: 'a', labels, owner })] })),
      ).to.not.have.property('conditions')
    })
  })

  it('brings the sets that may want an orphan', () => {
    const listers = listersOf(replicaset.definition, {
      'replicasets.apps': [replicaSet(), replicaSet({ name: 'db', labels: { app: 'db' } })],
    })
    const watch = replicaset.definition.watches.find(({ resource }) => resource === 'pods')
    if (typeof watch?.enqueue !== 'function') return expect.fail('expected a function')
    expect([...watch.enqueue({ type: 'ADDED', object: pod({ name: 'a', labels }) } as never, listers)]).to.deep.equal([
      'default/web',
    ])
    expect([...watch.enqueue({ type: 'DELETED', object: pod({ name: 'a', labels }) } as never, listers)]).to.deep.equal(
      [],
    )
    const owned = pod({ name: 'a', labels, owner: ownerReference('ReplicaSet', 'db', 'uid-db') })
    expect([...watch.enqueue({ type: 'ADDED', object: owned } as never, listers)]).to.deep.equal(['default/db'])
  })
})

describe('replicationcontroller-controller', () => {
  it('selects by a plain map of labels and does not count terminating pods', () => {
    const controller = { ...replicaSet({ replicas: 1 }), kind: 'ReplicationController', apiVersion: 'v1' }
    const spec = { ...controller.spec, selector: labels }
    const listers = listersOf(replicationcontroller.definition, {
      replicationcontrollers: [{ ...controller, spec } as KubeObject],
      pods: [],
    })
    const actions = replicationcontroller.definition.reconcile('default/web', listers, NOW)
    expect(told(actions)[0]).to.equal('create pods web-x')
    expect(written(actions, 'replicationcontrollers', 'status'))
      .to.have.property('status')
      .that.deep.equals({ replicas: 0, observedGeneration: 1 })
  })
})
