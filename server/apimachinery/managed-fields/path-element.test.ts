// The parts of a field's path: form, order and print.
import { expect } from 'chai'
import {
  canonicalElement,
  compareElements,
  keyElement,
  PathElementError,
  printElement,
  valueElement,
} from './path-element.ts'

describe('path elements', () => {
  it('name the members of a key in order', () => {
    expect(keyElement({ protocol: 'TCP', containerPort: 80 })).to.equal('k:{"containerPort":80,"protocol":"TCP"}')
  })

  it('are escaped as Go escapes JSON', () => {
    expect(valueElement('a<b')).to.equal('v:"a\\u003cb"')
  })

  it('come in the order fields, keys, values, indexes; numbers by their value', () => {
    const elements = [
      'i:10',
      'i:9',
      'v:"b"',
      'v:"a"',
      'v:10',
      'v:9',
      'k:{"port":1000}',
      'k:{"port":80}',
      'k:{"name":"a"}',
      'f:b',
      'f:a',
    ]
    expect([...elements].sort(compareElements)).to.deep.equal([
      'f:a',
      'f:b',
      'k:{"name":"a"}',
      'k:{"port":80}',
      'k:{"port":1000}',
      'v:9',
      'v:10',
      'v:"a"',
      'v:"b"',
      'i:9',
      'i:10',
    ])
  })

  it('are printed as messages show them', () => {
    expect(
      ['f:spec', 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"a.b/c"', 'i:3'].map(printElement).join(''),
    ).to.equal('.spec[containerPort=80,protocol="TCP"][="a.b/c"][3]')
  })

  it('are brought into one form', () => {
    expect(canonicalElement('k:{"b": 1, "a": 2}')).to.equal('k:{"a":2,"b":1}')
    expect(canonicalElement('v: 1.0')).to.equal('v:1')
    expect(canonicalElement('i:+7')).to.equal('i:7')
    expect(canonicalElement('x:later')).to.equal(undefined)
  })

  for (const text of ['f', 'ffoo', 'v:{', 'k:[1]', 'i:one']) {
    it(`cannot be ${text}`, () => expect(() => canonicalElement(text)).to.throw(PathElementError))
  }
})
