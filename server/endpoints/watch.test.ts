// GET with watch=true: where it begins, bookmarks, selector transitions, how it ends.
import { expect } from 'chai'
import { configMap, namespace, pod, refused, settled, TestApi } from './testing.ts'

const minute = 60_000

describe('watch', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
    await api.create('configmaps', configMap('a'))
    await api.create('configmaps', configMap('b'))
  })

  afterEach(() => api.store.close())

  describe('begins', () => {
    const beginnings: { name: string; query: string; events: string[] }[] = [
      { name: 'with the state, without a revision', query: '', events: ['ADDED a', 'ADDED b'] },
      { name: 'with the state, from revision 0', query: 'resourceVersion=0', events: ['ADDED a', 'ADDED b'] },
      {
        name: 'with the state and a bookmark, without a revision',
        query: 'allowWatchBookmarks=true',
        events: ['ADDED a', 'ADDED b', 'BOOKMARK <now> initial-events-end'],
      },
      {
        name: 'with the state and a bookmark, from revision 0',
        query: 'resourceVersion=0&allowWatchBookmarks=true',
        events: ['ADDED a', 'ADDED b', 'BOOKMARK <now> initial-events-end'],
      },
      {
        name: 'with nothing, from revision 0 where initial events are not wanted',
        query: 'resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
        events: [],
      },
      { name: 'with nothing, from the revision of now', query: 'resourceVersion=<now>', events: [] },
      {
        name: 'with nothing, from the revision of now with bookmarks',
        query: 'resourceVersion=<now>&allowWatchBookmarks=true',
        events: [],
      },
      { name: 'with what came after a revision', query: 'resourceVersion=<first>', events: ['ADDED b'] },
      {
        name: 'with the state and a bookmark, where initial events are asked for',
        query: 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
        events: ['ADDED a', 'ADDED b', 'BOOKMARK <now> initial-events-end'],
      },
      {
        name: 'with the state and a bookmark, where initial events are asked for at a revision',
        query:
          'resourceVersion=<first>&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
        events: ['ADDED a', 'ADDED b', 'BOOKMARK <now> initial-events-end'],
      },
      {
        name: 'with nothing, where initial events are not wanted',
        query: 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan',
        events: [],
      },
      { name: 'with what a selector matches', query: 'fieldSelector=metadata.name=b', events: ['ADDED b'] },
    ]
    for (const { name, query, events } of beginnings) {
      it(name, async () => {
        const marks = (text: string) =>
          text.replace('<now>', String(api.revision)).replace('<first>', String(api.revision - 1))
        const watching = await api.watch('configmaps', marks(query))
        expect(watching.take()).to.deep.equal(events.map(marks))
        await api.create('configmaps', configMap('b2'))
        expect(watching.take()).to.deep.equal(query.startsWith('fieldSelector') ? [] : ['ADDED b2'])
      })
    }

    it('in the future with silence', async () => {
      const watching = await api.watch('configmaps', 'resourceVersion=999999')
      await api.patch('configmaps', 'a', { data: { k: 'v' } })
      expect(watching.take()).to.deep.equal([])
      expect(watching.isOver).to.equal(false)
    })

    it('with an error in the stream, where the revision is compacted', async () => {
      const old = api.revision - 1
      await api.store.compact(api.revision)
      await api.create('configmaps', configMap('c'))
      const watching = await api.watch('configmaps', `resourceVersion=${old}`)
      expect(watching.take()).to.deep.equal([`ERROR 410 too old resource version: ${old} (${api.revision - 1})`])
      expect(watching.isOver).to.equal(true)
    })

    it('at a revision below the events kept in memory', async () => {
      await api.watch('configmaps', 'resourceVersion=0')
      const first = api.revision
      for (let at = 0; at < 1100; at++) await api.patch('configmaps', 'a', { data: { k: String(at) } })
      const watching = await api.watch('configmaps', `resourceVersion=${first}`)
      expect(watching.take()).to.have.length(1100)
    })
  })

  const bad: [query: string, why: string][] = [
    ['labelSelector=%3D%3D', "400 BadRequest: found '==', expected: !, identifier, or 'end of string'"],
    [
      'fieldSelector=bogus%3D1',
      '400 BadRequest: "bogus" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['timeoutSeconds=abc', '400 BadRequest: strconv.ParseInt: parsing "abc": invalid syntax'],
    [
      'resourceVersion=abc',
      '500 : resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'sendInitialEvents=true',
      '422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=1',
      '422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ]
  for (const [query, why] of bad) {
    it(`refuses ${decodeURIComponent(query)}`, async () => {
      expect(await refused(api.watch('configmaps', query))).to.equal(why)
    })
  }

  it('shows creations, changes and deletions in order, and nothing of other namespaces', async () => {
    await api.create('namespaces', namespace('other'))
    const watching = await api.watch('configmaps', `resourceVersion=${api.revision}`)
    const everywhere = await api.watch('configmaps', `resourceVersion=${api.revision}`, '')
    await api.create('configmaps', configMap('c'))
    await api.create('configmaps', configMap('x', {}, { namespace: 'other' }))
    await api.patch('configmaps', 'c', { data: { k: 'v' } })
    await api.delete('configmaps', 'c')
    expect(watching.take()).to.deep.equal(['ADDED c', 'MODIFIED c', 'DELETED c'])
    expect(everywhere.take()).to.deep.equal(['ADDED c', 'ADDED x', 'MODIFIED c', 'DELETED c'])
  })

  it('has every write, once and in order, that comes while it begins', async () => {
    const writes = Array.from({ length: 50 }, (_, at) => api.patch('configmaps', 'b', { data: { k: String(at) } }))
    const watching = await api.watch('configmaps', 'fieldSelector=metadata.name=b')
    await Promise.all(writes)
    const revisions = watching.events.map((event) =>
      event.type === 'MODIFIED' || event.type === 'ADDED' ? event.entry.revision : 0,
    )
    expect(revisions).to.deep.equal([...new Set(revisions)].sort((a, b) => a - b))
    expect(revisions.at(-1)).to.equal(api.revision)
    expect(revisions).to.have.length(api.revision - revisions[0]! + 1)
  })

  it('says nothing after it was stopped', async () => {
    const watching = await api.watch('configmaps', '')
    watching.take()
    watching.stop()
    await api.create('configmaps', configMap('c'))
    api.clock.step(24 * 60 * minute)
    expect(watching.take()).to.deep.equal([])
    expect(watching.isOver).to.equal(false)
    expect(api.clock.pendingTimers).to.equal(0)
  })

  describe('with a selector', () => {
    it('shows entering as ADDED and leaving as DELETED, with the state it knew', async () => {
      const watching = await api.watch('configmaps', 'labelSelector=x=1')
      const label = (x: string | null, k: string) =>
        api.patch('configmaps', 'a', { metadata: { labels: { x } }, data: { k } })
      await label('1', 'first')
      await label('2', 'second')
      const left = api.revision
      await label('1', 'third')
      await label('1', 'fourth')
      await api.delete('configmaps', 'a')
      const shown = watching.events.map(
        (event) =>
          'entry' in event && [event.type, event.entry.object['data'], event.entry.object.metadata!.resourceVersion],
      )
      const last = api.revision
      expect(shown).to.deep.equal([
        ['ADDED', { k: 'first' }, String(left - 1)],
        ['DELETED', { k: 'first' }, String(left)],
        ['ADDED', { k: 'third' }, String(left + 1)],
        ['MODIFIED', { k: 'fourth' }, String(left + 2)],
        ['DELETED', { k: 'fourth' }, String(last)],
      ])
    })

    it('on a field follows pods to their node', async () => {
      const ofNode = await api.watch('pods', 'fieldSelector=spec.nodeName=n')
      const waiting = await api.watch('pods', 'fieldSelector=spec.nodeName=')
      await api.create('pods', pod('p'))
      const pods = api.resources.byName('pods')!.store!
      const context = { user: api.user, now: api.clock.now(), namespace: 'default', dryRun: false, warn: () => {} }
      const bound = (object: object) => ({ ...structuredClone(object), spec: { ...pod('p').spec!, nodeName: 'n' } })
      await pods.update(context, 'p', (current) => bound(current!.object), { subresource: 'binding' })
      expect(ofNode.take()).to.deep.equal(['ADDED p'])
      expect(waiting.take()).to.deep.equal(['ADDED p', 'DELETED p'])
    })

    it('sees transitions in history, too', async () => {
      await api.patch('configmaps', 'a', { metadata: { labels: { x: '1' } } })
      const revision = api.revision
      await api.patch('configmaps', 'a', { metadata: { labels: { x: '2' } } })
      await api.patch('configmaps', 'b', { metadata: { labels: { x: '1' } } })
      const watching = await api.watch('configmaps', `labelSelector=x=1&resourceVersion=${revision}`)
      expect(watching.take()).to.deep.equal(['DELETED a', 'ADDED b'])
    })
  })

  describe('with bookmarks', () => {
    it('has one each minute, of the newest revision, once there is a newer one than it began with', async () => {
      const watching = await api.watch('configmaps', `resourceVersion=${api.revision}&allowWatchBookmarks=true`)
      api.clock.step(minute)
      expect(watching.take()).to.deep.equal([])
      await api.create('namespaces', namespace('elsewhere'))
      api.clock.step(minute)
      expect(watching.take()).to.deep.equal([`BOOKMARK ${api.revision}`])
    })

    it('has one shortly before the timeout, then ends', async () => {
      const watching = await api.watch(
        'configmaps',
        `resourceVersion=${api.revision}&allowWatchBookmarks=true&timeoutSeconds=10`,
      )
      await api.create('namespaces', namespace('elsewhere'))
      api.clock.step(9_000)
      expect(watching.take()).to.deep.equal([`BOOKMARK ${api.revision}`])
      expect(watching.isOver).to.equal(false)
      api.clock.step(1_000)
      expect(watching.take()).to.deep.equal([])
      expect(watching.isOver).to.equal(true)
    })

    it('has none unless it asks', async () => {
      const watching = await api.watch('configmaps', `resourceVersion=${api.revision}&timeoutSeconds=600`)
      api.clock.step(599_000)
      expect(watching.take()).to.deep.equal([])
    })
  })

  describe('ends', () => {
    it('after a timeout that leaves no time for a last bookmark', async () => {
      const watching = await api.watch('configmaps', 'timeoutSeconds=1&allowWatchBookmarks=true')
      api.clock.step(1000)
      expect(watching.isOver).to.equal(true)
      expect(api.clock.pendingTimers).to.equal(0)
    })

    it('with an error, where the state is asked for at a revision to come', async () => {
      const future = api.revision + 100
      const query = `resourceVersion=${future}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`
      const watching = await api.watch('configmaps', query)
      expect(watching.take()).to.deep.equal([
        `ERROR 504 Timeout: Too large resource version: ${future}, current: ${api.revision}`,
      ])
      expect(watching.isOver).to.equal(true)
    })

    it('after timeoutSeconds', async () => {
      const watching = await api.watch('configmaps', 'timeoutSeconds=5')
      api.clock.step(4_999)
      expect(watching.isOver).to.equal(false)
      api.clock.step(1)
      expect(watching.isOver).to.equal(true)
      expect(api.clock.pendingTimers).to.equal(0)
    })

    it('after half an hour to an hour, if nothing is said', async () => {
      const watching = await api.watch('configmaps', '')
      api.clock.step(30 * minute - 1)
      expect(watching.isOver).to.equal(false)
      api.clock.step(30 * minute + 1)
      expect(watching.isOver).to.equal(true)
    })

    it('with the store', async () => {
      const watching = await api.watch('configmaps', '')
      await api.store.close()
      await settled()
      expect(watching.isOver).to.equal(true)
    })
  })
})
