// What a watch writes to a client that reads when it likes.
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import type { StreamEvent } from '../endpoints/api.ts'
import { StoredEntry } from '../storage/entry.ts'
import type { Form } from './watch-form.ts'
import type { WatchTransport } from './watch-transport.ts'
import { WatchWriter } from './watch-writer.ts'

const nothing = Buffer.alloc(0)

/** A connection that takes one chunk, and the next one after `drain`. */
class NarrowTransport implements WatchTransport {
  readonly framing = 'plain'
  readonly sent: string[] = []
  isClosed = false
  drain: () => void = () => {}

  wrapping(): { before: Buffer; after: Buffer } {
    return { before: nothing, after: nothing }
  }

  send(bytes: Buffer, done?: (error?: Error | null) => void): boolean {
    this.sent.push(bytes.toString())
    done?.()
    return false
  }

  onDrain(callback: () => void): void {
    this.drain = callback
  }

  end(): void {
    this.isClosed = true
  }

  destroy(): void {
    this.isClosed = true
  }
}

const form: Form = {
  name: 'revisions',
  parts: (event) => ('entry' in event ? [Buffer.from(`${event.entry.revision} `)] : []),
}

function changed(revision: number, size = 10): readonly StreamEvent[] {
  return [{ type: 'MODIFIED', entry: new StoredEntry('/a', revision, 1, 'x'.repeat(size)) }]
}

function newWriter(): { writer: WatchWriter; transport: NarrowTransport } {
  const transport = new NarrowTransport()
  return { transport, writer: new WatchWriter(transport, form, { events: 0, sizes: { observe: () => {} } }) }
}

const mebibyte = 1024 * 1024

describe('the writer of a watch', () => {
  it('has room when all is written and the client has read', async () => {
    const { writer, transport } = newWriter()
    expect(writer.room()).to.equal(undefined)
    writer.deliver(changed(1))
    let hasRoom = false
    const waiting = writer.room()!.then(() => (hasRoom = true))
    await turn()
    expect([transport.sent, hasRoom]).to.deep.equal([['1 '], false])
    transport.drain()
    await waiting
    expect(writer.room()).to.equal(undefined)
  })

  it('makes no one wait for a client that is gone', async () => {
    const { writer, transport } = newWriter()
    writer.deliver(changed(1))
    const waiting = writer.room()
    transport.isClosed = true
    writer.drop()
    await waiting
    expect(writer.room()).to.equal(undefined)
  })

  it('counts as unread what comes while the client does not read, until it is written', async () => {
    const { writer, transport } = newWriter()
    writer.deliver(changed(1))
    await turn()
    writer.deliver(changed(2, 1000))
    writer.deliver(changed(3, 100))
    expect(writer.unreadBytes).to.equal(1100)
    transport.drain()
    // It may be written now; until it is, what comes is behind it.
    writer.deliver(changed(4))
    expect(writer.unreadBytes).to.equal(1110)
    await turn()
    expect(transport.sent).to.deep.equal(['1 ', '2 3 4 '])
    expect(writer.unreadBytes).to.equal(0)
  })

  it('cuts off a client that is too far behind, and not one that has read a lot', async () => {
    const { writer, transport } = newWriter()
    writer.deliver(changed(1))
    await turn()
    for (let revision = 2; revision < 40; revision++) {
      writer.deliver(changed(revision, mebibyte))
      transport.drain()
      await turn()
    }
    expect(transport.isClosed).to.equal(false)
    for (let revision = 40; revision < 57; revision++) writer.deliver(changed(revision, mebibyte))
    expect(transport.isClosed).to.equal(true)
    expect(writer.unreadBytes).to.equal(0)
  })
})
