// Streams come in chunks that respect no event.
import { expect } from 'chai'
import { jsonLines, protobufFrames, significant, type WatchEvent } from './watch-events.ts'

const added: WatchEvent = { type: 'ADDED', object: {} }
const periodic: WatchEvent = { type: 'BOOKMARK', object: { metadata: {} } }
const initialEnd: WatchEvent = {
  type: 'BOOKMARK',
  object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
}

describe('jsonLines', () => {
  it('gives an event once its line is complete', () => {
    const split = jsonLines()
    const bytes = Buffer.from('{"type":"ADDED","object":{}}\n\n{"type":"é"}\n')
    // In the middle of a letter.
    const cut = bytes.indexOf('é') + 1
    expect(split(bytes.subarray(0, 5))).to.deep.equal([])
    expect(split(bytes.subarray(5, cut))).to.deep.equal([added])
    expect(split(bytes.subarray(cut))).to.deep.equal([{ type: 'é' }])
  })

  it('refuses what is no JSON', () => {
    expect(() => jsonLines()(Buffer.from('no\n'))).to.throw()
  })
})

describe('protobufFrames', () => {
  it('gives an event once all its bytes have come', () => {
    const frame = (type: string): Buffer =>
      Buffer.from([0, 0, 0, 2 + type.length, 10, type.length, ...Buffer.from(type)])
    const split = protobufFrames()
    const bytes = Buffer.concat([frame('ADDED'), frame('DELETED')])
    expect(split(bytes.subarray(0, 3))).to.deep.equal([])
    expect(split(bytes.subarray(3, 14))).to.deep.equal([{ type: 'ADDED' }])
    expect(split(bytes.subarray(14))).to.deep.equal([{ type: 'DELETED' }])
  })
})

describe('significant', () => {
  it('leaves out bookmarks that nobody waits for, but for those that say something', () => {
    expect(significant([periodic, added, initialEnd, periodic], undefined)).to.deep.equal([added, initialEnd])
  })

  it('keeps one of a row where they are waited for', () => {
    expect(significant([added, periodic, periodic, added, periodic, initialEnd], 'bookmark')).to.deep.equal([
      added,
      periodic,
      added,
      periodic,
      initialEnd,
    ])
  })
})
