// Warning headers: quoting, and the bound on all of them together.
import { expect } from 'chai'
import { warningHeaders } from './warnings.ts'

describe('warning headers', () => {
  it('are quoted', () => {
    expect(warningHeaders(['unknown field "a\\b"'])).to.deep.equal(['299 - "unknown field \\"a\\\\b\\""'])
  })

  it('hold any text but control characters', () => {
    const [header] = warningHeaders(['a\n\x7fé✓'])
    expect(Buffer.from(header!, 'latin1').toString('utf8')).to.equal('299 - "aé✓"')
  })

  it('are cut when together they are too long', () => {
    const headers = warningHeaders(Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(1000)}`))
    expect(headers).to.have.length(16)
    expect(headers[0]).to.equal(`299 - "0 ${'x'.repeat(254)}"`)
  })

  it('are none where there is nothing to say', () => {
    expect(warningHeaders(['', ''])).to.deep.equal([])
  })
})
