// Entries that were never stored as they are.
import { expect } from 'chai'
import { StoredEntry } from '../storage/entry.ts'
import type { Entry } from '../storage/store.ts'
import { dryRunEntry, previousAt } from './transient-entry.ts'

function entryAt(revision: number, data: string): Entry {
  return StoredEntry.fromObject('/k', revision, 1, { metadata: { name: 'a' }, data }, false)
}

describe('dryRunEntry', () => {
  it('has the revision of what is there, or none', () => {
    expect(dryRunEntry('/k', { metadata: { name: 'a' } }, undefined)).to.include({ revision: 0, createRevision: 0 })
    const again = dryRunEntry('/k', { metadata: { name: 'a' } }, entryAt(7, 'x'))
    expect(again.revision).to.equal(7)
    expect(again.object.metadata?.resourceVersion).to.equal('7')
    expect(JSON.parse(again.json.toString())).to.deep.equal(again.object)
  })

  it('makes other encodings once', () => {
    const entry = dryRunEntry('/k', { metadata: { name: 'a' } }, undefined)
    const slot = Symbol('x')
    let made = 0
    expect([entry.memo(slot, () => ++made), entry.memo(slot, () => ++made)]).to.deep.equal([1, 1])
  })
})

describe('previousAt', () => {
  it('is the state before with the revision of the event, made once for all watchers', () => {
    const event = entryAt(9, 'after')
    const shown = previousAt(event, entryAt(5, 'before'))
    expect(shown.object).to.deep.equal({ metadata: { name: 'a', resourceVersion: '9' }, data: 'before' })
    expect(shown.revision).to.equal(9)
    expect(previousAt(event, entryAt(5, 'before'))).to.equal(shown)
  })
})
