// Records of the log come back as they were, or not at all.
import { expect } from 'chai'
import { StoredEntry } from './entry.ts'
import { decodeRecord, encodeRecord } from './level-record.ts'

describe('level records', () => {
  const prev = StoredEntry.fromObject('/registry/pods/a/ü', 5, 4, { a: 'é' }, false)
  const entry = StoredEntry.fromObject('/registry/pods/a/ü', 2 ** 40, 4, { a: 'é' }, false)

  it('come back as they were', () => {
    expect(decodeRecord(encodeRecord({ type: 'put', entry, prev }))).to.deep.equal({
      type: 'put',
      createRevision: 4,
      prevRevision: 5,
      key: '/registry/pods/a/ü',
      bytes: entry.bytes,
    })
    expect(decodeRecord(encodeRecord({ type: 'delete', entry, prev: undefined }))).to.include({
      type: 'delete',
      prevRevision: 0,
    })
  })

  it('are refused when a byte of them is not as it was', () => {
    const record = encodeRecord({ type: 'put', entry, prev })
    for (let at = 0; at < record.length; at++) {
      const changed = Buffer.from(record)
      changed[at]! ^= 4
      expect(decodeRecord(changed)).to.equal(undefined)
    }
    expect(decodeRecord(record.subarray(0, 10))).to.equal(undefined)
    expect(decodeRecord(record.subarray(0, -1))).to.equal(undefined)
  })
})
