// What differs from run to run is hidden, and nothing else: order, equality and form stay to be compared.
import { expect } from 'chai'
import type { Answer } from './case-file.ts'
import { differences } from './compare.ts'
import { normalise, type RawAnswer } from './normalise.ts'

const namespace = 'z123456789'
const now = Date.UTC(2026, 5, 1)
const first = '1f0e7c1a-0000-4000-8000-000000000001'
const second = '2f0e7c1a-0000-4000-8000-000000000002'

function normalised(...answers: readonly (Answer | RawAnswer)[]): Answer[] {
  return normalise(
    answers.map((one) => ('answer' in one ? one : { answer: one })),
    namespace,
    now,
  )
}

function bodies(...values: readonly unknown[]): unknown[] {
  return normalised(...values.map((body) => ({ body }))).map(({ body }) => body)
}

const object = (resourceVersion: string, uid = first): unknown => ({ metadata: { resourceVersion, uid } })

describe('normalise', () => {
  it('ranks resource versions over all answers of a case', () => {
    expect(bodies(object('70'), object('9'), object('70'))).to.deep.equal([
      { metadata: { resourceVersion: '{rv:2}', uid: '{uid:1}' } },
      { metadata: { resourceVersion: '{rv:1}', uid: '{uid:1}' } },
      { metadata: { resourceVersion: '{rv:2}', uid: '{uid:1}' } },
    ])
  })

  it('keeps a resource version that stands for none or any', () => {
    expect(bodies(object(''), object('0'))).to.deep.equal([
      { metadata: { resourceVersion: '', uid: '{uid:1}' } },
      { metadata: { resourceVersion: '0', uid: '{uid:1}' } },
    ])
  })

  it('numbers uids by first appearance in the order of field names, and keeps those that were made by hand', () => {
    expect(bodies({ b: first, a: `${second}/x`, c: second, d: '00000000-0000-0000-0000-000000000001' })).to.deep.equal([
      { a: '{uid:1}/x', b: '{uid:2}', c: '{uid:1}', d: '00000000-0000-0000-0000-000000000001' },
    ])
  })

  it('tells the resource version and the token of a list from those of its objects', () => {
    const list = {
      kind: 'PodList',
      metadata: { resourceVersion: '99', continue: 'abc' },
      items: [object('5'), object('4', second)],
    }
    expect(bodies(list)).to.deep.equal([
      {
        kind: 'PodList',
        metadata: { resourceVersion: '{lrv}', continue: '{continue}' },
        items: [
          { metadata: { resourceVersion: '{rv:2}', uid: '{uid:1}' } },
          { metadata: { resourceVersion: '{rv:1}', uid: '{uid:2}' } },
        ],
      },
    ])
  })

  it('hides recent times with their precision, and keeps others', () => {
    expect(
      bodies({
        a: '2026-06-01T00:00:01Z',
        b: '2026-05-31T23:00:00.123456Z',
        c: '2026-06-09T00:00:00Z',
        d: '2026-06-01T25:61:00Z',
        e: 'at 2026-06-01T02:00:00+02:00.',
      }),
    ).to.deep.equal([
      { a: '{time}', b: '{time.6}', c: '2026-06-09T00:00:00Z', d: '2026-06-01T25:61:00Z', e: 'at {time}.' },
    ])
  })

  it('hides generated names wherever they are cited, and says if one is not of the usual form', () => {
    const generated = (name: string): RawAnswer => ({
      answer: { body: { metadata: { generateName: 'a-', name } } },
      generated: { prefix: 'a-', name },
    })
    const answers = normalised(generated('a-bcdf2'), generated('a-BCDF2'), { body: { message: 'pod "a-bcdf2"' } })
    expect(answers.map(({ body }) => body)).to.deep.equal([
      { metadata: { generateName: 'a-', name: 'a-{gen1}' } },
      { metadata: { generateName: 'a-', name: 'a-{badgen2}' } },
      { message: 'pod "a-{gen1}"' },
    ])
  })

  it('hides the namespace in names of fields and in headers too', () => {
    const answer = { headers: { location: `/x/${namespace}` }, body: { [`${namespace}.example.com`]: namespace } }
    expect(normalised(answer)).to.deep.equal([
      { headers: { location: '/x/{ns}' }, body: { '{ns}.example.com': '{ns}' } },
    ])
  })

  it('hides cluster IPs and node ports, in texts as well, but no other addresses and numbers', () => {
    const service = { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ nodePort: 31000, port: 31000 }] }
    expect(
      bodies(service, { message: '10.0.0.7, 10.0.0.70, 31000, 32000' }, { clusterIP: 'None', nodePort: 80 }),
    ).to.deep.equal([
      { clusterIP: '{ip:1}', clusterIPs: ['{ip:1}'], ports: [{ nodePort: '{nodePort:1}', port: 31000 }] },
      { message: '{ip:1}, 10.0.0.70, {nodePort:1}, 32000' },
      { clusterIP: 'None', nodePort: 80 },
    ])
  })

  it('hides the age in a table', () => {
    expect(bodies({ cells: ['a', '12s', '3d4h', '<invalid>', '12 s', 7] })).to.deep.equal([
      { cells: ['a', '{age}', '{age}', '{age}', '12 s', 7] },
    ])
  })

  it('orders managed fields, and the causes of a conflict, but of nothing else', () => {
    const entries = [
      { manager: 'b', operation: 'Update' },
      { manager: 'a', operation: 'Update' },
      { manager: 'c', operation: 'Apply' },
    ]
    expect(bodies({ managedFields: entries })).to.deep.equal([{ managedFields: [entries[2], entries[1], entries[0]] }])
    const causes = [{ field: 'b' }, { field: 'a' }]
    const status = (reason: string): unknown => ({ kind: 'Status', reason, details: { causes } })
    expect(bodies(status('Conflict'), status('Invalid'))).to.deep.equal([
      { kind: 'Status', reason: 'Conflict', details: { causes: [causes[1], causes[0]] } },
      { kind: 'Status', reason: 'Invalid', details: { causes } },
    ])
  })

  it('hides resource versions in the messages that are known to tell one', () => {
    expect(
      bodies([
        'too old resource version: 3 (9)',
        'Too large resource version: 99, current: 9',
        'ResourceVersion in precondition: 3, ResourceVersion in object meta: 9',
        'took 3 (9) seconds',
      ]),
    ).to.deep.equal([
      [
        'too old resource version: {rv} ({rv})',
        'Too large resource version: {rv}, current: {rv}',
        'ResourceVersion in precondition: {rv}, ResourceVersion in object meta: {rv}',
        'took 3 (9) seconds',
      ],
    ])
  })

  it('knows picked places by their last segment', () => {
    expect(bodies({ '/metadata/resourceVersion': '5', '/spec/clusterIP': '10.0.0.7' })).to.deep.equal([
      { '/metadata/resourceVersion': '{rv:1}', '/spec/clusterIP': '{ip:1}' },
    ])
  })

  it('ranks the events of a watch with the rest, but not bookmarks', () => {
    const events = [
      { type: 'ADDED', object: object('5') },
      { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '7' } } },
    ]
    expect(normalised({ body: object('9') }, { events })).to.deep.equal([
      { body: { metadata: { resourceVersion: '{rv:2}', uid: '{uid:1}' } } },
      {
        events: [
          { type: 'ADDED', object: { metadata: { resourceVersion: '{rv:1}', uid: '{uid:1}' } } },
          { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '{lrv}' } } },
        ],
      },
    ])
  })

  describe('leaves to be found', () => {
    const recorded = [object('5'), object('6'), object('6', second)]
    const planted: { name: string; got: unknown[] }[] = [
      {
        name: 'a resource version that stays where it should rise',
        got: [object('5'), object('5'), object('6', second)],
      },
      { name: 'a resource version that falls', got: [object('7'), object('6'), object('6', second)] },
      {
        name: 'a resource version that rises where it should stay',
        got: [object('5'), object('6'), object('7', second)],
      },
      { name: 'a uid that changes', got: [object('5'), object('6', second), object('6', second)] },
      { name: 'a uid that should have changed', got: [object('5'), object('6'), object('6')] },
      { name: 'a resource version that is none', got: [object('5'), object('6'), object('', second)] },
      { name: 'a uid that is none', got: [object('5'), object('6'), object('6', 'second')] },
    ]
    const answers = (values: readonly unknown[]): Answer[] => normalised(...values.map((body) => ({ body })))

    it('nothing between two runs that differ by chance', () => {
      const again = [object('105', second), object('117', second), object('117', first)]
      expect(differences(answers(recorded), answers(again))).to.deep.equal([])
    })
    for (const { name, got } of planted) {
      it(name, () => {
        expect(differences(answers(recorded), answers(got))).to.not.deep.equal([])
      })
    }
  })
})
