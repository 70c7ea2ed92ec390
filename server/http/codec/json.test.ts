// JSON as Go reads and prints it: duplicates, odd numbers, and where a text goes wrong.
import { expect } from 'chai'
import { encodeJSON, JSONSyntaxError, parseJSON, printJSON } from './json.ts'

describe('parseJSON', () => {
  // Texts as Go's encoding/json gives them.
  const failures: [text: string, message: string][] = [
    ['', 'unexpected end of JSON input'],
    ['{"kind"', 'unexpected end of JSON input'],
    ['{} x', "invalid character 'x' after top-level value"],
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['[{bad', "invalid character 'b' looking for beginning of object key string"],
    ['yes', "invalid character 'y' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['nul1', "invalid character '1' in literal null (expecting 'l')"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+', "invalid character ' ' in exponent of numeric literal"],
    ['{"a', 'unexpected end of JSON input'],
    ['{"a":"\\u12', "invalid character ' ' in \\u hexadecimal character escape"],
    ['['.repeat(10_001), "invalid character '[' exceeded max depth"],
    ['01', "invalid character '1' after top-level value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['\u0001', "invalid character '\\x01' looking for beginning of value"],
    ['ü', "invalid character 'Ã' looking for beginning of value"],
  ]
  for (const [text, message] of failures) {
    it(`says of ${JSON.stringify(text)}: ${message}`, () => {
      expect(() => parseJSON(text))
        .to.throw(JSONSyntaxError)
        .with.property('message', message)
    })
  }

  it('finds members that occur twice, by their paths', () => {
    const text =
      '{"metadata":{"name":"a","name":"b"},"list":[{"x":1},{"x\\u0079":1,"xy":2}],"data":{"k":"v: \\"w\\"","k":[]},"data":1}'
    const { value, duplicates } = parseJSON(text, { findDuplicates: true })
    expect(duplicates).to.deep.equal(['metadata.name', 'list[1].xy', 'data.k', 'data'])
    expect(value).to.deep.include({ metadata: { name: 'b' }, data: 1 })
  })

  it('has the members of both of two objects under one name', () => {
    const { value } = parseJSON('{"data":{"a":"1","b":"2"},"data":{"b":"3","c":"4"}}', { findDuplicates: true })
    expect(value).to.deep.equal({ data: { a: '1', b: '3', c: '4' } })
  })

  it('keeps numbers as they were written, where their value does not say it', () => {
    const text = '{"a":1.0,"b":[1e3,7],"c":9007199254740993,"d":1.5,"e":"1.0"}'
    const { value, oddNumbers } = parseJSON(text, { findDuplicates: true })
    expect([...oddNumbers]).to.deep.equal([
      ['a', '1.0'],
      ['b[0]', '1e3'],
      ['c', '9007199254740993'],
    ])
    expect(value).to.deep.include({ a: 1, b: [1000, 7], d: 1.5 })
  })

  it('finds none where none are', () => {
    const text = JSON.stringify(
      { a: 'quote: "x":', 'b\\': '\\', list: ['":', { __proto__: null, a: {} }], '"': { '': 1 } },
      null,
      1,
    )
    expect(parseJSON(text, { findDuplicates: true }).duplicates).to.deep.equal([])
  })
})

describe('printJSON', () => {
  it('ends a line, and escapes what Go escapes', () => {
    expect(printJSON({ a: '<b> & c\u2028' })).to.equal('{"a":"\\u003cb\\u003e \\u0026 c\\u2028"}\n')
  })

  it('indents without a line end', () => {
    expect(encodeJSON({ a: [], b: { c: 1 } }, true).toString()).to.equal('{\n  "a": [],\n  "b": {\n    "c": 1\n  }\n}')
  })
})
