// Lists as gzip, from parts that are compressed once.
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { StoredEntry } from '../storage/entry.ts'
import type { Entry } from '../storage/store.ts'
import { compressedParts } from './compressed-list.ts'
import { ListBody, type ListForm } from './list-body.ts'
import { joinPieces } from './pieces.ts'

function entryOf(at: number, revision = at): Entry {
  const name = `pod-${String(at).padStart(4, '0')}`
  return StoredEntry.fromObject(
    `/registry/pods/a/${name}`,
    revision,
    at,
    { metadata: { name }, text: 'ü'.repeat(50) },
    false,
  )
}

/** Items as they are stored; `made` counts how often one is printed. */
function formOf(name: string): ListForm & { made: number } {
  return {
    name,
    separator: ',',
    made: 0,
    itemSize: ({ bytes }) => bytes.length,
    item({ bytes }) {
      this.made++
      return [bytes]
    },
  }
}

async function compressed(body: ListBody): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of compressedParts(body)) parts.push(part)
  return Buffer.concat(parts)
}

describe('compressed lists', () => {
  const entries = Array.from({ length: 500 }, (_, at) => entryOf(at + 1))

  for (const count of [0, 1, 2, 40, 500]) {
    it(`of ${count} are the list`, async () => {
      const body = new ListBody(formOf(`of ${count}`), entries.slice(0, count), '{"items":[', ']}', true)
      const plain = joinPieces([...body.pieces()])
      expect(plain.length).to.equal(body.size)
      expect(gunzipSync(await compressed(body))).to.deep.equal(plain)
    })
  }

  it('are compressed again only where an object has changed', async () => {
    const form = formOf('again')
    await compressed(new ListBody(form, entries, '[', ']', true))
    form.made = 0
    await compressed(new ListBody(form, entries, '[', ']', true))
    expect(form.made, 'the first, which is never kept').to.equal(1)

    form.made = 0
    const changed = [...entries]
    changed[300] = entryOf(301, 1000)
    changed.splice(100, 1)
    const body = new ListBody(form, changed, '[', ']', true)
    expect(gunzipSync(await compressed(body))).to.deep.equal(joinPieces([...body.pieces()]))
    expect(form.made - changed.length, 'of two runs').to.be.below(250)
  })

  it('of many at a time are compressed once', async () => {
    const form = formOf('together')
    await Promise.all(Array.from({ length: 5 }, () => compressed(new ListBody(form, entries, '[', ']', true))))
    expect(form.made).to.equal(entries.length - 1 + 5)
  })
})
