// One version of a key: its bytes, its object, and which of them stays in memory.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { DecodedCache } from './decoded-cache.ts'
import { StoredEntry } from './entry.ts'
import type { AnyObject } from '../apimachinery/types.ts'

function stored(object: AnyObject, { membersSorted = false, cache = new DecodedCache() } = {}): StoredEntry {
  return StoredEntry.fromObject('/a', 7, 3, object, membersSorted, cache)
}

describe('StoredEntry', () => {
  it('prints metadata in the order of a server, the revision in its place', () => {
    const object = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        custom: 1,
        labels: { b: '1', a: '2' },
        resourceVersion: '5',
        uid: 'u',
        name: 'x',
        namespace: 'n',
        generation: 2,
      },
      spec: {},
    }
    expect(stored(object).json.toString()).to.equal(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","namespace":"n","uid":"u","resourceVersion":"7","generation":2,"labels":{"b":"1","a":"2"},"custom":1},"spec":{}}',
    )
  })

  it('prints sorted metadata sorted', () => {
    const object = { apiVersion: 'v1', metadata: { creationTimestamp: 't', name: 'x', uid: 'u' } }
    expect(stored(object, { membersSorted: true }).json.toString()).to.equal(
      '{"apiVersion":"v1","metadata":{"creationTimestamp":"t","name":"x","resourceVersion":"7","uid":"u"}}',
    )
  })

  it('escapes what Go escapes, wherever it stands', () => {
    const object = {
      '&': 1,
      metadata: { name: 'x', annotations: { a: '<b>' } },
      data: { 'a\u2028': 'é&😀' },
      more: '>',
    }
    const entry = stored(object as AnyObject)
    expect(entry.json.toString()).to.equal(
      String.raw`{"\u0026":1,"metadata":{"name":"x","resourceVersion":"7","annotations":{"a":"\u003cb\u003e"}},"data":{"a\u2028":"é\u0026😀"},"more":"\u003e"}`,
    )
    expect(JSON.parse(entry.json.toString())).to.deep.equal(entry.object)
  })

  it('leaves out members that are undefined', () => {
    const object = { metadata: { name: 'x', labels: undefined } } as unknown as AnyObject
    expect(stored(object).object.metadata).to.have.keys('name', 'resourceVersion')
  })

  it('freezes the object all the way down', () => {
    const { object } = stored({ spec: { list: [{ a: 1 }] } })
    const spec = object['spec'] as { list: { a: number }[] }
    for (const part of [object, object.metadata, spec, spec.list, spec.list[0]])
      expect(Object.isFrozen(part)).to.equal(true)
  })

  it('takes over the frozen parts of an earlier version as they are', () => {
    const before = stored({ spec: { a: 1 } })
    const after = stored({ ...before.object } as AnyObject)
    expect(after.object['spec']).to.equal(before.object['spec'])
    expect(before.object.metadata?.resourceVersion).to.equal('7')
  })

  it('makes the object from the bytes, frozen, when it was not written here', () => {
    const entry = new StoredEntry('/a', 7, 3, stored({ spec: { a: 1 } }).bytes)
    expect(entry.object).to.deep.equal({ metadata: { resourceVersion: '7' }, spec: { a: 1 } })
    expect(Object.isFrozen(entry.object['spec'])).to.equal(true)
  })

  it('makes a memo once for each slot', () => {
    const entry = stored({})
    const slot = Symbol('length')
    let made = 0
    const make = () => ++made
    expect([entry.memo(slot, make), entry.memo(slot, make), entry.memo(Symbol('other'), make)]).to.deep.equal([1, 1, 2])
  })
})

describe('DecodedCache', () => {
  const filler = 'x'.repeat(1000)

  it('holds no more objects than its bytes allow, those in use first', () => {
    const cache = new DecodedCache(10_000)
    const favourite = stored({ filler }, { cache })
    for (let at = 0; at < 100; at++) {
      expect(favourite.object['filler']).to.equal(filler)
      stored({ filler }, { cache })
    }
    expect(cache.bytes).to.be.at.most(10_000).and.above(8_000)
    expect(cache.holds(favourite)).to.equal(true)
  })

  it('gives the same object for as long as somebody holds it', () => {
    const cache = new DecodedCache(2_000)
    const entry = stored({ filler }, { cache })
    const { object } = entry
    for (let at = 0; at < 10; at++) stored({ filler }, { cache })
    expect(cache.holds(entry)).to.equal(false)
    expect(entry.object).to.equal(object)
  })

  it('keeps nothing of what it has let go, however much comes and goes', async () => {
    const cache = new DecodedCache()
    let gone = 0
    const registry = new FinalizationRegistry(() => gone++)
    const comeAndGo = (): void => {
      for (let at = 0; at < 2000; at++) {
        const entry = stored({ at }, { cache })
        registry.register(entry, at)
        if (at > 0) cache.release(entry)
      }
    }
    comeAndGo()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let turn = 0; turn < 10 && gone < 1900; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    expect(gone).to.be.at.least(1900)
    expect(cache.bytes).to.be.above(0)
  })

  it('lets go of history', () => {
    const cache = new DecodedCache()
    const entry = stored({ filler }, { cache })
    cache.release(entry)
    expect(cache.bytes).to.equal(0)
    expect(entry.object['filler']).to.equal(filler)
    expect(cache.bytes, 'read again').to.equal(0)
  })
})
