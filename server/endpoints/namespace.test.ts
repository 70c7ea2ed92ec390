// The life of a namespace: it ends when it is finalized, and takes no content from then on.
import { expect } from 'chai'
import type { Namespace } from '../api/core.ts'
import { configMap, namespace, refusal, refused, TestApi } from './testing.ts'

describe('a namespace', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
    await api.create('namespaces', namespace('n'))
    await api.create('configmaps', configMap('a', {}, { namespace: 'n' }))
  })

  afterEach(() => api.store.close())

  it('has its name as a label, a finalizer in its spec, and is active', async () => {
    const { metadata, spec, status } = await api.get<Namespace>('namespaces', 'n')
    expect(metadata.labels).to.deep.equal({ 'kubernetes.io/metadata.name': 'n' })
    expect(spec?.finalizers).to.deep.equal(['kubernetes'])
    expect(status?.phase).to.equal('Active')
  })

  it('is terminating from the first deletion on; the second changes nothing', async () => {
    const first = await api.delete('namespaces', 'n')
    expect(first['status']).to.deep.include({ phase: 'Terminating' })
    expect(first.metadata).to.have.property('deletionTimestamp')
    expect(await api.delete('namespaces', 'n')).to.deep.equal(first)
  })

  it('takes no content while it is terminating, but changes of what is there', async () => {
    await api.delete('namespaces', 'n')
    const status = await refusal(api.create('configmaps', configMap('b', {}, { namespace: 'n' })))
    expect(status.message).to.equal(
      'configmaps "b" is forbidden: unable to create new content in namespace n because it is being terminated',
    )
    expect(status.details?.causes).to.deep.equal([
      { reason: 'NamespaceTerminating', message: 'namespace n is being terminated', field: 'metadata.namespace' },
    ])
    await api.patch('configmaps', 'a', { data: { k: 'v' } }, { namespace: 'n' })
  })

  it('is gone with the last finalizer of its spec, through finalize alone', async () => {
    const terminating = await api.delete('namespaces', 'n')
    const done = { ...terminating, spec: { finalizers: [] } }
    await api.update('namespaces', done)
    expect(await api.names('namespaces')).to.include('n')
    await api.update('namespaces', done, { subresource: 'finalize' })
    expect(await api.names('namespaces')).to.not.include('n')
  })

  it('waits for the finalizers of its metadata too', async () => {
    await api.patch('namespaces', 'n', { metadata: { finalizers: ['a.b/c'] } })
    const terminating = await api.delete('namespaces', 'n')
    await api.update('namespaces', { ...terminating, spec: { finalizers: [] } }, { subresource: 'finalize' })
    expect(await api.names('namespaces')).to.include('n')
    await api.patch('namespaces', 'n', { metadata: { finalizers: null } })
    expect(await api.names('namespaces')).to.not.include('n')
  })

  it('of the system cannot be deleted', async () => {
    expect(await refused(api.delete('namespaces', 'default'))).to.equal(
      '403 Forbidden: namespaces "default" is forbidden: this namespace may not be deleted',
    )
  })

  it('keeps its objects apart from those of others', async () => {
    await api.create('configmaps', configMap('a', { k: 'default' }))
    await api.delete('configmaps', 'a', undefined, { namespace: 'n' })
    expect(await api.names('configmaps', '', '')).to.deep.equal(['a'])
    expect((await api.get('configmaps', 'a')).metadata.namespace).to.equal('default')
  })
})
