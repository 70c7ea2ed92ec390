// The bounds of what is kept of history.
import { expect } from 'chai'
import { StoredEntry } from './entry.ts'
import { EventRing } from './event-ring.ts'
import type { StoreEvent } from './store.ts'

function put(revision: number, size: number): StoreEvent {
  return { type: 'put', entry: new StoredEntry('/a', revision, 1, 'x'.repeat(size)), prev: undefined }
}

const revisionsAfter = (ring: EventRing, revision: number): number[] | undefined =>
  ring.after(revision)?.map(({ entry }) => entry.revision)

describe('a ring of events', () => {
  it('keeps the newest ones of a number', () => {
    const ring = new EventRing(1, 3, 1000)
    for (let revision = 2; revision <= 6; revision++) ring.push([put(revision, 1)])
    expect(revisionsAfter(ring, 1)).to.deep.equal([2, 3, 4, 5, 6])
    ring.push([put(7, 1)])
    expect(revisionsAfter(ring, 1)).to.equal(undefined)
    expect(revisionsAfter(ring, 4)).to.deep.equal([5, 6, 7])
  })

  it('keeps the newest ones of so many bytes', () => {
    const ring = new EventRing(1, 100, 1000)
    for (let revision = 2; revision <= 5; revision++) ring.push([put(revision, 400)])
    expect(revisionsAfter(ring, 1)).to.deep.equal([2, 3, 4, 5])
    ring.push([put(6, 400)])
    expect(ring.floor).to.equal(4)
    expect(revisionsAfter(ring, 4)).to.deep.equal([5, 6])
    // What was dropped counts no more.
    ring.push([put(7, 400), put(8, 400)])
    expect(revisionsAfter(ring, 4)).to.deep.equal([5, 6, 7, 8])
    ring.push([put(9, 400)])
    expect(ring.floor).to.equal(7)
  })

  it('keeps nothing but its place of what is larger than all it may keep', () => {
    const ring = new EventRing(1, 100, 1000)
    ring.push([put(2, 3000)])
    expect(ring.floor).to.equal(2)
    expect(revisionsAfter(ring, 2)).to.deep.equal([])
  })
})
