// Pieces of any size through one buffer, at the pace of who reads.
import { PassThrough, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect } from 'chai'
import type { Piece } from './pieces.ts'
import { PieceReader, pump } from './pump.ts'

const pieces: Piece[] = ['abc', Buffer.from('defgh'), '', 'i'.repeat(25), Buffer.alloc(12, 'j'), '\xff\x00']
const whole = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)))

describe('PieceReader', () => {
  for (const size of [1, 2, 7, 8, 10, 1000]) {
    it(`gives all bytes in order, in buffers of ${size}`, () => {
      const reader = new PieceReader(pieces)
      const filled = Buffer.alloc(size)
      const taken: Buffer[] = []
      for (let length = reader.fill(filled); length > 0; length = reader.fill(filled)) {
        taken.push(Buffer.from(filled.subarray(0, length)))
      }
      expect(Buffer.concat(taken)).to.deep.equal(whole)
    })
  }
})

describe('pump', () => {
  it('writes everything, and ends the stream', async () => {
    const read: string[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        // Read late, as a socket does.
        setImmediate(() => {
          read.push(chunk.toString())
          callback()
        })
      },
    })
    const large = Array.from({ length: 300 }, (_, at) => String(at % 10).repeat(5000))
    await pump(stream, new PieceReader(large))
    await finished(stream)
    expect(read.join('') === large.join('')).to.equal(true)
  })

  it('makes no more than is read', async () => {
    let made = 0
    function* endless(): Generator<Piece> {
      for (;;) {
        made++
        yield 'x'.repeat(1024)
      }
    }
    const resume: (() => void)[] = []
    const stream = new Writable({ write: (_chunk, _encoding, callback) => void resume.push(callback) })
    const pumping = pump(stream, new PieceReader(endless()))
    const first = made
    expect(first).to.be.within(1, 300)
    resume.shift()!()
    while (resume.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(made).to.be.within(first + 1, 2 * first + 1)
    stream.destroy()
    await pumping
  })

  it('cuts off what cannot be made to its end', async () => {
    function* failing(): Generator<Piece> {
      yield 'x'
      throw new Error('no more')
    }
    const stream = new PassThrough()
    const error = new Promise((resolve) => stream.once('error', resolve))
    await pump(stream, new PieceReader(failing()))
    expect(stream.destroyed).to.equal(true)
    expect(await error).to.have.property('message', 'no more')
  })
})
