// The fields of new values: all of them, and the same set for values alike.
import { expect } from 'chai'
import { typeByName } from '../../../openapi/index.ts'
import { textOfSet } from './interned-sets.ts'
import { presentFields } from './present-fields.ts'
import { ListItemError, shapeOf } from './shape.ts'

const podSpec = shapeOf(typeByName('io.k8s.api.core.v1.PodSpec'))
const configMap = shapeOf(typeByName('io.k8s.api.core.v1.ConfigMap'))
const container = (name: string) => ({ name, image: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] })

describe('presentFields', () => {
  it('names every member and item, sorted', () => {
    expect(presentFields(podSpec, { nodeName: 'n', containers: [container('a')] })).to.deep.equal({
      '.': {},
      'f:containers': {
        '.': {},
        'k:{"name":"a"}': {
          '.': {},
          'f:image': {},
          'f:name': {},
          'f:ports': {
            '.': {},
            'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
          },
        },
      },
      'f:nodeName': {},
    })
  })

  it('is the very same set for values with the same members, in whatever order', () => {
    const first = presentFields(podSpec, { nodeName: 'n', containers: [container('a'), container('b')] })
    expect(presentFields(podSpec, { nodeName: 'other', containers: [container('a'), container('b')] })).to.equal(first)
    expect(presentFields(podSpec, { containers: [container('b'), container('a')], nodeName: 'n' })).to.equal(first)
    expect(presentFields(podSpec, { nodeName: 'n', containers: [container('a'), container('c')] })).not.to.equal(first)
    expect(textOfSet(first)).to.equal(JSON.stringify(first))
  })

  it('takes items that cannot be told apart for one field', () => {
    const twice = { containers: [container('a'), container('b'), container('a')] }
    const set = presentFields(podSpec, twice) as unknown as Record<string, Record<string, object>>
    expect(set['f:containers']!['k:{"name":"a"}']).to.deep.equal({})
    expect(Object.keys(set['f:containers']!)).to.deep.equal(['.', 'k:{"name":"a"}', 'k:{"name":"b"}'])
  })

  it('takes as long for each of many members and items as for each of a few', () => {
    const names = Array.from({ length: 50_000 }, (_, at) => `n${at}`)
    const data = presentFields(configMap, { data: Object.fromEntries(names.map((name) => [name, ''])) })
    const items = presentFields(podSpec, { containers: names.map((name) => ({ name })) })
    for (const set of [data, items]) {
      const [members] = Object.values(set as unknown as Record<string, object>).slice(1)
      expect(Object.keys(members!)).to.have.length(50_001)
    }
  }).timeout(10_000)

  it('names members and items of very long names, too', () => {
    const name = 'x'.repeat(1000)
    expect(presentFields(configMap, { data: { a: '', [name]: '' } })).to.deep.equal({
      '.': {},
      'f:data': { '.': {}, 'f:a': {}, [`f:${name}`]: {} },
    })
    expect(presentFields(podSpec, { containers: [{ name }] })).to.deep.equal({
      '.': {},
      'f:containers': { '.': {}, [`k:{"name":"${name}"}`]: { '.': {}, 'f:name': {} } },
    })
  })

  it('refuses items that are none', () => {
    expect(() => presentFields(podSpec, { containers: [null] })).to.throw(ListItemError)
  })
})
