// PUT: optimistic concurrency, no-op writes, what clients may not write, subresources.
import { expect } from 'chai'
import type { Deployment } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import { configMap, pod, refused, TestApi, type ConfigMap } from './testing.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }

function deployment(replicas: number): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas, selector: { matchLabels: { app: 'a' } }, template },
  }
}

describe('update', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  it('replaces the object, and keeps what is the server’s', async () => {
    const { metadata } = await api.create('configmaps', configMap('a', { k: '1', gone: 'x' }, { labels: { l: '1' } }))
    api.clock.step(60_000)
    const updated = await api.update('configmaps', configMap('a', { k: '2' }))
    expect(updated.data).to.deep.equal({ k: '2' })
    expect(updated.metadata).to.not.have.property('labels')
    expect(updated.metadata).to.include({
      uid: metadata.uid,
      creationTimestamp: metadata.creationTimestamp,
      resourceVersion: String(api.revision),
    })
  })

  it('changes no resourceVersion, and tells no watcher, when nothing changes', async () => {
    const created = await api.create('configmaps', configMap('a', { k: '1' }))
    const watching = await api.watch('configmaps', `resourceVersion=${api.revision}`)
    const updated = await api.update('configmaps', created)
    expect(updated.metadata.resourceVersion).to.equal(created.metadata.resourceVersion)
    expect(String(api.revision)).to.equal(created.metadata.resourceVersion)
    expect(watching.take()).to.deep.equal([])
  })

  it('refuses a resourceVersion that is not the current one', async () => {
    const created = await api.create('configmaps', configMap('a', { k: '1' }))
    await api.update('configmaps', { ...created, data: { k: '2' } })
    expect(await refused(api.update('configmaps', { ...created, data: { k: '3' } }))).to.equal(
      '409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    )
    expect((await api.get<ConfigMap>('configmaps', 'a')).data).to.deep.equal({ k: '2' })
  })

  it('lets one of many that read the same version win', async () => {
    const created = await api.create('configmaps', configMap('a'))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 32 }, (_, at) => api.update('configmaps', { ...created, data: { by: String(at) } })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
  })

  it('loses nothing when 32 clients read, change and write again after a conflict', async () => {
    await api.create('configmaps', configMap('a', { count: '0' }))
    const increment = async (): Promise<void> => {
      for (;;) {
        const read = await api.get<ConfigMap>('configmaps', 'a')
        const next = { ...read, data: { count: String(Number(read.data!['count']) + 1) } }
        try {
          await api.update('configmaps', next)
          return
        } catch {
          // A conflict: read again.
        }
      }
    }
    await Promise.all(Array.from({ length: 32 }, increment))
    expect((await api.get<ConfigMap>('configmaps', 'a')).data).to.deep.equal({ count: '32' })
  })

  const bad: { name: string; object: object; resource?: string; why: string; target?: { namespace: string } }[] = [
    { name: 'of one that is not there', object: configMap('b'), why: '404 NotFound: configmaps "b" not found' },
    {
      name: 'of another uid',
      object: configMap('a', {}, { uid: 'other' }),
      why: '409 Conflict: Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: <uid>',
    },
    {
      name: 'that names another namespace',
      object: configMap('a', {}, { namespace: 'other' }),
      target: { namespace: 'default' },
      why: '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'without a resourceVersion, of a kind that wants one',
      resource: 'leases.coordination.k8s.io',
      object: { metadata: { name: 'l' }, spec: { holderIdentity: 'x' } },
      why: '422 Invalid: leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    },
  ]

  for (const { name, object, resource = 'configmaps', target = {}, why } of bad) {
    it(`refuses an update ${name}`, async () => {
      const { metadata } = await api.create('configmaps', configMap('a'))
      await api.create('leases.coordination.k8s.io', { metadata: { name: 'l' } })
      expect(await refused(api.update(resource, object, target))).to.equal(why.replace('<uid>', metadata.uid))
    })
  }

  it('refuses an object whose name is not that of the path', async () => {
    await api.create('configmaps', configMap('a'))
    expect(await refused(api.update('configmaps', configMap('b'), { name: 'a' }))).to.equal(
      '400 BadRequest: the name of the object (b) does not match the name on the URL (a)',
    )
    expect(await refused(api.update('configmaps', { metadata: {} }, { name: 'a' }))).to.equal(
      '400 BadRequest: the name of the object (a based on URL) was undeterminable: name must be provided',
    )
  })

  it('creates what is not there, of a kind that allows it', async () => {
    const created = await api.update('leases.coordination.k8s.io', {
      metadata: { name: 'l' },
      spec: { holderIdentity: 'x' },
    })
    expect(created.metadata.resourceVersion).to.equal(String(api.revision))
    expect(await api.names('leases.coordination.k8s.io')).to.deep.equal(['l'])
  })

  it('leaves nothing of a dry run', async () => {
    const created = await api.create('configmaps', configMap('a', { k: '1' }))
    const updated = await api.update('configmaps', { ...created, data: { k: '2' } }, { query: 'dryRun=All' })
    expect(updated.data).to.deep.equal({ k: '2' })
    expect(updated.metadata.resourceVersion).to.equal(created.metadata.resourceVersion)
    expect(await api.get('configmaps', 'a')).to.deep.equal(created)
  })

  it('takes metadata and status apart', async () => {
    const created = await api.create('deployments.apps', deployment(1))
    const main = await api.update('deployments.apps', {
      ...created,
      spec: { ...created.spec!, replicas: 2 },
      status: { replicas: 9 },
    })
    expect(main.spec?.replicas).to.equal(2)
    expect(main.status?.replicas ?? 0).to.equal(0)
    const status = await api.update(
      'deployments.apps',
      { ...main, spec: { ...main.spec!, replicas: 7 }, status: { replicas: 2 } },
      { subresource: 'status' },
    )
    expect(status.spec?.replicas).to.equal(2)
    expect(status.status?.replicas).to.equal(2)
  })

  it('counts changes of the spec, and of nothing else, as generations', async () => {
    const created = await api.create('deployments.apps', deployment(1))
    const generations = [created.metadata.generation]
    const write = async (change: object, subresource = ''): Promise<void> => {
      const current = await api.get<Deployment>('deployments.apps', 'd')
      const next = {
        ...current,
        ...change,
        metadata: { ...current.metadata, ...('metadata' in change ? (change.metadata as object) : {}) },
      }
      generations.push((await api.update('deployments.apps', next, { subresource })).metadata.generation)
    }
    await write({ metadata: { labels: { a: 'b' } } })
    await write({ status: { replicas: 1 } }, 'status')
    await write({ spec: { ...created.spec, replicas: 2 } })
    await write({ metadata: { generation: 77 } })
    expect(generations).to.deep.equal([1, 1, 1, 2, 2])
  })

  it('refuses a change of what is immutable', async () => {
    const created = await api.create<Pod>('pods', pod('a'))
    const moved = { ...created, spec: { ...created.spec!, nodeName: 'n' } }
    expect(await refused(api.update('pods', moved))).to.match(
      /^422 Invalid: Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than/,
    )
  })
})
