// CronJobs by example: a CronJob, its Jobs, a time, and what the controller does.
import { expect } from 'chai'
import type * as batch from '../../api/batch.ts'
import { FakeClock, formatTime } from '../../apimachinery/clock.ts'
import { newAlreadyExists, newForbidden } from '../../apimachinery/errors.ts'
import type { Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { Informers } from '../../client/informers.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, NOW, ownerReference, succeed, told, written } from '../testing.ts'
import { cronjob as cronjobController } from './index.ts'

const MINUTES = NOW / 60_000
const OWNER = ownerReference('CronJob', 'c', 'uid-c', 'batch/v1')

/** Every minute, made half a minute ago, so that the Job of NOW is due. */
function cronJob(spec: Partial<batch.CronJobSpec> = {}, status: batch.CronJobStatus = {}): Stored<batch.CronJob> {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', namespace: 'default', uid: 'uid-c', resourceVersion: '1', creationTimestamp: ago(30) },
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: { labels: { x: 'y' } }, spec: { template: {} } },
      ...spec,
    },
    status,
  }
}

function job(name: string, end?: 'Complete' | 'Failed', startedSeconds = 60): Stored<batch.Job> {
  const time = ago(startedSeconds - 1)
  const condition = { type: end ?? '', status: 'True', lastTransitionTime: time }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(startedSeconds),
      ownerReferences: [OWNER],
    },
    status: {
      startTime: ago(startedSeconds),
      ...(end === undefined ? {} : { conditions: [condition] }),
      ...(end === 'Complete' ? { completionTime: time } : {}),
    },
  }
}

const active = (...names: string[]): batch.CronJobStatus => ({
  active: names.map((name) => ({ name, namespace: 'default', uid: `uid-${name}` })),
})

function controller() {
  const { definition } = cronjobController() as Controller & { definition: ControllerDefinition }
  return (found: Stored<batch.CronJob>, jobs: readonly Stored<batch.Job>[] = [], now = NOW): readonly Action[] =>
    definition.reconcile('default/c', listersOf(definition, { 'cronjobs.batch': [found], 'jobs.batch': jobs }), now)
}

function look(found: Stored<batch.CronJob>, jobs: readonly Stored<batch.Job>[] = [], now = NOW): readonly Action[] {
  return controller()(found, jobs, now)
}

const started = [
  `create jobs.batch c-${MINUTES}`,
  `event SuccessfulCreate: Created job c-${MINUTES}`,
  'update cronjobs.batch/status c',
  'requeueAfter 60100',
]

