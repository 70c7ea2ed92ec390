// Each way of looking at a part of an answer only.
import { expect } from 'chai'
import type { Reduction } from './case-file.ts'
import { headerView, reduce } from './reduce.ts'

const body = {
  kind: 'PodList',
  items: [
    { metadata: { name: 'b', uid: '1' }, spec: { x: 1 } },
    { metadata: { name: 'a', uid: '2' }, spec: { x: 2 } },
  ],
}
const items = (...names: string[]): unknown[] => names.map((name) => ({ metadata: { name } }))

describe('reduce', () => {
  const cases: { name: string; step: Reduction; gives: unknown }[] = [
    { name: 'nothing', step: {}, gives: body },
    {
      name: 'to picked places, null where there is none',
      step: { pick: ['/kind', '/items/1/spec/x', '/no'] },
      gives: { '/kind': 'PodList', '/items/1/spec/x': 2, '/no': null },
    },
    {
      name: 'by dropped places',
      step: { drop: ['/items/*/spec', '/items/*/metadata/uid', '/kind'] },
      gives: { items: items('b', 'a') },
    },
    { name: 'by dropped entries', step: { drop: ['/items/*'] }, gives: { kind: 'PodList', items: [] } },
    {
      name: 'by masked places',
      step: { mask: { '/items/*/metadata/uid': 'some' }, drop: ['/items/*/spec', '/kind'] },
      gives: { items: [{ metadata: { name: 'b', uid: '{some}' } }, { metadata: { name: 'a', uid: '{some}' } }] },
    },
    {
      name: 'to entries that match',
      step: {
        filter: { '/items': { key: 'metadata/name', keep: '^a$' } },
        pick: ['/items/0/metadata/uid', '/items/1'],
      },
      gives: { '/items/0/metadata/uid': '2', '/items/1': null },
    },
    {
      name: 'by entries that match',
      step: {
        filter: { '/items': { key: 'metadata/name', drop: '^a$' } },
        pick: ['/items/0/metadata/uid', '/items/1'],
      },
      gives: { '/items/0/metadata/uid': '1', '/items/1': null },
    },
    {
      name: 'to an order',
      step: { sort: { '/items': 'metadata/name' }, pick: ['/items/0/metadata/uid'] },
      gives: { '/items/0/metadata/uid': '2' },
    },
    {
      name: 'to names of fields',
      step: { keysOf: ['', '/items/0/metadata', '/kind'] },
      gives: { '': ['items', 'kind'], '/items/0/metadata': ['name', 'uid'], '/kind': null },
    },
  ]
  for (const { name, step, gives } of cases) {
    it(name, () => {
      expect(reduce({ status: 200, body }, step)).to.deep.equal({ status: 200, body: gives })
    })
  }

  it('to matching lines of a text, in order', () => {
    const text = { $text: 'b_total 1\na_total 2\nb 3\n' }
    expect(reduce({ body: text }, { grep: '^[ab]_total' })).to.deep.equal({ body: { $lines: ['a_total', 'b_total'] } })
  })

  it('by whole parts', () => {
    expect(reduce({ status: 200, headers: {}, body }, { ignore: ['body', 'headers'] })).to.deep.equal({ status: 200 })
  })

  it('leaves what it is given as it is', () => {
    const before = structuredClone(body)
    reduce({ body }, { drop: ['/items/*'], mask: { '/kind': 'x' } })
    expect(body).to.deep.equal(before)
  })
})

describe('headerView', () => {
  it('keeps what is compared: the values of some, the presence of others', () => {
    expect(
      headerView({ 'content-type': ['text/plain'], warning: ['a', 'b'], 'audit-id': ['1'], date: ['now'] }),
    ).to.deep.equal({ 'content-type': 'text/plain', warning: ['a', 'b'], 'audit-id': 'present' })
  })
})
