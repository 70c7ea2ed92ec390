// Labels, as they are in the object.
import { expect } from 'chai'
import type { AnyObject } from '../apimachinery/types.ts'
import { StoredEntry } from './entry.ts'
import { labelsOf } from './entry-labels.ts'

describe('labelsOf', () => {
  const type = { kind: 'Pod', apiVersion: 'v1' }
  const template = { spec: { template: { metadata: { labels: { not: 'these' } } } } }
  const objects: Record<string, AnyObject> = {
    'several labels': { ...type, metadata: { name: 'a', uid: 'u', generation: 3, labels: { a: 'b', 'c.d/e': '' } } },
    none: { ...type, metadata: { name: 'a', annotations: { labels: '"labels":{' } }, ...template },
    'nothing but a name': { ...type, metadata: { name: 'a' }, ...template },
    'a number last': { ...type, metadata: { name: 'a', generation: 2 }, ...template },
    'an odd name': { ...type, metadata: { name: 'a"b\\,"labels":{', labels: { a: 'b' } } },
    'no valid labels': { ...type, metadata: { name: 'a', labels: { a: '}"{', ü: '✓' } } },
    'no metadata': { ...type, ...template },
    'another order': { apiVersion: 'v1', kind: 'Custom', metadata: { name: 'a', labels: { a: 'b' } } },
  }
  for (const [name, object] of Object.entries(objects)) {
    it(`reads those of an object with ${name}`, () => {
      const entry = StoredEntry.fromObject('/a', 7, 3, object, name === 'another order')
      expect(labelsOf(entry)).to.deep.equal(entry.object.metadata?.labels)
    })
  }
})
