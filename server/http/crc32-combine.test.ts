// Checksums of what comes one after the other.
import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import { combineCRC32 } from './crc32-combine.ts'

describe('combineCRC32', () => {
  const bytes = Buffer.from('The bytes of two parts, one after the other, of any length. '.repeat(2000))

  for (const cut of [0, 1, 7, 256, 65_537, bytes.length - 1, bytes.length]) {
    it(`is the checksum of the whole, cut at ${cut}`, () => {
      const first = crc32(bytes.subarray(0, cut))
      const second = crc32(bytes.subarray(cut))
      expect(combineCRC32(first, second, bytes.length - cut)).to.equal(crc32(bytes))
    })
  }
})
