// DELETE: what goes at once, what is held back by finalizers and grace periods, propagation, collections.
import { expect } from 'chai'
import { formatTime } from '../apimachinery/clock.ts'
import type { Pod } from '../api/core.ts'
import { configMap, pod, refusal, refused, TestApi } from './testing.ts'

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
}

describe('delete', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  it('answers with a Status that names what is gone', async () => {
    const { metadata } = await api.create('configmaps', configMap('a'))
    expect(await api.delete('configmaps', 'a')).to.deep.equal({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: metadata.uid },
    })
    expect(await refused(api.delete('configmaps', 'a'))).to.equal('404 NotFound: configmaps "a" not found')
  })

  it('shows the last state to watchers, with the revision of the deletion', async () => {
    await api.create('configmaps', configMap('a', { k: 'v' }))
    const watching = await api.watch('configmaps', `resourceVersion=${api.revision}`)
    await api.delete('configmaps', 'a')
    const [event] = watching.events
    if (event?.type !== 'DELETED') throw new Error(`the event is ${event?.type}`)
    expect(event.entry.object['data']).to.deep.equal({ k: 'v' })
    expect(event.entry.object.metadata).to.include({ resourceVersion: String(api.revision) })
  })

  it('lets one of many deletions find it', async () => {
    await api.create('configmaps', configMap('a'))
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => api.delete('configmaps', 'a')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
  })

  it('leaves nothing of a dry run', async () => {
    const created = await api.create('configmaps', configMap('a'))
    const held = await api.create('configmaps', configMap('b', {}, { finalizers: ['a.b/c'] }))
    const before = api.revision
    expect(await api.delete('configmaps', 'a', { dryRun: ['All'] })).to.include({ status: 'Success' })
    expect((await api.delete('configmaps', 'b', undefined, { query: 'dryRun=All' })).metadata).to.have.property(
      'deletionTimestamp',
    )
    expect(await api.get('configmaps', 'a')).to.deep.equal(created)
    expect(await api.get('configmaps', 'b')).to.deep.equal(held)
    expect(api.revision).to.equal(before)
  })

  const conflicts: { name: string; preconditions: object; why: string }[] = [
    {
      name: 'another uid',
      preconditions: { uid: 'wrong' },
      why: 'the UID in the precondition (wrong) does not match the UID in record (<uid>). The object might have been deleted and then recreated',
    },
    {
      name: 'another resourceVersion',
      preconditions: { resourceVersion: '1' },
      why: 'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (<version>). The object might have been modified',
    },
  ]
  for (const { name, preconditions, why } of conflicts) {
    it(`refuses preconditions of ${name}`, async () => {
      const { uid, resourceVersion } = (await api.create('configmaps', configMap('a'))).metadata
      const expected = why.replace('<uid>', uid).replace('<version>', resourceVersion)
      expect(await refused(api.delete('configmaps', 'a', { preconditions }))).to.equal(
        `409 Conflict: Operation cannot be fulfilled on ConfigMap "a": ${expected}`,
      )
      await api.delete('configmaps', 'a', { preconditions: { uid, resourceVersion } })
    })
  }

  const badOptions: { name: string; options?: object; query?: string; why: string }[] = [
    {
      name: 'a propagation policy that is none',
      options: { propagationPolicy: 'Bogus' },
      why: '422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Bogus": supported values: "Foreground", "Background", "Orphan", "nil"',
    },
    {
      name: 'two ways to orphan',
      options: { orphanDependents: true, propagationPolicy: 'Orphan' },
      why: '422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    },
    {
      name: 'another kind in the body',
      options: { kind: 'Pod', apiVersion: 'v1' },
      why: '400 BadRequest: no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    },
    {
      name: 'a grace period that is no number',
      query: 'gracePeriodSeconds=abc',
      why: '400 BadRequest: strconv.ParseInt: parsing "abc": invalid syntax',
    },
  ]
  for (const { name, options, query = '', why } of badOptions) {
    it(`refuses ${name}`, async () => {
      await api.create('configmaps', configMap('a'))
      expect(await refused(api.delete('configmaps', 'a', options as undefined, { query }))).to.equal(why)
      expect(await api.names('configmaps')).to.deep.equal(['a'])
    })
  }

  describe('with finalizers', () => {
    beforeEach(async () => {
      await api.create('configmaps', configMap('a', {}, { finalizers: ['a.b/c'] }))
    })

    it('marks the object, once', async () => {
      const now = formatTime(api.clock.now())
      const marked = await api.delete('configmaps', 'a')
      expect(marked.metadata).to.include({ deletionTimestamp: now, deletionGracePeriodSeconds: 0 })
      api.clock.step(60_000)
      const revision = api.revision
      expect(await api.delete('configmaps', 'a')).to.deep.equal(marked)
      expect(api.revision).to.equal(revision)
    })

    it('keeps the object writable, but takes no new finalizers', async () => {
      await api.delete('configmaps', 'a')
      await api.patch('configmaps', 'a', { data: { k: 'v' } })
      expect(await refused(api.patch('configmaps', 'a', { metadata: { finalizers: ['a.b/c', 'a.b/d'] } }))).to.contain(
        'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/d"}',
      )
    })

    it('lets nobody take the deletion back', async () => {
      const marked = await api.delete('configmaps', 'a')
      const { deletionTimestamp: _time, deletionGracePeriodSeconds: _grace, ...metadata } = marked.metadata!
      const updated = await api.update('configmaps', { ...marked, metadata })
      expect(updated.metadata).to.include({ deletionTimestamp: marked.metadata!.deletionTimestamp })
    })

    it('ends the object with the last of them; watchers see the state before', async () => {
      const marked = await api.delete('configmaps', 'a')
      const watching = await api.watch('configmaps', `resourceVersion=${api.revision}`)
      const answer = await api.patch('configmaps', 'a', { metadata: { finalizers: [] } })
      expect(answer.metadata).to.not.have.property('finalizers')
      expect(answer.metadata.resourceVersion).to.equal(marked.metadata!.resourceVersion)
      expect(await api.names('configmaps')).to.deep.equal([])
      const [event] = watching.events
      if (event?.type !== 'DELETED') throw new Error(`the event is ${event?.type}`)
      expect(watching.events).to.have.length(1)
      expect(event.entry.object.metadata).to.deep.include({
        finalizers: ['a.b/c'],
        resourceVersion: String(api.revision),
      })
    })
  })

  describe('of a pod', () => {
    it('without a node removes it at once', async () => {
      await api.create('pods', pod('p'))
      const answer = await api.delete('pods', 'p')
      expect(answer).to.have.property('kind', 'Pod')
      expect(answer.metadata).to.include({ deletionGracePeriodSeconds: 0, generation: 2 })
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('with a node waits for its grace period, which only becomes shorter', async () => {
      await api.create('pods', pod('p', { nodeName: 'n' }))
      const start = api.clock.now()
      const grace = async (options?: object): Promise<[number, string, number]> => {
        const { metadata } = await api.delete('pods', 'p', options as undefined)
        return [metadata!.deletionGracePeriodSeconds!, metadata!.deletionTimestamp!, metadata!.generation!]
      }
      expect(await grace()).to.deep.equal([30, formatTime(start + 30_000), 2])
      api.clock.step(2000)
      expect(await grace()).to.deep.equal([30, formatTime(start + 30_000), 2])
      expect(await grace({ gracePeriodSeconds: 5 })).to.deep.equal([5, formatTime(start + 5000), 2])
      expect(await grace({ gracePeriodSeconds: 60 })).to.deep.equal([5, formatTime(start + 5000), 2])
      expect(await api.names('pods')).to.deep.equal(['p'])
      expect((await grace({ gracePeriodSeconds: 0 }))[0]).to.equal(0)
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('that has ended removes it at once', async () => {
      await api.create('pods', pod('p', { nodeName: 'n' }))
      await api.patch('pods', 'p', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
      await api.delete('pods', 'p')
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('goes at once in the version it was asked for in, though marked before', async () => {
      const { resourceVersion } = (await api.create('pods', pod('p', { nodeName: 'n' }))).metadata!
      await api.delete('pods', 'p', { gracePeriodSeconds: 0, preconditions: { resourceVersion } })
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('goes once, if two ask at the same time, and not one made after it', async () => {
      await api.create('pods', pod('p', { nodeName: 'n' }))
      const once = () => api.delete('pods', 'p', { gracePeriodSeconds: 0 })
      const [, second] = await Promise.all([once().then(() => api.create('pods', pod('p'))), refused(once())])
      expect(second).to.equal('404 NotFound: pods "p" not found')
      expect(await api.names('pods')).to.deep.equal(['p'])
    })

    it('takes its own grace period as the default', async () => {
      await api.create('pods', pod('p', { nodeName: 'n', terminationGracePeriodSeconds: 7 }))
      expect((await api.delete('pods', 'p')).metadata).to.include({ deletionGracePeriodSeconds: 7 })
    })

    it('by force tells watchers MODIFIED, then DELETED', async () => {
      await api.create('pods', pod('p', { nodeName: 'n' }))
      const watching = await api.watch('pods', `resourceVersion=${api.revision}`)
      await api.delete('pods', 'p', { gracePeriodSeconds: 0 })
      expect(watching.take()).to.deep.equal(['MODIFIED p', 'DELETED p'])
    })

    it('waits for finalizers after the grace period', async () => {
      await api.create('pods', pod('p', { nodeName: 'n' }, { finalizers: ['a.b/c'] }))
      await api.delete('pods', 'p', { gracePeriodSeconds: 0 })
      expect(await api.names('pods')).to.deep.equal(['p'])
      await api.patch('pods', 'p', { metadata: { finalizers: null } })
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('holds its name until it is gone', async () => {
      await api.create<Pod>('pods', pod('p', { nodeName: 'n' }))
      await api.delete('pods', 'p')
      expect(await refused(api.create('pods', pod('p')))).to.equal(
        '409 AlreadyExists: object is being deleted: pods "p" already exists',
      )
    })
  })

  describe('with a propagation policy', () => {
    const policies: { name: string; options: object | undefined; resource?: string; finalizers: string[] }[] = [
      { name: 'Foreground', options: { propagationPolicy: 'Foreground' }, finalizers: ['foregroundDeletion'] },
      { name: 'Orphan', options: { propagationPolicy: 'Orphan' }, finalizers: ['orphan'] },
      { name: 'orphanDependents', options: { orphanDependents: true }, finalizers: ['orphan'] },
      { name: 'Background', options: { propagationPolicy: 'Background' }, finalizers: [] },
      { name: 'none', options: undefined, finalizers: [] },
      { name: 'none, of a job', options: undefined, resource: 'jobs.batch', finalizers: ['orphan'] },
      {
        name: 'Background, of a job',
        options: { propagationPolicy: 'Background' },
        resource: 'jobs.batch',
        finalizers: [],
      },
    ]
    for (const { name, options, resource = 'deployments.apps', finalizers } of policies) {
      it(`${name} leaves ${finalizers.length === 0 ? 'nothing' : finalizers.join()}`, async () => {
        const selector = resource === 'jobs.batch' ? {} : { selector: { matchLabels: { app: 'a' } } }
        const spec = resource === 'jobs.batch' ? template.spec : { ...template.spec, restartPolicy: 'Always' }
        await api.create(resource, { metadata: { name: 'o' }, spec: { ...selector, template: { ...template, spec } } })
        const answer = await api.delete(resource, 'o', options as undefined)
        if (finalizers.length === 0) {
          expect(answer).to.include({ kind: 'Status', status: 'Success' })
          expect(await api.names(resource)).to.deep.equal([])
        } else {
          expect(answer.metadata).to.deep.include({ finalizers, generation: 2 })
          expect((await api.get(resource, 'o')).metadata.deletionTimestamp).to.be.a('string')
        }
      })
    }

    it('replaces the policy of an earlier deletion, and leaves finalizers of others', async () => {
      await api.create('configmaps', configMap('a', {}, { finalizers: ['a.b/c'] }))
      await api.delete('configmaps', 'a', { propagationPolicy: 'Foreground' })
      expect((await api.delete('configmaps', 'a')).metadata?.finalizers).to.deep.equal(['a.b/c', 'foregroundDeletion'])
      expect((await api.delete('configmaps', 'a', { propagationPolicy: 'Orphan' })).metadata?.finalizers).to.deep.equal(
        ['a.b/c', 'orphan'],
      )
      expect(
        (await api.delete('configmaps', 'a', { propagationPolicy: 'Background' })).metadata?.finalizers,
      ).to.deep.equal(['a.b/c'])
    })

    it('says that a job orphans its pods, unless told', async () => {
      for (const name of ['j', 'k']) await api.create('jobs.batch', { metadata: { name }, spec: { template } })
      await api.delete('jobs.batch', 'j')
      await api.delete('jobs.batch', 'k', { propagationPolicy: 'Orphan' })
      expect(api.warnings).to.deep.equal([
        'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
      ])
    })
  })

  describe('of a collection', () => {
    beforeEach(async () => {
      for (const at of [0, 1, 2, 3])
        await api.create('configmaps', configMap(`c${at}`, {}, { labels: { parity: at % 2 === 0 ? 'even' : 'odd' } }))
    })

    it('answers with what it deleted', async () => {
      expect(await api.deleteCollection('configmaps')).to.deep.equal(['c0', 'c1', 'c2', 'c3'])
      expect(await api.names('configmaps')).to.deep.equal([])
    })

    it('keeps to a selector', async () => {
      await api.deleteCollection('configmaps', undefined, { query: 'labelSelector=parity=odd' })
      expect(await api.names('configmaps')).to.deep.equal(['c0', 'c2'])
    })

    it('deletes nothing for a selector that cannot be read', async () => {
      const { code } = await refusal(api.deleteCollection('configmaps', undefined, { query: 'fieldSelector=data.x=1' }))
      expect(code).to.equal(400)
      expect(await api.names('configmaps')).to.have.length(4)
    })

    it('leaves nothing of a dry run', async () => {
      expect(await api.deleteCollection('configmaps', { dryRun: ['All'] })).to.have.length(4)
      expect(await api.names('configmaps')).to.have.length(4)
    })
  })
})
