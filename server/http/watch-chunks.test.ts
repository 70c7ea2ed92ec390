// Chunks of a watch: where they are cut, who shares them, and when their memory is used again.
import { expect } from 'chai'
import type { StreamEvent } from '../endpoints/api.ts'
import { StoredEntry } from '../storage/entry.ts'
import { Chunk, eventsOf, nextStretch, SharedChunks, type Cursor } from './watch-chunks.ts'
import { Runs, type Run } from './watch-runs.ts'

const kilobyte = 'x'.repeat(1000)

function added(name: string, revision: number): StreamEvent {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: kilobyte } }
  return { type: 'ADDED', entry: StoredEntry.fromObject(`/a/${name}`, revision, revision, object, false) }
}

const events = (count: number): StreamEvent[] => Array.from({ length: count }, (_, at) => added(`n${at}`, at + 1))

describe('runs of events', () => {
  it('are one for who is handed the same array, or equal history', () => {
    const runs = new Runs()
    const one = events(20)
    expect(runs.of(one)).to.equal(runs.of(one))
    expect(runs.of([...one])).to.equal(runs.of(one))
    expect(runs.of(one.slice(1))).to.not.equal(runs.of(one))
    const short = one.slice(0, 3)
    expect(runs.of([...short])).to.not.equal(runs.of(short))
  })
})

describe('chunks of a watch', () => {
  const cursor = (...lengths: number[]): Cursor & { runs: Run[] } => {
    const runs = new Runs()
    return { runs: lengths.map((length) => runs.of(events(length))), position: 0 }
  }

  it('hold all runs that wait, up to a size', () => {
    expect(nextStretch(cursor(1, 2, 1))).to.deep.equal({ count: 3, end: 1 })
    const many = nextStretch(cursor(...Array.from({ length: 300 }, () => 1)))
    expect(many.count).to.be.within(90, 130)
  })

  it('cut a long run', () => {
    const long = cursor(300, 1)
    const first = nextStretch(long)
    expect(first).to.deep.include({ count: 1 })
    expect(first.end).to.be.within(90, 130)
    long.position = first.end
    expect([...eventsOf(long, nextStretch(long))][0]).to.equal(long.runs[0]!.events[first.end])
  })

  it('are made once for the same events in the same form', () => {
    const shared = new SharedChunks()
    const at = cursor(1, 1)
    let made = 0
    const get = (name: string, count = 2): Chunk =>
      shared.get(name, at, { count, end: 1 }, () => {
        made++
        return ['bytes']
      })
    expect(get('json')).to.equal(get('json'))
    expect(get('json').bytes.toString()).to.equal('bytes')
    expect(made).to.equal(1)
    get('protobuf')
    get('json', 1)
    expect(made).to.equal(3)
    shared.clear()
    get('json')
    expect(made).to.equal(4)
  })

  it('give their memory back with the last who holds them', () => {
    const large = [kilobyte.repeat(100)]
    const first = new Chunk(large).hold().hold()
    const { buffer } = first.bytes
    first.release()
    const second = new Chunk(large).hold()
    expect(second.bytes.buffer).to.not.equal(buffer)
    first.release()
    const third = new Chunk(large).hold()
    expect(third.bytes.buffer).to.equal(buffer)
    second.release()
    // Who is cut off does not say whether the bytes are still read.
    third.release(new Error('cut off'))
    expect(new Chunk(large).bytes.buffer).to.not.equal(buffer)
  })
})
