// Lists that are asked for with every write: made once until the resource changes.
import { expect } from 'chai'
import { rememberedLists } from './remembered-lists.ts'
import type { Resources } from './resources.ts'

describe('rememberedLists', () => {
  const keys = ['/registry/limitranges/a/x', '/registry/limitranges/b/y']
  const store = {
    listPrefix: (namespace: string) => `/registry/limitranges/${namespace === '' ? '' : `${namespace}/`}`,
    cache: {
      changes: 0,
      snapshot: () => ({
        entries: (prefix: string) => keys.filter((key) => key.startsWith(prefix)).map((key) => ({ object: { key } })),
      }),
    },
  }
  // What a store is asked here, and no more.
  const resources = {
    byName: (name: string) => (name === 'limitranges' ? { store } : undefined),
  } as unknown as Resources
  const list = rememberedLists(resources)

  it('are of a namespace or of all', () => {
    expect(list('limitranges', 'a')).to.deep.equal([{ key: keys[0] }])
    expect(list('limitranges')).to.have.length(2)
    expect(list('unknown')).to.deep.equal([])
  })

  it('are the same until the resource changes', () => {
    const before = list('limitranges', 'a')
    keys.push('/registry/limitranges/a/z')
    expect(list('limitranges', 'a')).to.equal(before)
    store.cache.changes++
    expect(list('limitranges', 'a')).to.have.length(2)
  })

  it('are made anew each time when they are long', () => {
    for (let at = 0; at < 200; at++) keys.push(`/registry/limitranges/c/${at}`)
    expect(list('limitranges', 'c')).to.have.length(200)
    keys.pop()
    expect(list('limitranges', 'c')).to.have.length(199)
  })
})
