// Texts as Go quotes them.
import { expect } from 'chai'
import { quote } from './go-quote.ts'

describe('quote', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain text', '"plain text"'],
    ['', '""'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['a\tb\nc', '"a\\tb\\nc"'],
    ['\0\u0007\u007F', '"\\x00\\a\\x7f"'],
    ['é世😀', '"é世😀"'],
    ['\u200B\u00A0\u{E0001}', '"\\u200b\\u00a0\\U000e0001"'],
  ]
  for (const [text, quoted] of cases) {
    it(`prints ${quoted}`, () => expect(quote(text)).to.equal(quoted))
  }
})