describe('cronjob-controller', () => {
  it('starts a Job when it is due, and comes back for the next', () => {
    const actions = look(cronJob())
    expect(told(actions)).to.deep.equal(started)
    expect(written(actions, 'jobs.batch')).to.deep.equal({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `c-${MINUTES}`,
        namespace: 'default',
        labels: { x: 'y' },
        annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T12:00:00Z' },
        ownerReferences: [OWNER],
      },
      spec: { template: {} },
    })
    const { status } = written<batch.CronJob>(actions, 'cronjobs.batch', 'status')!
    expect(status?.lastScheduleTime).to.equal(formatTime(NOW))
    expect(status?.active?.map(({ kind, apiVersion, name }) => [kind, apiVersion, name])).to.deep.equal([
      ['Job', 'batch/v1', `c-${MINUTES}`],
    ])
  })

  it('waits until then', () => {
    expect(told(look(cronJob(), [], NOW - 20_000))).to.deep.equal(['requeueAfter 20100'])
  })

  it('reads the schedule in the time zone it names', () => {
    const found = cronJob({ schedule: '0 13 * * *', timeZone: 'Europe/Berlin' })
    const { metadata } = written<batch.Job>(look(found), 'jobs.batch')!
    expect(metadata?.annotations).to.deep.equal({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T13:00:00+01:00',
    })
  })

  it('rests while it is suspended or being deleted', () => {
    expect(look(cronJob({ suspend: true }))).to.deep.equal([])
    const deleted = cronJob()
    deleted.metadata.deletionTimestamp = ago(1)
    expect(look(deleted)).to.deep.equal([])
  })

  it('makes up for the last of the times it has missed, and says when they were many', () => {
    const found = cronJob()
    found.metadata.creationTimestamp = ago(3600 * 3)
    expect(told(look(found, [], NOW + 5000))).to.deep.equal([
      'event TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      ...started.slice(0, -1),
      'requeueAfter 55100',
    ])
  })

  it('does not start what is too late', () => {
    const found = cronJob({ schedule: '0 12 * * *', startingDeadlineSeconds: 10 })
    found.metadata.creationTimestamp = ago(3600)
    expect(told(look(found, [], NOW + 9000))[0]).to.equal(`create jobs.batch c-${MINUTES}`)
    expect(told(look(found, [], NOW + 11_000))).to.deep.equal(['requeueAfter 86389100'])
  })

  describe('while a Job runs', () => {
    const running = (concurrencyPolicy: string) => ({
      found: cronJob({ concurrencyPolicy }, { ...active('c-1'), lastScheduleTime: ago(60) }),
      jobs: [job('c-1')],
    })

    it('starts another beside it', () => {
      const { found, jobs } = running('Allow')
      expect(told(look(found, jobs))).to.deep.equal(started)
    })

    it('does not, where that is forbidden', () => {
      const { found, jobs } = running('Forbid')
      expect(told(look(found, jobs))).to.deep.equal([
        'event JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
        'requeueAfter 60100',
      ])
    })

    it('replaces it, where that is asked for', () => {
      const { found, jobs } = running('Replace')
      const actions = look(found, jobs)
      expect(told(actions)).to.deep.equal([
        'delete jobs.batch c-1',
        'event SuccessfulDelete: Deleted job c-1',
        ...started,
      ])
      const { status } = written<batch.CronJob>(actions, 'cronjobs.batch', 'status')!
      expect(status?.active?.map(({ name }) => name)).to.deep.equal([`c-${MINUTES}`])
    })

    it('starts nothing twice', () => {
      const found = cronJob({}, { ...active(`c-${MINUTES}`), lastScheduleTime: formatTime(NOW) })
      expect(told(look(found, [job(`c-${MINUTES}`)], NOW + 1000))).to.deep.equal(['requeueAfter 59100'])
    })
  })

  it('takes Jobs that have ended or gone off its list, and notes the last success', () => {
    const found = cronJob({ suspend: true }, { ...active('a', 'b', 'gone'), lastSuccessfulTime: ago(500) })
    const actions = look(found, [job('a', 'Complete', 60), job('b', 'Failed'), job('old', 'Complete', 600)])
    expect(told(actions)).to.deep.equal([
      'event SawCompletedJob: Saw completed job: a, condition: Complete',
      'event SawCompletedJob: Saw completed job: b, condition: Failed',
      'event MissingJob: Active job went missing: gone',
      'update cronjobs.batch/status c',
    ])
    expect(written<batch.CronJob>(actions, 'cronjobs.batch', 'status')?.status).to.deep.equal({
      lastSuccessfulTime: ago(59),
    })
  })

  it('wonders about a Job that it did not start', () => {
    expect(told(look(cronJob({ suspend: true }), [job('x')]))).to.deep.equal([
      'event UnexpectedJob: Saw a job that the controller did not create or forgot: x',
    ])
  })

  it('keeps only as many finished Jobs as it says, the latest', () => {
    const jobs = [job('s1', 'Complete', 10), job('s2', 'Complete', 30), job('s3', 'Complete', 20), job('f1', 'Failed')]
    const found = cronJob({ suspend: true, successfulJobsHistoryLimit: 1 }, { lastSuccessfulTime: ago(9) })
    const [removal] = look(found, jobs)
    expect(told([removal!])).to.deep.equal([
      'delete jobs.batch s2',
      'event SuccessfulDelete: Deleted job s2',
      'delete jobs.batch s3',
      'event SuccessfulDelete: Deleted job s3',
    ])
    expect(removal).to.have.nested.property('actions[0].options.propagationPolicy', 'Background')
  })

  it('notes a Job that it started before it could note it', () => {
    const taken = newAlreadyExists({ group: 'batch', resource: 'jobs' }, `c-${MINUTES}`)
    const answer: typeof succeed = (object) => (object.kind === 'Job' ? { error: taken } : succeed(object))
    const own = [job(`c-${MINUTES}`)]
    expect(told(look(cronJob(), own), answer).slice(-2)).to.deep.equal([
      'update cronjobs.batch/status c',
      'requeueAfter 60100',
    ])
    const [foreign] = own
    foreign!.metadata.ownerReferences = []
    expect(told(look(cronJob(), own), answer)).to.deep.equal(['create jobs.batch ' + `c-${MINUTES}`])
  })

  it('tells when a Job is refused, and tries again', () => {
    const error = newForbidden({ group: 'batch', resource: 'jobs' }, 'c', 'no')
    const lines = told(look(cronJob()), (object) => (object.kind === 'Job' ? { error } : succeed(object)))
    expect(lines.slice(1)).to.deep.equal([
      `event FailedCreate: Error creating job: ${error.message}`,
      `retry: ${error.message}`,
    ])
  })

  it('does not make up for times before its schedule was changed', () => {
    const reconcile = controller()
    const found = cronJob({ schedule: '0 0 1 1 *' })
    found.metadata.creationTimestamp = ago(600)
    expect(told(reconcile(found))).to.have.length(1)
    found.spec!.schedule = '*/5 * * * *'
    expect(told(reconcile(found, [], NOW + 60_000))).to.deep.equal(['requeueAfter 240100'])
  })

  it('tells of schedules that make no sense', () => {
    expect(told(look(cronJob({ schedule: '59 23 31 2 *' })))).to.deep.equal([
      'event InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second',
    ])
    expect(told(look(cronJob({ schedule: 'soon' })))).to.deep.equal([
      'event UnparseableSchedule: unparseable schedule: "soon" : expected exactly 5 fields, found 1: [soon]',
    ])
    expect(told(look(cronJob({ timeZone: 'Not/AZone' })))).to.deep.equal([
      'event UnknownTimeZone: invalid timeZone: "Not/AZone": unknown time zone Not/AZone',
    ])
  })
})

