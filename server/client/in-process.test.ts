// The client of the same process: every verb, with admission and validation, and objects that are shared.
import { expect } from 'chai'
import type { StatusError } from '../apimachinery/errors.ts'
import type { Pod } from '../api/core.ts'
import { configMap, pod, refused, settled, TestApi, type ConfigMap } from '../endpoints/testing.ts'
import { InProcessClient } from './in-process.ts'

describe('InProcessClient', () => {
  let api: TestApi
  let client: InProcessClient

  beforeEach(async () => {
    api = await TestApi.start()
    client = new InProcessClient(api, { name: 'u', groups: [] }, 'agent')
  })

  afterEach(() => api.store.close())

  const inDefault = (name: string, data: Record<string, string> = {}): ConfigMap =>
    configMap(name, data, { namespace: 'default' })

  it('creates, reads, changes and deletes', async () => {
    const created = await client.create('configmaps', inDefault('a', { k: '1' }))
    expect(await client.get('configmaps', 'default', 'a')).to.equal(created)
    const updated = await client.update<ConfigMap>('configmaps', inDefault('a', { k: '2' }))
    expect(updated.data).to.deep.equal({ k: '2' })
    const patched = await client.patch<ConfigMap>('configmaps', 'default', 'a', 'application/merge-patch+json', {
      data: { l: '3' },
    })
    expect(patched.data).to.deep.equal({ k: '2', l: '3' })
    await client.delete('configmaps', 'default', 'a')
    expect(await refused(client.get('configmaps', 'default', 'a'))).to.equal('404 NotFound: configmaps "a" not found')
  })

  it('hands out one frozen object, and takes nothing of the caller’s', async () => {
    const mine = inDefault('a', { k: '1' })
    const created = await client.create('configmaps', mine)
    expect(() => ((created as ConfigMap).data!['k'] = '2')).to.throw(TypeError)
    mine.data!['k'] = '3'
    expect((await client.get<ConfigMap>('configmaps', 'default', 'a')).data).to.deep.equal({ k: '1' })
    expect(Object.isFrozen(mine)).to.equal(false)
  })

  it('writes under its own name', async () => {
    const { metadata } = await client.create('configmaps', inDefault('a', { k: '1' }))
    expect(metadata.managedFields?.map(({ manager }) => manager)).to.deep.equal(['agent'])
    const named = await client.update('configmaps', inDefault('a', { k: '2' }), { fieldManager: 'other' })
    expect(named.metadata.managedFields?.map(({ manager }) => manager)).to.include('other')
  })

  it('is validated and admitted like everyone', async () => {
    expect(await refused(client.create('configmaps', inDefault('A_')))).to.match(/^422 Invalid/)
    expect(await refused(client.create('configmaps', configMap('a', {}, { namespace: 'nowhere' })))).to.equal(
      '404 NotFound: namespaces "nowhere" not found',
    )
  })

  it('lists in one namespace or all, with selectors', async () => {
    await client.create('namespaces', { metadata: { name: 'n' } })
    await client.create('configmaps', {
      ...inDefault('a'),
      metadata: { name: 'a', namespace: 'default', labels: { l: '1' } },
    })
    await client.create('configmaps', configMap('b', {}, { namespace: 'n' }))
    const names = async (options?: Parameters<typeof client.list>[1]) =>
      (await client.list('configmaps', options)).items.map(({ metadata }) => metadata.name)
    expect(await names()).to.deep.equal(['a', 'b'])
    expect(await names({ namespace: 'n' })).to.deep.equal(['b'])
    expect(await names({ labelSelector: 'l=1' })).to.deep.equal(['a'])
    expect(await names({ fieldSelector: 'metadata.name=b' })).to.deep.equal(['b'])
    expect((await client.list('configmaps')).resourceVersion).to.equal(String(api.revision))
  })

  it('watches: the state, then changes with what was there before', async () => {
    await client.create('configmaps', inDefault('a', { k: '1' }))
    const seen: string[] = []
    const handle = await client.watch<ConfigMap>(
      'configmaps',
      {},
      (events) => {
        for (const { type, object, old } of events)
          seen.push(`${type} ${object.metadata.name} ${old?.data?.['k'] ?? '-'} ${object.data?.['k'] ?? '-'}`)
      },
      () => seen.push('closed'),
    )
    await settled()
    await client.update('configmaps', inDefault('a', { k: '2' }))
    await client.delete('configmaps', 'default', 'a')
    handle.close()
    await client.create('configmaps', inDefault('b'))
    expect(seen).to.deep.equal(['ADDED a - 1', 'MODIFIED a 1 2', 'DELETED a 2 2'])
  })

  it('tells once why a watch is over', async () => {
    await client.create('configmaps', inDefault('a'))
    await client.create('configmaps', inDefault('b'))
    await api.store.compact(api.revision)
    const errors: (Error | undefined)[] = []
    await client.watch(
      'configmaps',
      { resourceVersion: '1' },
      () => {},
      (error) => errors.push(error),
    )
    await settled()
    expect(errors).to.have.length(1)
    expect((errors[0] as StatusError).code).to.equal(410)
  })

  it('reaches subresources', async () => {
    await client.create('pods', pod('p', {}, { namespace: 'default' }))
    await client.create(
      'pods',
      { metadata: { name: 'p', namespace: 'default' }, target: { kind: 'Node', name: 'n' } } as Pod,
      { subresource: 'binding' },
    )
    const bound = await client.get<Pod>('pods', 'default', 'p')
    expect(bound.spec?.nodeName).to.equal('n')
    const running = await client.update(
      'pods',
      { ...(bound as Pod), status: { phase: 'Running' } },
      { subresource: 'status' },
    )
    expect((running as Pod).status?.phase).to.equal('Running')
    await client.create('pods', { metadata: { name: 'p', namespace: 'default' } }, { subresource: 'eviction' })
    expect((await client.get('pods', 'default', 'p')).metadata.deletionTimestamp).to.be.a('string')
    await client.delete('pods', 'default', 'p', { gracePeriodSeconds: 0 })
    expect((await client.list('pods')).items).to.deep.equal([])
  })

  it('knows the resources that can be listed, each in one version', async () => {
    const names = (await client.resources()).map(({ resource }) => resource)
    expect(names).to.include.members(['pods', 'deployments.apps', 'horizontalpodautoscalers.autoscaling'])
    expect(names).to.not.include('subjectaccessreviews.authorization.k8s.io')
    expect(new Set(names).size).to.equal(names.length)
  })

  it('does not know what is not served', async () => {
    expect(await refused(client.get('widgets', 'default', 'a'))).to.match(/^404 NotFound/)
  })
})
