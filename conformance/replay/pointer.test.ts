// Places in documents.
import { expect } from 'chai'
import { removeAt, replaceAt, setAt, valueAt, visit } from './pointer.ts'

const document = (): { a: unknown[]; 'b/c~d': number } => ({ a: [{ x: 1 }, { x: 2, y: 3 }], 'b/c~d': 4 })

describe('valueAt', () => {
  it('finds what is there, and only that', () => {
    expect(valueAt(document(), '')).to.deep.equal(document())
    expect(valueAt(document(), '/a/1/x')).to.equal(2)
    expect(valueAt(document(), 'a/1/x')).to.equal(2)
    expect(valueAt(document(), '/b~1c~0d')).to.equal(4)
    for (const none of ['/a/2/x', '/a/x', '/a/0/x/y', '/toString', '/a/length']) {
      expect(valueAt(document(), none), none).to.equal(undefined)
    }
  })
})

describe('visit', () => {
  it('finds all places that match', () => {
    const changed = document()
    visit(changed, '/a/*/x', (container, key) => replaceAt(container, key, 0))
    visit(changed, '/a/*/y', removeAt)
    visit(changed, '/none/*', removeAt)
    expect(changed).to.deep.equal({ a: [{ x: 0 }, { x: 0 }], 'b/c~d': 4 })
  })

  it('removes every entry of a list', () => {
    const changed = document()
    visit(changed, '/a/*', removeAt)
    expect(changed.a).to.deep.equal([])
  })
})

describe('setAt', () => {
  it('sets, makes the way, and takes away', () => {
    const changed = document()
    setAt(changed, '/a/0/x', 5)
    setAt(changed, '/a/1', undefined)
    setAt(changed, '/e/f', 6)
    setAt(changed, '/none/at/all', undefined)
    expect(changed).to.deep.equal({ a: [{ x: 5 }], 'b/c~d': 4, e: { f: 6 }, none: { at: {} } })
  })

  it('does not go through a plain value', () => {
    expect(() => setAt(document(), '/a/0/x/y', 1)).to.throw('no place /a/0/x/y')
  })
})
