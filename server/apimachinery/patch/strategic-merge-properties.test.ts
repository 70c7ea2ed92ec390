// What holds for strategic merge patches of any kind.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Field } from '../../../openapi/schema.ts'
import { applyConfiguration } from '../managed-fields/apply.ts'
import { builtIn, randomObjects, writer } from '../managed-fields/testing.ts'
import { unordered } from '../testdata/random-objects.ts'
import { strategicMergePatchOf } from '../testdata/strategic-diff.ts'
import type { JsonObject } from './merge-patch.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

/** What has no type is not merged in parts. */
const hasType = ({ schema }: Field): boolean =>
  schema.form !== 'any' && !((schema.form === 'list' || schema.form === 'map') && schema.element.form === 'any')

/** Both ways of merging treat the field alike: whole, by member, or item by item with the same key. */
function isMergedAlike(field: Field): boolean {
  const { schema, patchStrategy, patchMergeKey } = field
  if (!hasType(field)) return false
  const merges = patchStrategy.includes('merge')
  if (patchStrategy.includes('retainKeys') || patchStrategy.includes('replace')) return false
  if (schema.form === 'list') {
    if (schema.listType === 'atomic') return !merges
    if (schema.listType === 'set') return merges && patchMergeKey === undefined
    const { element, keys } = schema
    const isMergedInside = element.form === 'struct' && element.mapType === 'granular'
    return merges && isMergedInside && keys.length === 1 && keys[0] === patchMergeKey
  }
  if (schema.form === 'map')
    return schema.mapType === 'granular' && field.mapType !== 'atomic' && schema.element.form === 'scalar'
  return schema.form !== 'struct' || (schema.mapType === 'granular' && field.mapType !== 'atomic')
}

describe('a strategic merge patch', () => {
  it('computed from two objects makes the second of the first', () => {
    fc.assert(
      fc.property(randomObjects(2, hasType), ({ kind: { schema }, objects: [before, after] }) => {
        const patch = strategicMergePatchOf(schema, before!, after!)
        expect(applyStrategicMergePatch(before!, patch, schema)).to.deep.equal(after)
      }),
      { numRuns: 600 },
    )
  })

  it('that changes nothing leaves the object as it is', () => {
    fc.assert(
      fc.property(randomObjects(1, hasType), ({ kind: { schema }, objects: [object] }) => {
        expect(strategicMergePatchOf(schema, object!, object!)).to.deep.equal({})
        expect(applyStrategicMergePatch(object!, {}, schema)).to.deep.equal(object)
      }),
      { numRuns: 100 },
    )
  })

  it('without directives makes of an object what applying it by force makes, where both merge alike', () => {
    fc.assert(
      fc.property(randomObjects(2, isMergedAlike), ({ kind, objects: [live, config] }) => {
        const type = { ...builtIn(kind.apiVersion, kind.schema.name), filter: undefined }
        const applied = applyConfiguration(type, live!, config!, new Map(), writer('m'), true).object ?? live!
        const patched = applyStrategicMergePatch(live!, config as JsonObject, kind.schema)
        expect(unordered(applied)).to.deep.equal(unordered(patched))
      }),
      { numRuns: 600 },
    )
  })
})
