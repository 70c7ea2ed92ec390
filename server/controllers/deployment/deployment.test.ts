// Deployments: objects → actions.
import { expect } from 'chai'
import type * as apps from '../../api/apps.ts'
import { newAlreadyExists, newForbidden } from '../../apimachinery/errors.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf } from '../../client/controller.ts'
import { NOW, TIME, ago, ownerReference, pod, replicaSet, told, written, type ReplicaSetOptions } from '../testing.ts'
import { deployment } from './index.ts'

const owner = ownerReference('Deployment', 'web', 'uid-web')
const HASH = '6b7f6db7f'

interface Options {
  readonly replicas?: number
  readonly image?: string
  readonly spec?: Partial<apps.DeploymentSpec>
  readonly status?: apps.DeploymentStatus
  readonly annotations?: Record<string, string>
  readonly surge?: number | string
  readonly unavailable?: number | string
}

function web({
  replicas = 3,
  image = 'nginx:1',
  spec = {},
  status,
  annotations,
  surge = '25%',
  unavailable = '25%',
}: Options = {}): Stored<apps.Deployment> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-web',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(600),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  }
}

/** A set of the Deployment: its revision and desired and greatest number of replicas are on record. */
function set(
  name: string,
  revision: number,
  options: ReplicaSetOptions & { readonly desired?: number; readonly max?: number; readonly available?: number } = {},
) {
  const { desired = 3, max = 4, replicas = 3, available = replicas } = options
  return replicaSet({
    owner,
    replicas,
    annotations: {
      'deployment.kubernetes.io/revision': String(revision),
      'deployment.kubernetes.io/desired-replicas': String(desired),
      'deployment.kubernetes.io/max-replicas': String(max),
      ...options.annotations,
    },
    status: {
      replicas,
      availableReplicas: available,
      readyReplicas: available,
      observedGeneration: 1,
      terminatingReplicas: 0,
    },
    ...options,
    name,
  })
}

const progressing = (reason: string, seconds = 60, status = 'True') => ({
  type: 'Progressing',
  status,
  reason,
  message: reason,
  lastUpdateTime: ago(seconds),
  lastTransitionTime: ago(seconds),
})
const revision = (number: number) => ({ 'deployment.kubernetes.io/revision': String(number) })

/** A Deployment in the midst of its second revision. */
const rolling = (more: Options = {}) =>
  web({
    image: 'nginx:2',
    annotations: revision(2),
    status: { conditions: [progressing('ReplicaSetUpdated')] },
    ...more,
  })

function reconcile(objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  return deployment.definition.reconcile('default/web', listersOf(deployment.definition, objects), NOW)
}

function run(
  found: Stored<apps.Deployment>,
  sets: readonly KubeObject[] = [],
  pods: readonly KubeObject[] = [],
): readonly Action[] {
  return reconcile({ 'deployments.apps': [found], 'replicasets.apps': sets, pods })
}

function statusOf(actions: readonly Action[]): apps.DeploymentStatus {
  const found = written<apps.Deployment>(actions, 'deployments.apps', 'status')
  return (found?.status ?? {}) as apps.DeploymentStatus
}

/** What is done apart from the status of the Deployment and planned looks. */
function steps(actions: readonly Action[]): string[] {
  return told(actions).filter((line) => !/^(update deployments.apps\/status|requeueAfter)/.test(line))
}

