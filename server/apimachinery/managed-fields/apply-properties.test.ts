// What holds for applying configurations of any kind.
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeObject } from '../../../openapi/decode.ts'
import { unordered, withoutEmpty, type Kind } from '../testdata/random-objects.ts'
import { applyConfiguration } from './apply.ts'
import { compare } from './compare.ts'
import { emptySet, intersection } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { managerId, type Managers } from './managers.ts'
import { ownedShapeOf } from './shape.ts'
import { builtIn, randomObjects, writer } from './testing.ts'
import { emptyObject } from './update.ts'

interface State {
  readonly object: object
  readonly managers: Managers
}

const nothing = ({ schema }: Kind): State => ({ object: emptyObject(schema), managers: new Map() })

/** By force: what others own is no obstacle. */
function apply({ apiVersion, schema }: Kind, { object, managers }: State, manager: string, config: object): State {
  const type = { ...builtIn(apiVersion, schema.name), filter: undefined }
  const applied = applyConfiguration(type, object, config, managers, writer(manager), true)
  const next = applied.object === undefined ? object : decodeObject(schema, applied.object).object
  return { object: next, managers: applied.managers }
}

const idOf = ({ apiVersion }: Kind, name: string): string =>
  managerId({ name, operation: 'Apply', apiVersion, subresource: '' })

/** Without times. */
const print = ({ object, managers }: State, form = (value: unknown): unknown => value): unknown => ({
  object: form(object),
  owned: [...managers].map(([id, { set }]) => ({ id, set })).sort((a, b) => (a.id < b.id ? -1 : 1)),
})

describe('applying configurations of any kind', () => {
  it('twice changes nothing the second time', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [other, config] }) => {
        const once = apply(kind, apply(kind, nothing(kind), 'other', other!), 'own', config!)
        expect(print(apply(kind, once, 'own', config!))).to.deep.equal(print(once))
      }),
      { numRuns: 300 },
    )
  })

  it('by one, by another and by the first again gives owners that stay', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [a, b] }) => {
        const first = apply(kind, apply(kind, apply(kind, nothing(kind), 'a', a!), 'b', b!), 'a', a!)
        const again = apply(kind, apply(kind, first, 'b', b!), 'a', a!)
        expect(print(again)).to.deep.equal(print(first))
      }),
      { numRuns: 300 },
    )
  })

  it('leaves nothing of what their applier mentioned before', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [before, config] }) => {
        // A struct that is mentioned and holds nothing goes with what it held before.
        const [first, second] = [withoutEmpty(before!), withoutEmpty(config!)]
        const changed = apply(kind, apply(kind, nothing(kind), 'own', first), 'own', second)
        expect(print(changed, unordered)).to.deep.equal(print(apply(kind, nothing(kind), 'own', second), unordered))
      }),
      { numRuns: 300 },
    )
  })

  it('takes from others what they have differently', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [a, b] }) => {
        const { object, managers } = apply(kind, apply(kind, nothing(kind), 'a', a!), 'b', b!)
        const { modified } = compare(ownedShapeOf(kind.schema), decodeObject(kind.schema, a!).object, object)
        expect(intersection(managers.get(idOf(kind, 'a'))?.set ?? emptySet, modified)).to.deep.equal({})
      }),
      { numRuns: 300 },
    )
  })

  it('makes their applier own all they mention', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [other, config] }) => {
        const { managers } = apply(kind, apply(kind, nothing(kind), 'other', other!), 'own', config!)
        const mentioned = fieldSetOf(ownedShapeOf(kind.schema), config!)
        expect(managers.get(idOf(kind, 'own'))?.set ?? emptySet).to.deep.equal(mentioned)
      }),
      { numRuns: 200 },
    )
  })
})
