// PEM texts, as Go reads them.
import { expect } from 'chai'
import { pemBlocks, printPEM } from './pem.ts'

const bytes = Buffer.from('a'.repeat(100))
const text = printPEM('X', bytes)

describe('pemBlocks', () => {
  it('finds what printPEM prints, also between other lines and with the ends of lines of Windows', () => {
    const block = { type: 'X', hasHeaders: false, bytes }
    expect(pemBlocks(`a\n${text}b\n${text.replaceAll('\n', '\r\n')}`)).to.deep.equal([block, block])
  })

  it('tells of headers', () => {
    const [block] = pemBlocks(text.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'))
    expect(block).to.deep.equal({ type: 'X', hasHeaders: true, bytes })
  })

  const none: readonly (readonly [what: string, text: string])[] = [
    ['one that begins within a line', `a${text}`],
    ['one with another end', text.replace('END X', 'END Y')],
    ['one that is no base64', text.replace('\n', '\n?')],
  ]
  for (const [what, other] of none) it(`passes over ${what}`, () => expect(pemBlocks(other)).to.deep.equal([]))
})
