// Events are counted in whatever pieces a stream arrives.
import { expect } from 'chai'
import { eventCounter } from './event-counter.ts'

describe('eventCounter', () => {
  function inPieces(accept: string, stream: Buffer, size: number): number {
    const countOf = eventCounter(accept)
    let count = 0
    for (let at = 0; at < stream.length; at += size) count += countOf(stream.subarray(at, at + size))
    return count
  }

  function framed(...sizes: number[]): Buffer {
    const frames = sizes.map((size) => {
      const frame = Buffer.alloc(4 + size, 10)
      frame.writeUInt32BE(size)
      return frame
    })
    return Buffer.concat(frames)
  }

  it('counts lines of JSON', () => {
    const stream = Buffer.from('{"type":"ADDED"}\n{"type":"MODIFIED"}\n{"type":"DELETED"}\n')
    for (const size of [1, 5, 1000]) expect(inPieces('application/json', stream, size)).to.equal(3)
  })

  it('counts frames of protobuf, whatever is in them', () => {
    const stream = framed(3, 700, 70_000)
    const accept = 'application/vnd.kubernetes.protobuf;stream=watch'
    for (const size of [1, 2, 7, 4096, 100_000]) expect(inPieces(accept, stream, size)).to.equal(3)
  })
})
