// Flow collections of YAML: where they end, and what is wrong with them.
import { expect } from 'chai'
import { readFlow } from './yaml-flow.ts'

describe('readFlow', () => {
  const problems: readonly (readonly [string, string])[] = [
    ['{', 'yaml: line 1: did not find expected node content'],
    ['{"a"', "yaml: line 1: did not find expected ',' or '}'"],
    ['{"a":', 'yaml: line 1: did not find expected node content'],
    ['{"a" 1}', "yaml: did not find expected ',' or '}'"],
    ['{"a":nul', "yaml: line 1: did not find expected ',' or '}'"],
    ['{"a": "b"\n', "yaml: line 1: did not find expected ',' or '}'"],
    ['{"a": [1, 2}', "yaml: did not find expected ',' or ']'"],
    ['[,]', 'yaml: did not find expected node content'],
  ]
  for (const [text, problem] of problems) {
    it(`says of ${JSON.stringify(text)}: ${problem}`, () => expect(readFlow(text)).to.deep.equal({ problem }))
  }

  const ends: readonly (readonly [string, number])[] = [
    ['{"a":1} x', 7],
    ['{a: b c, d: [e]}', 16],
    ['{"a":1,}', 8],
    ["['it''s', {}]", 13],
  ]
  for (const [text, end] of ends) {
    it(`ends ${JSON.stringify(text)} at ${end}`, () => expect(readFlow(text)).to.deep.equal({ end }))
  }

  it('leaves what is more than that to others', () => {
    for (const text of ['a: b', '{a: &x b}', '{"a', '{a: 1}: b']) expect(readFlow(text), text).to.equal(undefined)
  })
})
