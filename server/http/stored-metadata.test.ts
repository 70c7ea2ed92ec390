// The metadata of an object, cut out of its bytes.
import { expect } from 'chai'
import { computedEntry } from '../registry/transient-entry.ts'
import { textOf } from '../storage/byte-string.ts'
import { metadataBytes } from './stored-metadata.ts'

describe('stored metadata', () => {
  const cases: [name: string, metadata: object][] = [
    ['a name', { name: 'a' }],
    ['nothing', {}],
    ['objects in lists', { name: 'a', ownerReferences: [{ name: 'b' }, { name: 'c' }] }],
    ['strings with braces, quotes and backslashes', { annotations: { '}"': '{\\', '\\"': '"}' } }],
    ['other letters', { annotations: { a: 'ü✓{"' } }],
  ]
  for (const [name, metadata] of cases) {
    it(`are found with ${name}`, () => {
      const entry = computedEntry('/a', { kind: 'Pod', apiVersion: 'v1', metadata, spec: { a: '}' } })
      expect(textOf(metadataBytes(entry))).to.equal(JSON.stringify(metadata))
    })
  }
})
