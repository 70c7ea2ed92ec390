// Jobs by example: a Job, its pods, and what the controller does about them.
import { expect } from 'chai'
import type * as batch from '../../api/batch.ts'
import type * as core from '../../api/core.ts'
import { newForbidden } from '../../apimachinery/errors.ts'
import type { Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, NOW, ownerReference, pod, succeed, TIME, told, written, type PodOptions } from '../testing.ts'
import { job as jobController } from './index.ts'

const FINALIZER = 'batch.kubernetes.io/job-tracking'
const INDEX = 'batch.kubernetes.io/job-completion-index'
const labels = { job: 'a' }

function job(spec: Partial<batch.JobSpec> = {}, status: batch.JobStatus = {}): Stored<batch.Job> {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'uid-a',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(60),
    },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c:1' }] } },
      ...spec,
    },
    status,
  }
}

/** A Job under way: as its status is after the first look. */
function running(spec: Partial<batch.JobSpec> = {}, status: batch.JobStatus = {}): Stored<batch.Job> {
  return job(spec, { startTime: ago(60), uncountedTerminatedPods: {}, ready: 0, terminating: 0, ...status })
}

interface JobPod extends Partial<PodOptions> {
  readonly name: string
  readonly index?: number
  /** Of the index, before this pod. */
  readonly failures?: number
  readonly tracked?: boolean
  readonly exitCode?: number
  readonly conditions?: core.PodCondition[]
}

function jobPod({ index, failures, tracked = true, exitCode, conditions, ...options }: JobPod): Stored<core.Pod> {
  const annotations = {
    ...(index === undefined ? {} : { [INDEX]: String(index) }),
    ...(failures === undefined ? {} : { 'batch.kubernetes.io/job-index-failure-count': String(failures) }),
  }
  const made = pod({ labels, owner: ownerReference('Job', 'a', 'uid-a', 'batch/v1'), annotations, ...options })
  if (tracked) made.metadata.finalizers = [FINALIZER]
  if (exitCode !== undefined) {
    const terminated = { exitCode, finishedAt: TIME }
    const state = { terminated }
    made.status!.containerStatuses = [{ name: 'c', image: 'c', imageID: '', ready: false, restartCount: 0, state }]
  }
  if (conditions !== undefined) made.status!.conditions = conditions
  return made
}

type Reconcile = (found: Stored<batch.Job>, pods?: readonly Stored<core.Pod>[], now?: number) => readonly Action[]

/** One controller, which remembers what it has seen. */
function controller(): Reconcile {
  const { definition } = jobController() as Controller & { definition: ControllerDefinition }
  return (found, pods = [], now = NOW) =>
    definition.reconcile('default/a', listersOf(definition, { 'jobs.batch': [found], pods }), now)
}

function look(found: Stored<batch.Job>, pods: readonly Stored<core.Pod>[] = []): readonly Action[] {
  return controller()(found, pods)
}

/** The statuses that are written, in order, and told what followed. */
function statuses(actions: readonly Action[]): batch.JobStatus[] {
  const found: batch.JobStatus[] = []
  const visit = (some: readonly Action[]): void => {
    for (const action of some) {
      if (action.do === 'update') {
        found.push((action.object as batch.Job).status!)
        visit(action.then?.({ object: action.object as never }) ?? [])
      } else if (action.do === 'batch') {
        visit(action.actions)
        visit(action.then?.(action.actions.map(() => ({ object: {} as never }))) ?? [])
      }
    }
  }
  visit(actions)
  return found
}

function condition(type: string, reason: string, message: string, status = 'True'): batch.JobCondition {
  return {
    type,
    status,
    lastProbeTime: TIME,
    lastTransitionTime: TIME,
    reason,
    message,
  } as unknown as batch.JobCondition
}

const completed = [
  condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'),
  condition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods'),
]

