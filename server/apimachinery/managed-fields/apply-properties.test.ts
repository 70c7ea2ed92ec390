// What holds for applying configurations of any kind.
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeObject } from '../../../openapi/decode.ts'
import { randomObjects, type Kind } from '../testing/random-objects.ts'
import { applyConfiguration } from './apply.ts'
import { isEmpty, difference } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { managerId, type Managers } from './managers.ts'
import { ownedShapeOf } from './shape.ts'
import { builtIn, writer } from './testing.ts'
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

/** Without times. */
const print = ({ object, managers }: State): unknown => ({
  object,
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

  it('makes their applier own all they mention', () => {
    fc.assert(
      fc.property(randomObjects(2), ({ kind, objects: [other, config] }) => {
        const { managers } = apply(kind, apply(kind, nothing(kind), 'other', other!), 'own', config!)
        const id = managerId({ name: 'own', operation: 'Apply', apiVersion: kind.apiVersion, subresource: '' })
        const mentioned = fieldSetOf(ownedShapeOf(kind.schema), config!)
        expect(managers.get(id)?.set ?? {}).to.deep.equal(mentioned)
        expect(isEmpty(difference(mentioned, managers.get(id)?.set ?? {}))).to.equal(true)
      }),
      { numRuns: 200 },
    )
  })
})
