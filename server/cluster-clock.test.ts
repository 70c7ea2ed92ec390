// A cluster whose time is moved by hand: what takes a day is over at once, and comes to the same.
import { expect } from 'chai'
import type { Node, Pod } from './api/core.ts'
import type { AnyObject, Frozen, Stored } from './apimachinery/types.ts'
import { startCluster, type Cluster } from './cluster.ts'

describe('a cluster whose time stands', function () {
  // Seconds of CPU where nothing is compiled yet, and machines that do ten things at once.
  this.timeout(300_000)
  let cluster: Cluster

  beforeEach(async () => {
    cluster = await startCluster({ bare: true, nodes: 2, clock: { startMs: Date.UTC(2026, 0, 1), speed: 0 } })
  })

  afterEach(() => cluster.close())

  const step = (seconds: number): Promise<void> => cluster.clock.step(seconds * 1000)
  const list = async <T extends AnyObject>(resource: string): Promise<readonly Frozen<Stored<T>>[]> =>
    (await cluster.client().list<T>(resource, { namespace: 'default' })).items
  const readiness = async (name: string): Promise<string | undefined> => {
    const node = await cluster.client().get<Node>('nodes', undefined, name)
    return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  }

  it('runs a day of hourly Jobs, deletes finished ones in time, and moves pods off a node that fails', async () => {
    const client = cluster.client()
    const container = { name: 'c', image: 'busybox', command: ['true'] }
    const template = { spec: { restartPolicy: 'Never', containers: [container] } }
    await client.create('cronjobs.batch', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'hourly', namespace: 'default' },
      spec: { schedule: '0 * * * *', successfulJobsHistoryLimit: 30, jobTemplate: { spec: { template } } },
    } as AnyObject)
    await step(24 * 3600 + 60)
    const hours = (await list('jobs.batch')).map(({ metadata }) => metadata.creationTimestamp)
    expect(hours.toSorted()).to.deep.equal(
      Array.from(
        { length: 24 },
        (_, hour) => new Date(Date.UTC(2026, 0, 1, hour + 1)).toISOString().slice(0, 19) + 'Z',
      ),
    )
    expect((await list<Pod>('pods')).map(({ status }) => status?.phase)).to.deep.equal(
      Array.from({ length: 24 }, () => 'Succeeded'),
    )
    await client.patch('cronjobs.batch', 'default', 'hourly', 'application/merge-patch+json', {
      spec: { suspend: true },
    })

    await client.create('jobs.batch', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'passing', namespace: 'default' },
      spec: { ttlSecondsAfterFinished: 100, template },
    } as AnyObject)
    const passing = async () => (await list('jobs.batch')).some(({ metadata }) => metadata.name === 'passing')
    await step(99)
    expect(await passing()).to.equal(true)
    await step(10)
    expect(await passing()).to.equal(false)

    await client.create('deployments.apps', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
      },
    } as AnyObject)
    await step(1)
    const places = async (): Promise<string[]> =>
      (await list<Pod>('pods'))
        .filter(({ metadata, status }) => metadata.labels?.['app'] === 'web' && status?.phase === 'Running')
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ spec }) => spec?.nodeName ?? '')
        .toSorted()
    expect(await places()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
    await cluster.failNode('kubeling-node-1')
    await step(39)
    expect(await readiness('kubeling-node-1')).to.equal('True')
    await step(21)
    expect([await readiness('kubeling-node-1'), await readiness('kubeling-node-2')]).to.deep.equal(['Unknown', 'True'])
    await step(270)
    expect(await places()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
    await step(60)
    expect(await places()).to.deep.equal(['kubeling-node-2', 'kubeling-node-2'])
    cluster.recoverNode('kubeling-node-1')
    await step(11)
    expect(await readiness('kubeling-node-1')).to.equal('True')
    const pods = (await list<Pod>('pods')).filter(({ metadata }) => metadata.labels?.['app'] === 'web')
    expect(pods).to.have.length(2)
  })
})
