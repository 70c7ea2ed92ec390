// What a text that should be a JSON object is refused for.
import { expect } from 'chai'
import { jsonObjectProblem } from './json-problem.ts'

describe('jsonObjectProblem', () => {
  const cases: [text: string, problem: string | undefined][] = [
    ['{"auths":{}}', undefined],
    ['null', undefined],
    ['', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['abc', "invalid character 'a' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['tru!', "invalid character '!' in literal true (expecting 'e')"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['5', 'json: cannot unmarshal number into Go value of type map[string]interface {}'],
  ]
  for (const [text, problem] of cases)
    it(`of ${text || 'nothing'}`, () => expect(jsonObjectProblem(text)).to.equal(problem))
})
