// PATCH: computed on the newest state, so that nothing is lost; types, dry runs, status, what it refuses.
import { expect } from 'chai'
import type { Deployment } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import { configMap, pod, refused, TestApi, type ConfigMap } from './testing.ts'

describe('patch', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
    await api.create('configmaps', configMap('a', { k: '1' }))
  })

  afterEach(() => api.store.close())

  it('loses nothing of 64 patches at once', async () => {
    const before = api.revision
    await Promise.all(
      Array.from({ length: 64 }, (_, at) => api.patch('configmaps', 'a', { data: { [`k${at}`]: String(at) } })),
    )
    const { data } = await api.get<ConfigMap>('configmaps', 'a')
    expect(Object.keys(data!)).to.have.length(65)
    expect(api.revision).to.equal(before + 64)
  })

  it('loses nothing of 64 JSON patches at once', async () => {
    const add = (at: number) => [{ op: 'add', path: `/data/k${at}`, value: 'v' }]
    await Promise.all(Array.from({ length: 64 }, (_, at) => api.patch('configmaps', 'a', add(at), { type: 'json' })))
    expect(Object.keys((await api.get<ConfigMap>('configmaps', 'a')).data!)).to.have.length(65)
  })

  const types: { name: string; type: string; value: unknown; labels: Record<string, string> | undefined }[] = [
    { name: 'merge', type: 'merge', value: { metadata: { labels: { b: '2', a: null } } }, labels: { b: '2' } },
    {
      name: 'strategic merge',
      type: 'strategic-merge',
      value: { metadata: { labels: { $patch: 'replace', c: '3' } } },
      labels: { c: '3' },
    },
    { name: 'JSON', type: 'json', value: [{ op: 'remove', path: '/metadata/labels/a' }], labels: undefined },
  ]
  for (const { name, type, value, labels } of types) {
    it(`understands a ${name} patch`, async () => {
      await api.patch('configmaps', 'a', { metadata: { labels: { a: '1' } } })
      expect((await api.patch('configmaps', 'a', value, { type })).metadata.labels ?? {}).to.deep.equal(labels ?? {})
    })
  }

  it('merges lists by their keys, in a strategic merge patch', async () => {
    await api.create(
      'pods',
      pod('p', {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:1' },
        ],
      }),
    )
    const patched = await api.patch<Pod>(
      'pods',
      'p',
      { spec: { containers: [{ name: 'b', image: 'b:2' }] } },
      { type: 'strategic-merge' },
    )
    expect(patched.spec!.containers.map(({ image }) => image)).to.deep.equal(['a:1', 'b:2'])
  })

  it('changes no resourceVersion when nothing changes', async () => {
    const before = api.revision
    const patched = await api.patch('configmaps', 'a', { data: { k: '1' } })
    expect(patched.metadata.resourceVersion).to.equal(String(before))
    expect(api.revision).to.equal(before)
  })

  it('conflicts with a resourceVersion that is not the current one', async () => {
    const { metadata } = await api.get('configmaps', 'a')
    const value = { metadata: { resourceVersion: metadata.resourceVersion }, data: { k: '2' } }
    await api.patch('configmaps', 'a', value)
    expect(await refused(api.patch('configmaps', 'a', { ...value, data: { k: '3' } }))).to.match(
      /^409 Conflict: .*the object has been modified/,
    )
  })

  it('writes the status alone, through the status', async () => {
    await api.create('pods', pod('p'))
    const value = { metadata: { labels: { l: '1' } }, spec: { activeDeadlineSeconds: 5 }, status: { phase: 'Running' } }
    const patched = await api.patch<Pod>('pods', 'p', value, { subresource: 'status' })
    expect(patched.status?.phase).to.equal('Running')
    expect(patched.spec).to.not.have.property('activeDeadlineSeconds')
    expect((await api.patch<Pod>('pods', 'p', { status: { phase: 'Failed' } })).status?.phase).to.equal('Running')
  })

  it('leaves nothing of a dry run', async () => {
    const before = await api.get('configmaps', 'a')
    const patched = await api.patch<ConfigMap>('configmaps', 'a', { data: { k: '2' } }, { query: 'dryRun=All' })
    expect(patched.data).to.deep.equal({ k: '2' })
    expect(await api.get('configmaps', 'a')).to.deep.equal(before)
  })

  it('counts generations', async () => {
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await api.create('deployments.apps', {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { app: 'a' } }, template },
    })
    const generation = async (value: object) =>
      (await api.patch<Deployment>('deployments.apps', 'd', value)).metadata.generation
    expect(await generation({ metadata: { labels: { a: 'b' } } })).to.equal(1)
    expect(await generation({ spec: { replicas: 3 } })).to.equal(2)
    expect(await generation({ spec: { replicas: 3 } })).to.equal(2)
  })

  const bad: { name: string; of?: string; type?: string; value: unknown; query?: string; why: string }[] = [
    { name: 'one that is not there', of: 'b', value: {}, why: '404 NotFound: configmaps "b" not found' },
    {
      name: 'the name',
      value: { metadata: { name: 'b' } },
      why: '400 BadRequest: the name of the object (b) does not match the name on the URL (a)',
    },
    {
      name: 'the namespace',
      value: { metadata: { namespace: 'b' } },
      why: '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'with force, which is for apply',
      value: {},
      query: 'force=true',
      why: '422 Invalid: PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    },
    {
      name: 'by a type that is none',
      type: 'nope',
      value: {},
      why: '415 UnsupportedMediaType: 415: Unsupported Media Type',
    },
  ]
  for (const { name, of = 'a', type = 'merge', value, query = '', why } of bad) {
    it(`refuses to patch ${name}`, async () => {
      expect(await refused(api.patch('configmaps', of, value, { type, query }))).to.equal(why)
    })
  }

  it('warns of unknown fields, and drops them', async () => {
    const patched = await api.patch('configmaps', 'a', { extra: 1 })
    expect(patched).to.not.have.property('extra')
    expect(api.warnings).to.deep.equal(['unknown field "extra"'])
  })

  it('removes the last finalizer of an object on its way out, and so the object', async () => {
    await api.create('configmaps', configMap('f', {}, { finalizers: ['a.b/c'] }))
    await api.delete('configmaps', 'f')
    const patched = await api.patch('configmaps', 'f', { metadata: { finalizers: null } })
    expect(patched.metadata.deletionTimestamp).to.be.a('string')
    expect(await api.names('configmaps')).to.deep.equal(['a'])
  })
})
