// Bytes in base64 are brought into the one form that Go prints.
import { expect } from 'chai'
import { canonicalBase64 } from './base64.ts'

describe('canonicalBase64', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['YWJj', 'YWJj'],
    ['YWI=', 'YWI='],
    ['YW\nJj\n', 'YWJj'],
    ['YR==', 'YQ=='],
  ]
  for (const [text, printed] of cases) {
    it(`prints ${JSON.stringify(text)} as ${JSON.stringify(printed)}`, () =>
      expect(canonicalBase64(text)).to.equal(printed))
  }

  const errors: [string, number][] = [
    ['!!', 0],
    ['abc!', 3],
    ['abcde', 4],
    ['YWI', 0],
    ['YQ=', 3],
    ['YQ==x', 4],
    ['Y===', 1],
    ['YQ=x', 2],
  ]
  for (const [text, offset] of errors) {
    it(`refuses ${text} at byte ${offset}`, () => {
      expect(() => canonicalBase64(text)).to.throw(`illegal base64 data at input byte ${offset}`)
    })
  }
})