describe('job-controller', () => {
  const { definition } = jobController() as Controller & { definition: ControllerDefinition }

  it('starts as many pods as may run side by side', () => {
    const actions = look(job({ completions: 4, parallelism: 2 }))
    expect(told(actions)).to.deep.equal([
      'create pods a-x',
      'event SuccessfulCreate: Created pod: a-x',
      'create pods a-x',
      'event SuccessfulCreate: Created pod: a-x',
      'update jobs.batch/status a',
    ])
    expect(written<core.Pod>(actions, 'pods')?.metadata).to.deep.equal({
      generateName: 'a-',
      namespace: 'default',
      labels,
      finalizers: [FINALIZER],
      ownerReferences: [ownerReference('Job', 'a', 'uid-a', 'batch/v1')],
    })
    expect(statuses(actions)).to.deep.equal([
      { startTime: TIME, uncountedTerminatedPods: {}, active: 2, ready: 0, terminating: 0 },
    ])
  })

  it('has nothing to do while its pods run', () => {
    const found = running({}, { active: 1, ready: 1 })
    expect(look(found, [jobPod({ name: 'p', readySeconds: 5 })])).to.deep.equal([])
  })

  it('leaves alone what another controller looks after, and what has ended', () => {
    expect(look(job({ managedBy: 'example.com/other' }))).to.deep.equal([])
    expect(look(running({}, { conditions: completed }))).to.deep.equal([])
  })

  it('names a pod that ended, takes off its finalizer, counts it and is complete', () => {
    const actions = look(running({}, { active: 1 }), [jobPod({ name: 'p', phase: 'Succeeded' })])
    expect(told(actions)).to.deep.equal([
      'update jobs.batch/status a',
      'patch pods p',
      'update jobs.batch/status a',
      'event Completed: Job completed',
    ])
    const [interim, last] = statuses(actions)
    expect(interim).to.deep.include({
      uncountedTerminatedPods: { succeeded: ['uid-p'] },
      conditions: completed.slice(0, 1),
    })
    expect(last).to.deep.equal({
      startTime: ago(60),
      completionTime: TIME,
      conditions: completed,
      uncountedTerminatedPods: {},
      succeeded: 1,
      ready: 0,
      terminating: 0,
    })
  })

  it('counts a pod once, also when an old version of it is seen again', () => {
    const reconcile = controller()
    const pods = [jobPod({ name: 'p', phase: 'Succeeded' }), jobPod({ name: 'q' })]
    const [, counted] = statuses(reconcile(running({ completions: 2, parallelism: 2 }, { active: 2 }), pods))
    expect(counted).to.deep.include({ succeeded: 1, uncountedTerminatedPods: {} })
    expect(reconcile(running({ completions: 2, parallelism: 2 }, counted), pods)).to.deep.equal([])
  })

  it('counts what a status before a restart has named', () => {
    const found = running({ completions: 2 }, { active: 1, uncountedTerminatedPods: { succeeded: ['uid-gone'] } })
    expect(statuses(look(found, [jobPod({ name: 'q' })]))[0]).to.deep.include({
      succeeded: 1,
      uncountedTerminatedPods: {},
    })
  })

  it('waits ten seconds, then twenty, before it replaces pods that fail in a row', () => {
    const reconcile = controller()
    const failed = (name: string): Stored<core.Pod> => jobPod({ name, phase: 'Failed', exitCode: 1 })
    const first = reconcile(running({}, { active: 1 }), [failed('p')])
    expect(told(first)[0]).to.equal('requeueAfter 10000')
    const [, status] = statuses(first)
    expect(status).to.deep.include({ failed: 1 })
    expect(told(reconcile(running({}, status), [], NOW + 10_000))[0]).to.equal('create pods a-x')
    expect(told(reconcile(running({}, { ...status, active: 1 }), [failed('q')]))[0]).to.equal('requeueAfter 20000')
  })

  it('tries again after a second when a pod is refused, and counts those that were not', () => {
    const actions = look(job({ completions: 2, parallelism: 2 }))
    const error = newForbidden({ group: '', resource: 'pods' }, 'a-', 'no')
    const refused = told(actions, (object) => (object.kind === 'Pod' ? { error } : succeed(object)))
    expect(refused.slice(-2)).to.deep.equal(['update jobs.batch/status a', `retry: ${error.message}`])
    expect(refused).to.include(`event FailedCreate: Error creating: ${error.message}`)
    expect(definition.backOff?.firstMs).to.equal(1000)
  })

  interface End {
    readonly name: string
    readonly spec?: Partial<batch.JobSpec>
    readonly status?: batch.JobStatus
    readonly pods: readonly Stored<core.Pod>[]
    readonly reason: string
    readonly message: string
  }
  const indexed: Partial<batch.JobSpec> = { completionMode: 'Indexed', completions: 3, parallelism: 3 }
  const perIndex: Partial<batch.JobSpec> = { ...indexed, backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 0 }
  const failures: readonly End[] = [
    {
      name: 'too many pods have failed',
      spec: { backoffLimit: 1 },
      status: { failed: 1 },
      pods: [jobPod({ name: 'p', phase: 'Failed' })],
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    },
    {
      name: 'its time is over',
      spec: { activeDeadlineSeconds: 60 },
      pods: [],
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    },
    {
      name: 'the policy says so for an exit code',
      spec: {
        podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [1, 2] } }] },
      },
      pods: [jobPod({ name: 'p', phase: 'Failed', exitCode: 42 })],
      reason: 'PodFailurePolicy',
      message: 'Container c for pod default/p failed with exit code 42 matching FailJob rule at index 0',
    },
    {
      name: 'the policy says so for a condition',
      spec: {
        podFailurePolicy: {
          rules: [
            { action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } },
            { action: 'FailJob', onPodConditions: [{ type: 'Bad', status: 'True' }] },
          ],
        },
      },
      pods: [jobPod({ name: 'p', phase: 'Failed', conditions: [{ type: 'Bad', status: 'True' }] })],
      reason: 'PodFailurePolicy',
      message: 'Pod default/p has condition Bad matching FailJob rule at index 1',
    },
    {
      name: 'too many indexes have failed',
      spec: { ...perIndex, maxFailedIndexes: 0 },
      pods: [jobPod({ name: 'p', phase: 'Failed', index: 1 })],
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    },
    {
      name: 'no index is left, and one has failed',
      spec: perIndex,
      status: { completedIndexes: '0,2', succeeded: 2 },
      pods: [jobPod({ name: 'p', phase: 'Failed', index: 1 })],
      reason: 'FailedIndexes',
      message: 'Job has failed indexes',
    },
  ]
  for (const { name, spec, status, pods, reason, message } of failures) {
    it(`fails when ${name}`, () => {
      const actions = look(running(spec, status), pods)
      expect(told(actions).at(-1)).to.equal(`event ${reason}: ${message}`)
      const conditions = statuses(actions).map((written) => written.conditions)
      expect(conditions.at(-1)).to.deep.equal([
        condition('FailureTarget', reason, message),
        condition('Failed', reason, message),
      ])
    })
  }

  it('fails when containers were restarted too often in place', () => {
    const pods = [jobPod({ name: 'p', readySeconds: 1 })]
    pods[0]!.status!.containerStatuses = [{ name: 'c', image: 'c', imageID: '', ready: true, restartCount: 2 }]
    const template = { metadata: { labels }, spec: { restartPolicy: 'OnFailure', containers: [] } }
    const [status] = statuses(look(running({ backoffLimit: 2, template }, { active: 1, ready: 1 }), pods))
    expect(status?.conditions?.[0]?.reason).to.equal('BackoffLimitExceeded')
  })

  it('deletes what still runs when it fails, and ends only when that is gone', () => {
    const found = running({ backoffLimit: 0, parallelism: 2, completions: 2 }, { active: 2, ready: 1 })
    const pods = [jobPod({ name: 'p', phase: 'Failed' }), jobPod({ name: 'q', readySeconds: 1 })]
    const actions = look(found, pods)
    expect(told(actions)).to.deep.equal([
      'delete pods q',
      'event SuccessfulDelete: Deleted pod: q',
      'update jobs.batch/status a',
      'patch pods p',
      'patch pods q',
      'update jobs.batch/status a',
    ])
    const last = statuses(actions).at(-1)
    expect(last).to.deep.include({ failed: 2, terminating: 1, ready: 0 })
    expect(last?.conditions?.map(({ type }) => type)).to.deep.equal(['FailureTarget'])
    expect(told(look({ ...found, status: last! }))).to.deep.equal([
      'update jobs.batch/status a',
      'update jobs.batch/status a',
      'event BackoffLimitExceeded: Job has reached the specified backoff limit',
    ])
  })

  it('does not count failures that the policy ignores', () => {
    const podFailurePolicy = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'Gone', status: 'True' }] }] }
    const pods = [jobPod({ name: 'p', phase: 'Failed', exitCode: 1, conditions: [{ type: 'Gone', status: 'True' }] })]
    const written = statuses(look(running({ backoffLimit: 0, podFailurePolicy }, { active: 1 }), pods))
    expect(written).to.deep.equal([running({}).status])
  })

  describe('with indexes', () => {
    it('gives each pod its index, as name, label, annotation, host name and variable', () => {
      const actions = look(job({ ...indexed, parallelism: 1 }, { completedIndexes: '0', succeeded: 1 }))
      const made = written<core.Pod>(actions, 'pods')
      expect(made?.metadata).to.deep.include({
        generateName: 'a-1-',
        labels: { ...labels, [INDEX]: '1' },
        annotations: { [INDEX]: '1' },
      })
      expect(made?.spec).to.deep.include({ hostname: 'a-1' })
      expect(made?.spec?.containers[0]?.env).to.deep.equal([
        { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } } },
      ])
    })

    it('notes completed indexes, and starts the next', () => {
      const found = running({ ...indexed, completions: 6, parallelism: 2 }, { active: 2, completedIndexes: '0,2' })
      const pods = [jobPod({ name: 'p', phase: 'Succeeded', index: 3 }), jobPod({ name: 'q', index: 1 })]
      const actions = look(found, pods)
      expect(written<core.Pod>(actions, 'pods')?.metadata?.generateName).to.equal('a-4-')
      expect(statuses(actions).at(-1)).to.deep.include({ completedIndexes: '0,2,3', succeeded: 3, active: 2 })
    })

    it('takes away a second pod of an index, and pods without one', () => {
      const pods = [
        jobPod({ name: 'old', index: 0, readySeconds: 9 }),
        jobPod({ name: 'new', index: 0 }),
        jobPod({ name: 'none' }),
        jobPod({ name: 'beyond', index: 7 }),
      ]
      const deleted = told(look(running(indexed, { active: 4 }), pods)).filter((line) => line.startsWith('delete'))
      expect(deleted.toSorted()).to.deep.equal(['delete pods beyond', 'delete pods new', 'delete pods none'])
    })

    it('succeeds early when its success policy is met', () => {
      const successPolicy = { rules: [{ succeededIndexes: '0' }, { succeededIndexes: '1-2', succeededCount: 1 }] }
      const pods = [jobPod({ name: 'p', phase: 'Succeeded', index: 2 }), jobPod({ name: 'q', index: 0 })]
      const actions = look(running({ ...indexed, parallelism: 2, successPolicy }, { active: 2 }), pods)
      expect(told(actions)[0]).to.equal('delete pods q')
      const last = statuses(actions).at(-1)
      expect(last).to.deep.include({ succeeded: 1, completedIndexes: '2', terminating: 1 })
      expect(last?.failed).to.equal(undefined)
      expect(last?.conditions).to.deep.equal([
        condition('SuccessCriteriaMet', 'SuccessPolicy', 'Matched rules at index 1'),
      ])
    })

    it('holds a failed pod until its successor has the count of failures', () => {
      const spec = { ...perIndex, backoffLimitPerIndex: 2, parallelism: 1, completions: 1 }
      const reconcile = controller()
      const pods = [jobPod({ name: 'p', phase: 'Failed', exitCode: 1, index: 0, failures: 1 })]
      const found = running(spec, { active: 1, failedIndexes: '' })
      expect(told(reconcile(found, pods))).to.deep.equal(['requeueAfter 20000', 'update jobs.batch/status a'])
      const later = reconcile(found, pods, NOW + 20_000)
      expect(written<core.Pod>(later, 'pods')?.metadata?.annotations).to.deep.include({
        'batch.kubernetes.io/job-index-failure-count': '2',
      })
    })
  })

  it('tells when it is suspended and resumed, and takes its pods away without counting them', () => {
    const held = look(running({ suspend: true }, { active: 1, ready: 1 }), [jobPod({ name: 'p', readySeconds: 1 })])
    expect(told(held)).to.deep.equal([
      'patch pods p',
      'delete pods p',
      'event SuccessfulDelete: Deleted pod: p',
      'event Suspended: Job suspended',
      'update jobs.batch/status a',
    ])
    const suspended = condition('Suspended', 'JobSuspended', 'Job suspended')
    expect(statuses(held)).to.deep.equal([
      { conditions: [suspended], uncountedTerminatedPods: {}, ready: 0, terminating: 1 },
    ])
    const resumed = look(job({}, { conditions: [suspended], uncountedTerminatedPods: {}, ready: 0, terminating: 0 }))
    expect(told(resumed)).to.include('event Resumed: Job resumed')
    expect(statuses(resumed)[0]).to.deep.include({
      startTime: TIME,
      conditions: [condition('Suspended', 'JobResumed', 'Job resumed', 'False')],
    })
  })

  it('replaces a pod that is being deleted, at once or when it has failed, as it says', () => {
    const pods = [jobPod({ name: 'p', deleting: true })]
    const atOnce = look(running({}, { active: 1 }), pods)
    expect(statuses(atOnce).at(-1)).to.deep.include({ failed: 1, terminating: 1 })
    const patient = look(running({ podReplacementPolicy: 'Failed' }, { active: 1 }), pods)
    expect(told(patient)).to.deep.equal(['update jobs.batch/status a'])
    expect(statuses(patient)[0]).to.deep.include({ terminating: 1 })
  })

  it('without a number of completions waits for the others after the first success', () => {
    const found = running({ parallelism: 3 }, { active: 2 })
    delete found.spec!.completions
    const pods = [jobPod({ name: 'p', phase: 'Succeeded' }), jobPod({ name: 'q' })]
    const waiting = statuses(look(found, pods)).at(-1)
    expect(waiting).to.deep.include({ active: 1, succeeded: 1 })
    expect(waiting?.conditions).to.equal(undefined)
    found.status = waiting!
    const over = look(found, [jobPod({ name: 'q', phase: 'Failed' })])
    expect(told(over).at(-1)).to.equal('event Completed: Job completed')
  })

  it('comes back when its time is over', () => {
    const found = running({ activeDeadlineSeconds: 90 }, { active: 1 })
    expect(told(look(found, [jobPod({ name: 'p' })]))).to.deep.equal(['requeueAfter 30000'])
  })

  it('takes over pods that nobody controls, with its finalizer', () => {
    const [orphan] = [pod({ name: 'p', labels })]
    const [adoption] = look(running({ manualSelector: true }, { active: 1 }), [orphan!])
    expect(adoption).to.deep.include({
      do: 'patch',
      patch: {
        metadata: {
          ownerReferences: [ownerReference('Job', 'a', 'uid-a', 'batch/v1')],
          uid: 'uid-p',
          finalizers: [FINALIZER],
        },
      },
    })
  })

  describe('pods that no Job counts', () => {
    const release = (jobs: readonly Stored<batch.Job>[], found: Stored<core.Pod>): readonly string[] =>
      told(definition.reconcile('pod:default/p', listersOf(definition, { 'jobs.batch': jobs, pods: [found] }), NOW))

    it('are released when the Job is gone or has ended', () => {
      expect(release([], jobPod({ name: 'p' }))).to.deep.equal(['patch pods p'])
      expect(release([running({}, { conditions: completed })], jobPod({ name: 'p' }))).to.deep.equal(['patch pods p'])
    })

    it('are left alone otherwise', () => {
      expect(release([running()], jobPod({ name: 'p' }))).to.deep.equal([])
      expect(
        release([job({ managedBy: 'example.com/x' }, { conditions: completed })], jobPod({ name: 'p' })),
      ).to.deep.equal([])
      expect(release([], jobPod({ name: 'p', tracked: false }))).to.deep.equal([])
      expect(release([], jobPod({ name: 'p', owner: ownerReference('Other', 'a', 'uid-a') }))).to.deep.equal([])
    })
  })
})
