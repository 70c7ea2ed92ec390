// The continue token of a paged list.
import { expect } from 'chai'
import { decodeContinue, encodeContinue } from './continue-token.ts'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('continue tokens', () => {
  for (const point of [
    { after: 'default/a', revision: 42 },
    { after: 'ü', revision: 1 },
    { after: 'a', revision: undefined },
  ]) {
    it(`come back as they went: ${JSON.stringify(point)}`, () => {
      expect(decodeContinue(encodeContinue(point))).to.deep.equal(point)
    })
  }

  it('have the form of the real server’s', () => {
    expect(JSON.parse(Buffer.from(encodeContinue({ after: 'c1', revision: 7 }), 'base64url').toString())).to.deep.equal(
      { v: 'meta.k8s.io/v1', rv: 7, start: '/c1\0' },
    )
    expect(encodeContinue({ after: 'c1', revision: 7 })).to.match(/^[A-Za-z0-9_-]+$/)
  })

  const bad: [name: string, token: string, why: string][] = [
    ['no JSON', 'garbage', "invalid character '\\u0081' looking for beginning of value"],
    ['nothing', encoded('').slice(0, 0), 'unexpected end of JSON input'],
    ['no base64', 'ab!', 'illegal base64 data at input byte 2'],
    ['a letter too many', 'abcde', 'illegal base64 data at input byte 4'],
    ['a key outside', encoded({ v: 'meta.k8s.io/v1', rv: 1, start: '../a' }), '../a'],
    ['another version', encoded({ v: 'v2', rv: 1, start: 'a' }), 'server does not recognize this encoded version v2'],
    [
      'no revision',
      encoded({ v: 'meta.k8s.io/v1', start: 'a' }),
      'incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    ['no start', encoded({ v: 'meta.k8s.io/v1', rv: 1 }), 'encoded start key empty (version meta.k8s.io/v1)'],
  ]
  for (const [name, token, why] of bad) {
    it(`are refused: ${name}`, () => {
      expect(() => decodeContinue(token)).to.throw(`invalid continue token: continue key is not valid: ${why}`)
    })
  }

  it('are refused where the JSON is no object', () => {
    for (const value of [null, 1, 'x', []])
      expect(() => decodeContinue(encoded(value))).to.throw('invalid continue token: continue key is not valid')
  })
})
