// GET on a collection: order, pages, revisions, selectors; and GET of one object at a revision.
import { expect } from 'chai'
import { encodeContinue } from './continue-token.ts'
import { decodeContinue } from './continue-token.ts'
import { configMap, namespace, namesOf, pod, refusal, refused, TestApi } from './testing.ts'

describe('list', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  async function fill(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      await api.create(
        'configmaps',
        configMap(`c${at}`, {}, { labels: { i: String(at), parity: at % 2 === 0 ? 'even' : 'odd' } }),
      )
    }
  }

  it('is in the order of namespaces, then names, at the revision of now', async () => {
    await api.create('namespaces', namespace('a'))
    for (const name of ['y', 'x']) {
      await api.create('configmaps', configMap(name))
      await api.create('configmaps', configMap(name, {}, { namespace: 'a' }))
    }
    const listed = await api.list('configmaps', '', '')
    const keys = listed.entries.map(({ object }) => `${object.metadata!.namespace}/${object.metadata!.name}`)
    expect(keys).to.deep.equal(['a/x', 'a/y', 'default/x', 'default/y'])
    expect(listed.metadata).to.deep.equal({ resourceVersion: String(api.revision) })
  })

  it('of a namespace that is not there is empty', async () => {
    await fill(1)
    expect(await api.names('configmaps', '', 'nowhere')).to.deep.equal([])
  })

  it('does not take a namespace for one whose name goes on', async () => {
    await api.create('namespaces', namespace('default-2'))
    await api.create('configmaps', configMap('other', {}, { namespace: 'default-2' }))
    await fill(1)
    expect(await api.names('configmaps')).to.deep.equal(['c0'])
  })

  describe('in pages', () => {
    it('says how many are left, and where to go on', async () => {
      await fill(5)
      const first = await api.list('configmaps', 'limit=2')
      expect(namesOf(first)).to.deep.equal(['c0', 'c1'])
      expect(first.metadata.remainingItemCount).to.equal(3)
      const second = await api.list('configmaps', `limit=2&continue=${first.metadata.continue}`)
      expect(namesOf(second)).to.deep.equal(['c2', 'c3'])
      expect(second.metadata.remainingItemCount).to.equal(1)
      const third = await api.list('configmaps', `limit=2&continue=${second.metadata.continue}`)
      expect(namesOf(third)).to.deep.equal(['c4'])
      expect(third.metadata).to.deep.equal({ resourceVersion: first.metadata.resourceVersion })
    })

    it('ends without a token when a page is just full', async () => {
      await fill(2)
      expect((await api.list('configmaps', 'limit=2')).metadata).to.not.have.property('continue')
    })

    it('is a picture of one revision, while objects come, change and go', async () => {
      await fill(20)
      const seen: { name: string; value: string }[] = []
      let token = ''
      for (let page = 0; ; page++) {
        const { entries, metadata } = await api.list('configmaps', `limit=3&continue=${token}`)
        for (const { object } of entries)
          seen.push({ name: object.metadata!.name!, value: JSON.stringify(object['data'] ?? {}) })
        if (metadata.continue === undefined) break
        token = metadata.continue
        const next = namesOf(await api.list('configmaps', `limit=2&continue=${token}`))
        await api.create('configmaps', configMap(`c1-new-${page}`))
        await api.patch('configmaps', next[0]!, { data: { k: 'changed' } }).catch(() => undefined)
        if (next[1] !== undefined) await api.delete('configmaps', next[1]).catch(() => undefined)
      }
      const expected = Array.from({ length: 20 }, (_, at) => `c${at}`).sort()
      expect(seen).to.deep.equal(expected.map((name) => ({ name, value: '{}' })))
    })

    it('counts what matches a selector, and does not say how many are left', async () => {
      await fill(5)
      const first = await api.list('configmaps', 'limit=1&labelSelector=parity=even')
      expect(namesOf(first)).to.deep.equal(['c0'])
      expect(first.metadata).to.not.have.property('remainingItemCount')
      expect(
        await api.names('configmaps', `labelSelector=parity=even&continue=${first.metadata.continue}`),
      ).to.deep.equal(['c2', 'c4'])
    })

    it('goes on after a full page as long as anything follows, though it may not match', async () => {
      await fill(4)
      const full = await api.list('configmaps', 'labelSelector=i%3D2&limit=1')
      expect(namesOf(full)).to.deep.equal(['c2'])
      const rest = await api.list('configmaps', `labelSelector=i%3D2&limit=1&continue=${full.metadata.continue}`)
      expect(namesOf(rest)).to.deep.equal([])
      expect((await api.list('configmaps', 'labelSelector=i%3D3&limit=1')).metadata.continue).to.equal(undefined)
    })

    it('finds pods of a node page by page', async () => {
      for (let at = 0; at < 6; at++) await api.create('pods', pod(`p${at}`, at % 2 === 0 ? { nodeName: 'n' } : {}))
      const first = await api.list('pods', 'limit=2&fieldSelector=spec.nodeName=n')
      expect(namesOf(first)).to.deep.equal(['p0', 'p2'])
      expect(
        await api.names('pods', `fieldSelector=spec.nodeName=n&continue=${first.metadata.continue}`),
      ).to.deep.equal(['p4'])
    })

    it('is not cut where any revision will do', async () => {
      await fill(3)
      expect(await api.names('configmaps', 'limit=1&resourceVersion=0')).to.have.length(3)
    })

    it('answers an expired token with 410, and one that goes on from there', async () => {
      await fill(4)
      const { metadata } = await api.list('configmaps', 'limit=2')
      await api.create('configmaps', configMap('c2-new'))
      await api.store.compact(api.revision)
      const expired = await refusal(api.list('configmaps', `limit=2&continue=${metadata.continue}`))
      expect(expired).to.include({ code: 410, reason: 'Expired' })
      expect(expired.message).to.match(
        /^The provided continue parameter is too old to display a consistent list result\. /,
      )
      const fresh = expired.metadata.continue!
      expect(decodeContinue(fresh)).to.deep.equal({ after: 'c1', revision: undefined })
      const rest = await api.list('configmaps', `limit=2&continue=${fresh}`)
      expect(namesOf(rest)).to.deep.equal(['c2', 'c2-new'])
      expect(await api.names('configmaps', `limit=2&continue=${rest.metadata.continue}`)).to.deep.equal(['c3'])
    })

    const bad: [name: string, query: string, why: string][] = [
      ['a limit that is no number', 'limit=abc', '400 BadRequest: strconv.ParseInt: parsing "abc": invalid syntax'],
      [
        'a token that is none',
        'continue=garbage',
        "400 BadRequest: invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value",
      ],
      [
        'a token of another version',
        'continue=eyJ2IjoiIn0',
        '400 BadRequest: invalid continue token: continue key is not valid: server does not recognize this encoded version ',
      ],
      [
        'a revision beside the token',
        `resourceVersion=5&continue=${encodeContinue({ after: 'a', revision: 1 })}`,
        '400 BadRequest: specifying resource version is not allowed when using continue',
      ],
    ]
    for (const [name, query, why] of bad) {
      it(`refuses ${name}`, async () => {
        expect(await refused(api.list('configmaps', query))).to.equal(why)
      })
    }

    it('takes a negative limit for none', async () => {
      await fill(3)
      expect(await api.names('configmaps', 'limit=-1')).to.have.length(3)
    })
  })

  describe('at a revision', () => {
    let revision: number

    beforeEach(async () => {
      await fill(2)
      revision = api.revision
      await api.create('configmaps', configMap('later'))
    })

    const cases: { query: string; names: string[] }[] = [
      { query: 'resourceVersion=<revision>&resourceVersionMatch=Exact', names: ['c0', 'c1'] },
      { query: 'resourceVersion=<revision>&limit=5', names: ['c0', 'c1'] },
      { query: 'resourceVersion=<revision>&resourceVersionMatch=NotOlderThan', names: ['c0', 'c1', 'later'] },
      { query: 'resourceVersion=<revision>', names: ['c0', 'c1', 'later'] },
      { query: 'resourceVersion=0', names: ['c0', 'c1', 'later'] },
    ]
    for (const { query, names } of cases) {
      it(`${query} shows ${names.join(', ')}`, async () => {
        expect(await api.names('configmaps', query.replace('<revision>', String(revision)))).to.deep.equal(names)
      })
    }

    it('that is compacted is refused where it must be exact', async () => {
      await api.store.compact(api.revision)
      expect(await refused(api.list('configmaps', `resourceVersion=${revision}&resourceVersionMatch=Exact`))).to.match(
        /^410 Expired: The resourceVersion for the provided list is too old\./,
      )
      expect(await api.names('configmaps', `resourceVersion=${revision}`)).to.have.length(3)
    })

    for (const match of ['Exact', 'NotOlderThan']) {
      it(`that is not there yet is refused, ${match}`, async () => {
        const status = await refusal(api.list('configmaps', `resourceVersion=999999&resourceVersionMatch=${match}`))
        expect(status).to.include({
          code: 504,
          reason: 'Timeout',
          message: `Timeout: Too large resource version: 999999, current: ${api.revision}`,
        })
        expect(status.details?.retryAfterSeconds).to.equal(1)
      })
    }

    it('shows one object as of now, but not before the revision asked for', async () => {
      await api.get('configmaps', 'c0', { query: 'resourceVersion=0' })
      await api.get('configmaps', 'c0', { query: `resourceVersion=${api.revision}` })
      expect((await refusal(api.get('configmaps', 'c0', { query: 'resourceVersion=999999' }))).code).to.equal(504)
      expect(await refused(api.get('configmaps', 'c0', { query: 'resourceVersion=zz' }))).to.equal(
        '500 : resourceVersion: Invalid value: "zz": strconv.ParseUint: parsing "zz": invalid syntax',
      )
    })
  })

  describe('with selectors', () => {
    const labels: [selector: string, names: string[]][] = [
      ['parity=odd', ['c1', 'c3']],
      ['parity!=odd', ['c0', 'c2', 'c4']],
      ['i in (1,3)', ['c1', 'c3']],
      ['i notin (1,3)', ['c0', 'c2', 'c4']],
      ['parity', ['c0', 'c1', 'c2', 'c3', 'c4']],
      ['!parity', []],
      ['parity,i=2', ['c2']],
      ['i>2', ['c3', 'c4']],
      ['i<2', ['c0', 'c1']],
      ['a in ()', []],
    ]
    for (const [selector, names] of labels) {
      it(`labelSelector=${selector} shows ${names.length === 0 ? 'nothing' : names.join(', ')}`, async () => {
        await fill(5)
        expect(await api.names('configmaps', `labelSelector=${encodeURIComponent(selector)}`)).to.deep.equal(names)
      })
    }

    const fields: [selector: string, names: string[]][] = [
      ['metadata.name=p1', ['p1']],
      ['metadata.name!=p1', ['p2']],
      ['metadata.namespace=default', ['p1', 'p2']],
      ['spec.nodeName=n', ['p1']],
      ['spec.nodeName=', ['p2']],
      ['spec.nodeName=n,metadata.name=p2', []],
      ['spec.restartPolicy=Never', ['p1']],
      ['spec.hostNetwork=false', ['p1', 'p2']],
      ['status.phase=Pending', ['p1', 'p2']],
      ['metadata.name=p1,metadata.name=p2', []],
    ]
    for (const [selector, names] of fields) {
      it(`fieldSelector=${selector} shows ${names.length === 0 ? 'nothing' : names.join(', ')}`, async () => {
        await api.create('pods', pod('p1', { nodeName: 'n', restartPolicy: 'Never' }))
        await api.create('pods', pod('p2'))
        expect(await api.names('pods', `fieldSelector=${encodeURIComponent(selector)}`)).to.deep.equal(names)
      })
    }

    it('follows a pod from one value to another', async () => {
      await api.create('pods', pod('p'))
      const query = 'fieldSelector=spec.nodeName=n'
      expect(await api.names('pods', query)).to.deep.equal([])
      await api.update('pods', { ...(await api.get<ReturnType<typeof pod>>('pods', 'p')) })
      await api.create('pods', pod('q', { nodeName: 'n' }))
      expect(await api.names('pods', query)).to.deep.equal(['q'])
      await api.delete('pods', 'q', { gracePeriodSeconds: 0 })
      expect(await api.names('pods', query)).to.deep.equal([])
    })

    const bad: [resource: string, query: string, why: string][] = [
      ['configmaps', 'labelSelector=%3Dx', "found '=', expected: !, identifier, or 'end of string'"],
      ['configmaps', 'labelSelector=a+in+b', "unable to parse requirement: found 'b' expected: '('"],
      [
        'configmaps',
        'labelSelector=a+b',
        "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
      ],
      ['configmaps', 'labelSelector=a%3Dbad+value!', "found 'value', expected: ',' or 'end of string'"],
      [
        'configmaps',
        'fieldSelector=metadata.name',
        "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
      ],
      [
        'configmaps',
        'fieldSelector=data.x%3D1',
        '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
      ],
      ['pods', 'fieldSelector=spec.containers%3Dx', 'field label not supported: spec.containers'],
      ['jobs.batch', 'fieldSelector=status.failed%3D1', 'field label "status.failed" not supported for Job'],
    ]
    for (const [resource, query, why] of bad) {
      it(`refuses ${decodeURIComponent(query)} of ${resource}`, async () => {
        expect(await refused(api.list(resource, query))).to.equal(`400 BadRequest: ${why}`)
      })
    }
  })
})