describe('cronjob-controller through a day', () => {
  it('starts a Job every hour and keeps the last three', async () => {
    const clock = new FakeClock(NOW + 1000)
    const found = cronJob({ schedule: '@hourly' })
    const client = new FakeClient({ 'cronjobs.batch': [found], 'jobs.batch': [] })
    const informers = new Informers(client, clock)
    const controller = cronjobController().start({ informers, clock, clientFor: () => client })
    await informers.start()
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      await controller.settled()
    }
    await settle()
    for (let hour = 0; hour < 24; hour++) {
      clock.step(3_600_000)
      await settle()
      for (const { metadata, status } of client.objects('jobs.batch') as batch.Job[]) {
        if (status !== undefined) continue
        const time = formatTime(clock.now())
        const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: time }]
        const end = { status: { startTime: time, completionTime: time, conditions } }
        await client.patch('jobs.batch', 'default', metadata!.name!, 'application/merge-patch+json', end)
      }
      await settle()
    }
    // One was due when it began.
    const started = client.calls.filter((call) => call.startsWith('create jobs.batch'))
    expect(started).to.have.length(25)
    expect(client.objects('jobs.batch').map(({ metadata }) => metadata?.name)).to.deep.equal(
      [22, 23, 24].map((hour) => `c-${MINUTES + hour * 60}`),
    )
    const { status } = client.objects('cronjobs.batch')[0] as unknown as batch.CronJob
    expect(status).to.deep.equal({
      lastScheduleTime: formatTime(NOW + 24 * 3_600_000),
      lastSuccessfulTime: formatTime(clock.now()),
    })
    await controller.close()
  })
})
