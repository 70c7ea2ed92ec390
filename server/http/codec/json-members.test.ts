// The paths of members as they stand in a JSON text.
import { expect } from 'chai'
import { memberPaths } from './json-members.ts'

describe('memberPaths', () => {
  it('names members as often as they occur, in their order', () => {
    const text = '{"a":{"b":1,"b":[{"c":"x,\\"}{:"},{"c":[[{"d":{}}]]}]},"a":null}'
    expect(memberPaths(text)).to.deep.equal(['a', 'a.b', 'a.b', 'a.b[0].c', 'a.b[1].c', 'a.b[1].c[0][0].d', 'a'])
  })
})
