// What goes out for a step.
import { expect } from 'chai'
import { gunzipSync } from 'node:zlib'
import type { HttpStep } from './case-file.ts'
import { outgoing } from './request.ts'

const variables = { ns: 'z1', port: 80, list: ['a'] }
const kept = new Map([['kept', Buffer.from('{"data":{"a":"1","b":"2"},"list":[1,2]}')]])
const sent = (step: Partial<HttpStep>): string => outgoing({ path: '/x', ...step }, variables, kept).body!.toString()

describe('outgoing', () => {
  it('is a GET without a body, with the variables put in', () => {
    expect(outgoing({ path: '/api/${ns}?x=${port}&y=${unknown}' }, variables, kept)).to.deep.equal({
      method: 'GET',
      path: '/api/z1?x=80&y=${unknown}',
      headers: {},
      body: undefined,
    })
  })

  it('puts values in as they are where a variable stands alone, and texts elsewhere', () => {
    expect(sent({ body: { '${ns}': '${port}', a: 'at ${port}', b: '${list}' } })).to.equal(
      '{"z1": 80, "a": "at 80", "b": ["a"]}',
    )
  })

  it('says what it sends, unless the step says so itself or sends a text', () => {
    const contentType = (step: Partial<HttpStep>): unknown =>
      outgoing({ path: '/x', ...step }, variables, kept).headers['content-type']
    expect(contentType({ body: {} })).to.equal('application/json')
    expect(contentType({ bodyFrom: 'kept' })).to.equal('application/json')
    expect(contentType({ body: {}, contentType: 'application/merge-patch+json' })).to.equal(
      'application/merge-patch+json',
    )
    expect(contentType({ rawBody: 'a: 1' })).to.equal(undefined)
  })

  it('has the headers of the step, and takes away those it sets to null', () => {
    const { headers } = outgoing(
      { path: '/', accept: 'a', user: 'u-${ns}', headers: { Authorization: null } },
      variables,
      kept,
    )
    expect(headers).to.deep.equal({ accept: 'a', 'impersonate-user': 'u-z1', authorization: null })
  })

  it('lays JSON out as it was recorded', () => {
    expect(sent({ body: { a: [1, 'é"\n', null, {}, []], b: true } })).to.equal(
      String.raw`{"a": [1, "\u00e9\"\n", null, {}, []], "b": true}`,
    )
  })

  it('fills strings up', () => {
    expect(sent({ body: { data: { a: '' } }, pad: { '/data/a': 5 } })).to.equal('{"data": {"a": "xxxxx"}}')
  })

  it('sends texts and bytes as they are', () => {
    expect(sent({ rawBody: 'a: ${ns}' })).to.equal('a: z1')
    expect(sent({ bodyB64: 'azhzAA==' })).to.equal('k8s\0')
  })

  it('sends an earlier answer back, changed where the step says so', () => {
    expect(sent({ bodyFrom: 'kept' })).to.equal('{"data":{"a":"1","b":"2"},"list":[1,2]}')
    const edit = { '/data/a': '${ns}', '/data/b': null, '/spec/new': 1, '/list/0': null }
    expect(sent({ bodyFrom: 'kept', edit })).to.equal('{"data": {"a": "z1"}, "list": [2], "spec": {"new": 1}}')
  })

  it('compresses', () => {
    const { headers, body } = outgoing({ path: '/', body: { a: 1 }, gzipBody: true }, variables, kept)
    expect(headers['content-encoding']).to.equal('gzip')
    expect(gunzipSync(body!).toString()).to.equal('{"a": 1}')
  })
})
