// POST on a collection.
import { expect } from 'chai'
import { formatTime } from '../apimachinery/clock.ts'
import type { Pod } from '../api/core.ts'
import { configMap, namespace, pod, refused, TestApi } from './testing.ts'

describe('create', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  it('sets what the server decides, and answers with what a get shows', async () => {
    const created = await api.create('configmaps', configMap('a', { k: 'v' }))
    const { uid, creationTimestamp, resourceVersion, namespace: inNamespace } = created.metadata
    expect(uid).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(creationTimestamp).to.equal(formatTime(api.clock.now()))
    expect(resourceVersion).to.equal(String(api.revision))
    expect(inNamespace).to.equal('default')
    expect(await api.get('configmaps', 'a')).to.deep.equal(created)
  })

  it('takes nothing from the client that is the server’s', async () => {
    const created = await api.create('pods', {
      ...pod('a'),
      metadata: {
        name: 'a',
        uid: 'mine',
        creationTimestamp: '2001-01-01T00:00:00Z',
        deletionTimestamp: '2001-01-01T00:00:00Z',
        selfLink: '/x',
        generation: 7,
      },
      status: { phase: 'Running' },
    })
    expect(created.metadata).to.include({ creationTimestamp: formatTime(api.clock.now()), generation: 1 })
    expect(created.metadata.uid).to.not.equal('mine')
    expect(created.metadata).to.not.have.any.keys('deletionTimestamp', 'selfLink')
    expect((created as Pod).status?.phase).to.equal('Pending')
  })

  it('draws names from generateName', async () => {
    const one = { kind: 'ConfigMap', metadata: { generateName: 'gen-' } }
    const created = await Promise.all(Array.from({ length: 50 }, () => api.create('configmaps', one)))
    const names = new Set(created.map(({ metadata }) => metadata.name))
    expect(names.size).to.equal(50)
    for (const name of names) expect(name).to.match(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  it('prefers the name that is given', async () => {
    const created = await api.create('configmaps', { metadata: { generateName: 'gen-', name: 'fixed' } })
    expect(created.metadata).to.include({ name: 'fixed', generateName: 'gen-' })
  })

  const bad: { name: string; object: object; resource?: string; query?: string; why: string }[] = [
    {
      name: 'without a name',
      object: { metadata: {} },
      why: '422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    },
    {
      name: 'with the name of another',
      object: configMap('taken'),
      why: '409 AlreadyExists: configmaps "taken" already exists',
    },
    {
      name: 'with the name of one that is on its way out',
      object: configMap('leaving'),
      why: '409 AlreadyExists: object is being deleted: configmaps "leaving" already exists',
    },
    {
      name: 'in another namespace than the path says',
      object: configMap('a', {}, { namespace: 'other' }),
      query: '',
      why: '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'with a resourceVersion',
      object: configMap('a', {}, { resourceVersion: '1' }),
      why: '500 : resourceVersion should not be set on objects to be created',
    },
    {
      name: 'of another kind',
      object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } },
      why: '400 BadRequest: Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    },
    {
      name: 'in a namespace that is not there',
      object: configMap('a', {}, { namespace: 'nowhere' }),
      why: '404 NotFound: namespaces "nowhere" not found',
    },
  ]

  for (const { name, object, query, why } of bad) {
    it(`refuses an object ${name}`, async () => {
      await api.create('configmaps', configMap('taken'))
      await api.create('configmaps', configMap('leaving', {}, { finalizers: ['a.b/c'] }))
      await api.delete('configmaps', 'leaving')
      const before = api.revision
      const place = query === undefined ? {} : { namespace: 'default' }
      expect(await refused(api.create('configmaps', object, place))).to.equal(why)
      expect(api.revision).to.equal(before)
    })
  }

  it('lets one of many creators of a name win', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, (_, at) => api.create('configmaps', configMap('a', { by: String(at) }))),
    )
    const won = outcomes.filter((one) => one.status === 'fulfilled')
    expect(won).to.have.length(1)
    expect(await api.get('configmaps', 'a')).to.deep.equal(won[0]!.value)
  })

  it('keeps the namespace out of cluster-scoped objects', async () => {
    const created = await api.create('namespaces', namespace('n'))
    expect(created.metadata).to.not.have.property('namespace')
  })

  describe('with dryRun=All', () => {
    it('answers as if, and leaves nothing', async () => {
      const before = api.revision
      const created = await api.create('pods', pod('a'), { query: 'dryRun=All' })
      expect(created.metadata).to.include.keys('uid', 'creationTimestamp')
      expect(created.metadata).to.not.have.property('resourceVersion')
      expect((created as Pod).spec?.terminationGracePeriodSeconds).to.equal(30)
      expect(api.revision).to.equal(before)
      expect(await refused(api.get('pods', 'a'))).to.equal('404 NotFound: pods "a" not found')
    })

    it('refuses what would be refused', async () => {
      await api.create('configmaps', configMap('a'))
      expect(await refused(api.create('configmaps', configMap('a'), { query: 'dryRun=All' }))).to.match(
        /^409 AlreadyExists/,
      )
      expect(await refused(api.create('configmaps', configMap('A_'), { query: 'dryRun=All' }))).to.match(/^422 Invalid/)
    })
  })

  describe('of an unknown field', () => {
    const object = { ...configMap('a'), extra: 1 }

    it('warns, and drops it', async () => {
      expect(await api.create('configmaps', object)).to.not.have.property('extra')
      expect(api.warnings).to.deep.equal(['unknown field "extra"'])
    })

    it('refuses it with fieldValidation=Strict', async () => {
      expect(await refused(api.create('configmaps', object, { query: 'fieldValidation=Strict' }))).to.equal(
        '400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
      )
    })

    it('says nothing with fieldValidation=Ignore', async () => {
      await api.create('configmaps', object, { query: 'fieldValidation=Ignore' })
      expect(api.warnings).to.deep.equal([])
    })
  })
})
