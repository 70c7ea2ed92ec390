// A replayer that finds no difference proves nothing unless it finds those that are there.
import { expect } from 'chai'
import type { Answer } from './case-file.ts'
import { differences } from './compare.ts'

const answer: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json', warning: ['299 - "a"', '299 - "b"'] },
  body: {
    kind: 'Pod',
    metadata: { name: 'a', labels: { 'x/y': '1' } },
    spec: { containers: [{ name: 'c' }, {}], a: null },
  },
}

describe('differences', () => {
  it('are none between equal answers, whatever the order of their fields', () => {
    const { body, headers, status } = answer
    expect(differences([answer], [{ body, headers: headers!, status: status! }])).to.deep.equal([])
  })

  it('do not count headers that are only noted', () => {
    const recorded = { ...answer, headers: { ...answer.headers, etag: 'present' } }
    expect(differences([recorded], [answer])).to.deep.equal([])
  })

  const body = answer.body as object
  const planted: { name: string; got: Answer; finds: string }[] = [
    { name: 'another status', got: { ...answer, status: 201 }, finds: '/status: wanted 200, got 201' },
    {
      name: 'a missing header',
      got: { ...answer, headers: { warning: answer.headers!['warning'] } },
      finds: '/headers/content-type: missing, wanted "application/json"',
    },
    {
      name: 'a header too many',
      got: { ...answer, headers: { ...answer.headers, allow: 'GET' } },
      finds: '/headers/allow: unexpected "GET"',
    },
    {
      name: 'warnings in another order',
      got: { ...answer, headers: { ...answer.headers, warning: ['299 - "b"', '299 - "b"'] } },
      finds: String.raw`/headers/warning/0: wanted "299 - \"a\"", got "299 - \"b\""`,
    },
    {
      name: 'a text for a number',
      got: { ...answer, body: { ...body, kind: 1 } },
      finds: '/body/kind: wanted "Pod", got 1',
    },
    {
      name: 'an entry that is missing',
      got: { ...answer, body: { ...body, spec: { containers: [{ name: 'c' }], a: null } } },
      finds: '/body/spec/containers: 2 entries wanted, got 1',
    },
    {
      name: 'an object for a list',
      got: { ...answer, body: { ...body, spec: { containers: {}, a: null } } },
      finds: '/body/spec/containers: wanted [{"name":"c"},{}], got {}',
    },
    {
      name: 'null for nothing',
      got: { ...answer, body: { ...body, spec: { containers: [{ name: 'c' }, {}] } } },
      finds: '/body/spec/a: missing, wanted null',
    },
    {
      name: 'a value below a key with a slash',
      got: { ...answer, body: { ...body, metadata: { name: 'a', labels: { 'x/y': '2' } } } },
      finds: '/body/metadata/labels/x~1y: wanted "1", got "2"',
    },
    { name: 'a body that is not there', got: { status: 200, headers: answer.headers! }, finds: '/body: missing' },
    { name: 'an error', got: { error: 'Error: socket hang up' }, finds: '/error: unexpected "Error: socket hang up"' },
  ]
  for (const { name, got, finds } of planted) {
    it(`show ${name}`, () => {
      expect(differences([answer], [got]).join('\n')).to.contain(`answer 1 ${finds}`)
    })
  }

  it('show answers that are missing', () => {
    expect(differences([answer, answer], [answer])).to.deep.equal(['2 answers were wanted, 1 came'])
    expect(differences([], [answer])).to.deep.equal(['0 answers were wanted, 1 came'])
  })
})