describe('deployment-controller', () => {
  describe('a new Deployment', () => {
    it('gets a ReplicaSet named by the hash of its template', () => {
      const found = web({ annotations: { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } })
      const actions = run(found)
      const made = written<apps.ReplicaSet>(actions, 'replicasets.apps')
      const hash = made?.metadata?.labels?.['pod-template-hash'] ?? ''
      expect(made).to.deep.equal({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `web-${hash}`,
          namespace: 'default',
          ownerReferences: [owner],
          labels: { app: 'web', 'pod-template-hash': hash },
          annotations: {
            note: 'x',
            'deployment.kubernetes.io/revision': '1',
            'deployment.kubernetes.io/desired-replicas': '3',
            'deployment.kubernetes.io/max-replicas': '4',
          },
        },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
          template: {
            metadata: { labels: { app: 'web', 'pod-template-hash': hash } },
            spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
          },
        },
      })
      expect(told(actions)).to.deep.equal([
        `create replicasets.apps web-${hash}`,
        `event ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`,
        'update deployments.apps/status web',
      ])
      const after = written<apps.Deployment>(actions, 'deployments.apps', 'status')
      expect(after?.metadata?.annotations).to.include(revision(1))
      expect(after?.status?.conditions?.[0]).to.include({
        reason: 'NewReplicaSetCreated',
        message: `Created new replica set "web-${hash}"`,
      })
    })

    it('counts a collision when its name is taken by something else', () => {
      const [create] = run(web())
      if (create?.do !== 'create') return expect.fail('expected a create')
      const error = newAlreadyExists({ group: 'apps', resource: 'replicasets' }, 'web-x')
      const stranger = replicaSet({ name: create.object.metadata?.name ?? '', labels: { app: 'other' } })
      const [again] = run(web(), [stranger])
      if (again?.do !== 'create') return expect.fail('expected a create')
      const after = again.then?.({ error }) ?? []
      expect(statusOf(after)).to.deep.equal({ collisionCount: 1 })
      expect(told(after).at(-1)).to.match(/^retry/)
      const [other] = run(web({ status: { collisionCount: 1 } }), [stranger])
      if (other?.do !== 'create') return expect.fail('expected a create')
      expect(other.object.metadata?.name).to.not.equal(create.object.metadata?.name)
    })

    it('says so when its set cannot be created', () => {
      const [create] = run(web())
      if (create?.do !== 'create') return expect.fail('expected a create')
      const name = create.object.metadata?.name ?? ''
      const after = create.then?.({ error: newForbidden({ group: 'apps', resource: 'replicasets' }, name, 'no') }) ?? []
      const message = `Failed to create new replica set "${name}": replicasets.apps "${name}" is forbidden: no`
      expect(told(after)[0]).to.equal(`event ReplicaSetCreateError: ${message}`)
      expect(statusOf(after).conditions?.[0]).to.deep.include({
        status: 'False',
        reason: 'ReplicaSetCreateError',
        message,
      })
    })
  })

  describe('status', () => {
    it('tells of progress while pods come up', () => {
      const found = web({ annotations: revision(1), status: { conditions: [progressing('NewReplicaSetCreated')] } })
      const actions = run(found, [set(`web-${HASH}`, 1, { available: 1 })])
      expect(statusOf(actions)).to.deep.equal({
        observedGeneration: 1,
        replicas: 3,
        updatedReplicas: 3,
        readyReplicas: 1,
        availableReplicas: 1,
        unavailableReplicas: 2,
        terminatingReplicas: 0,
        conditions: [
          {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
            lastUpdateTime: TIME,
            lastTransitionTime: TIME,
          },
          {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: `ReplicaSet "web-${HASH}" is progressing.`,
            lastUpdateTime: TIME,
            lastTransitionTime: ago(60),
          },
        ],
      })
    })

    it('tells of success once all are available', () => {
      const found = web({ annotations: revision(1), status: { conditions: [progressing('ReplicaSetUpdated')] } })
      const status = statusOf(run(found, [set(`web-${HASH}`, 1)]))
      expect(
        status.conditions?.map(({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`),
      ).to.deep.equal([
        'Available=True MinimumReplicasAvailable: Deployment has minimum availability.',
        `Progressing=True NewReplicaSetAvailable: ReplicaSet "web-${HASH}" has successfully progressed.`,
      ])
      expect(status).to.not.have.property('unavailableReplicas')
    })

    it('tells of a deadline that passed, and looks again when it will', () => {
      const stuck = (seconds: number) =>
        web({
          annotations: revision(1),
          status: {
            observedGeneration: 1,
            replicas: 3,
            updatedReplicas: 3,
            unavailableReplicas: 3,
            terminatingReplicas: 0,
            conditions: [
              { ...progressing('MinimumReplicasUnavailable', 60, 'False'), type: 'Available' },
              progressing('ReplicaSetUpdated', seconds),
            ],
          },
        })
      expect(told(run(stuck(100), [set('a', 1, { available: 0 })]))).to.deep.equal(['requeueAfter 501000'])
      expect(statusOf(run(stuck(601), [set('a', 1, { available: 0 })])).conditions?.[1]).to.deep.include({
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'ReplicaSet "a" has timed out progressing.',
      })
    })

    it('passes on that pods cannot be created', () => {
      const failure = {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'quota',
        lastTransitionTime: ago(5),
      }
      const failing = set('a', 1, {
        status: { replicas: 0, observedGeneration: 1, terminatingReplicas: 0, conditions: [failure] },
      })
      const found = web({ annotations: revision(1), status: { conditions: [progressing('NewReplicaSetCreated')] } })
      expect(statusOf(run(found, [failing])).conditions?.at(-1)).to.deep.equal({ ...failure, lastUpdateTime: ago(5) })
    })
  })

  describe('a rolling update', () => {
    const cases: { name: string; found: Stored<apps.Deployment>; sets: ReturnType<typeof set>[]; steps: string[] }[] = [
      {
        name: 'brings up the surge first',
        found: rolling(),
        sets: [set('old', 1), set('new', 2, { image: 'nginx:2', replicas: 0 })],
        steps: ['update replicasets.apps new', 'event ScalingReplicaSet: Scaled up replica set new from 0 to 1'],
      },
      {
        name: 'waits while new pods are not available',
        found: rolling(),
        sets: [set('old', 1), set('new', 2, { image: 'nginx:2', replicas: 1, available: 0 })],
        steps: [],
      },
      {
        name: 'takes old pods away when new ones are available',
        found: rolling(),
        sets: [set('old', 1), set('new', 2, { image: 'nginx:2', replicas: 1 })],
        steps: ['update replicasets.apps old', 'event ScalingReplicaSet: Scaled down replica set old from 3 to 2'],
      },
      {
        name: 'takes unhealthy old pods away first',
        found: rolling({ unavailable: 1 }),
        sets: [set('old', 1, { available: 2 }), set('new', 2, { image: 'nginx:2', replicas: 1, available: 0 })],
        steps: ['update replicasets.apps old', 'event ScalingReplicaSet: Scaled down replica set old from 3 to 2'],
      },
      {
        name: 'goes on without surge by unavailability',
        found: rolling({ surge: 0, unavailable: 1 }),
        sets: [set('old', 1, { max: 3 }), set('new', 2, { image: 'nginx:2', replicas: 0, max: 3 })],
        steps: ['update replicasets.apps old', 'event ScalingReplicaSet: Scaled down replica set old from 3 to 2'],
      },
      {
        name: 'rounds surge up and unavailability down',
        found: rolling({ replicas: 10, surge: '25%', unavailable: '25%' }),
        sets: [
          set('old', 1, { replicas: 10, desired: 10, max: 13 }),
          set('new', 2, { image: 'nginx:2', replicas: 0, desired: 10, max: 13 }),
        ],
        steps: ['update replicasets.apps new', 'event ScalingReplicaSet: Scaled up replica set new from 0 to 3'],
      },
    ]
    for (const { name, found, sets, steps: wanted } of cases)
      it(name, () => expect(steps(run(found, sets))).to.deep.equal(wanted))

    it('goes back to a former set: it becomes the newest revision and keeps its history', () => {
      const sets = [set('one', 1, { image: 'nginx:1', replicas: 0 }), set('two', 2, { image: 'nginx:2' })]
      const actions = run(web({ image: 'nginx:1', annotations: revision(2) }), sets)
      expect(written<apps.ReplicaSet>(actions, 'replicasets.apps')?.metadata?.annotations).to.include({
        'deployment.kubernetes.io/revision': '3',
        'deployment.kubernetes.io/revision-history': '1',
      })
    })

    it('removes the oldest sets beyond the history limit when done', () => {
      const done = {
        observedGeneration: 1,
        replicas: 3,
        updatedReplicas: 3,
        availableReplicas: 3,
        readyReplicas: 3,
        terminatingReplicas: 0,
        conditions: [progressing('NewReplicaSetAvailable')],
      }
      const found = web({ image: 'nginx:4', annotations: revision(4), spec: { revisionHistoryLimit: 1 }, status: done })
      const old = [3, 2, 1].map((number) => set(`v${number}`, number, { image: `nginx:${number}`, replicas: 0 }))
      expect(steps(run(found, [...old, set('v4', 4, { image: 'nginx:4' })]))).to.deep.equal([
        'delete replicasets.apps v1',
        'delete replicasets.apps v2',
      ])
    })
  })

  describe('a Recreate', () => {
    const spec = { strategy: { type: 'Recreate' } }
    it('takes all old pods away', () => {
      expect(steps(run(rolling({ spec }), [set('old', 1)]))).to.deep.equal([
        'update replicasets.apps old',
        'event ScalingReplicaSet: Scaled down replica set old from 3 to 0',
      ])
    })

    it('waits until they are gone, and then creates the new set at once', () => {
      const old = set('old', 1, { replicas: 0 })
      const leaving = pod({
        name: 'a',
        labels: { app: 'web' },
        owner: ownerReference('ReplicaSet', 'old', 'uid-old'),
        deleting: true,
      })
      expect(steps(run(rolling({ spec }), [old], [leaving]))).to.deep.equal([])
      expect(steps(run(rolling({ spec }), [old]))[1]).to.match(
        /^event ScalingReplicaSet: Scaled up replica set web-\w+ from 0 to 3$/,
      )
    })
  })

  describe('scaling', () => {
    it('changes the one active set', () => {
      expect(
        steps(
          run(web({ replicas: 5, annotations: revision(1), status: { conditions: [progressing('x')] } }), [
            set('a', 1),
          ]),
        ),
      ).to.deep.equal(['update replicasets.apps a', 'event ScalingReplicaSet: Scaled up replica set a from 3 to 5'])
    })

    it('shares the change among the sets of a rollout', () => {
      const sets = [
        set('old', 1, { replicas: 8, desired: 10, max: 13 }),
        set('new', 2, { image: 'nginx:2', replicas: 5, available: 0, desired: 10, max: 13 }),
      ]
      const actions = run(rolling({ replicas: 15, surge: 3, unavailable: 2 }), sets)
      expect(steps(actions)).to.deep.equal([
        'update replicasets.apps old',
        'event ScalingReplicaSet: Scaled up replica set old from 8 to 11',
        'update replicasets.apps new',
        'event ScalingReplicaSet: Scaled up replica set new from 5 to 7',
      ])
    })

    it('scales a paused Deployment too, but does not roll it out', () => {
      const paused = { paused: true }
      const conditions = [progressing('DeploymentPaused', 60, 'Unknown')]
      const found = (replicas: number) =>
        rolling({ replicas, spec: paused, status: { conditions }, annotations: revision(1) })
      expect(steps(run(found(3), [set('old', 1)]))).to.deep.equal([])
      expect(steps(run(found(5), [set('old', 1)]))[1]).to.equal(
        'event ScalingReplicaSet: Scaled up replica set old from 3 to 5',
      )
    })
  })

  it('notes when it is paused and resumed', () => {
    const running = web({
      spec: { paused: true },
      annotations: revision(1),
      status: { conditions: [progressing('NewReplicaSetAvailable')] },
    })
    expect(statusOf(run(running, [set('a', 1)])).conditions?.[0]).to.deep.include({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    })
    const resumed = web({
      annotations: revision(1),
      status: { conditions: [progressing('DeploymentPaused', 60, 'Unknown')] },
    })
    expect(statusOf(run(resumed, [set('a', 1)])).conditions?.[0]).to.include({
      reason: 'DeploymentResumed',
      message: 'Deployment is resumed',
    })
  })

  it('takes over sets that match and belong to nobody', () => {
    const [patch] = run(web(), [replicaSet({ name: 'orphan' })])
    expect(patch).to.deep.include({
      do: 'patch',
      name: 'orphan',
      patch: { metadata: { ownerReferences: [owner], uid: 'uid-orphan' } },
    })
  })

  it('copies new annotations and minReadySeconds to its set', () => {
    const found = web({ annotations: { ...revision(1), note: 'y' }, spec: { minReadySeconds: 5 } })
    const updated = written<apps.ReplicaSet>(run(found, [set('a', 1)]), 'replicasets.apps')
    expect(updated?.metadata?.annotations).to.include({ note: 'y' })
    expect(updated?.spec?.minReadySeconds).to.equal(5)
  })
})
