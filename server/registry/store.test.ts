// The generic store of a resource, with kinds made for the purpose: strategies, checks that wait, generated names.
import { expect } from 'chai'
import { StatusError } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { resources as facts, typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { openMemoryStore } from '../storage/memory.ts'
import type { Store } from '../storage/store.ts'
import type { KindDefinition, Strategy } from './kind.ts'
import { ResourceStore } from './store.ts'
import type { Allocator, WriteContext } from './writes.ts'

interface ConfigMap extends AnyObject {
  data?: Record<string, string>
}

const now = Date.UTC(2026, 0, 1)
const configMapFacts = facts.find(({ kind, version }) => kind === 'ConfigMap' && version === 'v1')!

function kindOf(strategy: Strategy<AnyObject> = {}, more: Partial<KindDefinition> = {}): KindDefinition {
  return { group: '', version: 'v1', kind: 'ConfigMap', strategy, ...more, facts: configMapFacts }
}

function contextOf(more: Partial<WriteContext> = {}): WriteContext {
  return { user: { name: 'u', groups: [] }, now, namespace: 'n', dryRun: false, warn: () => {}, ...more }
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  throw new Error('it was not refused')
}

describe('ResourceStore', () => {
  let engine: Store

  beforeEach(() => {
    engine = openMemoryStore()
  })

  afterEach(() => engine.close())

  function storeOf(kind: KindDefinition = kindOf(), allocator?: Allocator): ResourceStore {
    const schema = typeByName(kind.facts.type) as StructSchema
    return new ResourceStore({
      store: engine,
      kind,
      schema,
      prefix: '/registry/configmaps/',
      ...(allocator === undefined ? {} : { allocator }),
    })
  }

  it('keeps objects under the key of a real cluster’s store', async () => {
    const store = storeOf()
    const { key } = await store.create(contextOf(), configMap('a'))
    expect(key).to.equal('/registry/configmaps/n/a')
    expect(store.get('n', 'a').key).to.equal(key)
    expect(store.find('n', 'b')).to.equal(undefined)
  })

  it('stores what the type has, in the server’s order', async () => {
    const entry = await storeOf().create(contextOf(), {
      data: { k: 'v' },
      bogus: 1,
      metadata: { name: 'a' },
      kind: 'ConfigMap',
      apiVersion: 'v1',
    })
    expect(Object.keys(JSON.parse(entry.json.toString()) as object)).to.deep.equal([
      'kind',
      'apiVersion',
      'metadata',
      'data',
    ])
  })

  it('draws a generated name again when it is taken', async () => {
    const store = storeOf()
    const original = Math.random
    // Five characters of `b`, twice, then five of another.
    const draws = [...Array<number>(10).fill(0), ...Array<number>(5).fill(0.999)]
    Math.random = () => draws.shift() ?? original()
    try {
      for (const name of ['gen-bbbbb', 'gen-99999']) {
        const { object } = await store.create(contextOf(), { metadata: { generateName: 'gen-' } })
        expect(object.metadata!.name).to.equal(name)
      }
    } finally {
      Math.random = original
    }
  })

  it('gives up when every name that it draws is taken', async () => {
    const store = storeOf()
    const original = Math.random
    Math.random = () => 0
    try {
      await store.create(contextOf(), { metadata: { generateName: 'gen-' } })
      expect(await messageOf(store.create(contextOf(), { metadata: { generateName: 'gen-' } }))).to.equal(
        '409 configmaps "gen-bbbbb" already exists, the server was not able to generate a unique name for the object',
      )
    } finally {
      Math.random = original
    }
  })

  it('lets the strategy prepare, then validate, then the check judge what is about to be written', async () => {
    const calls: string[] = []
    const store = storeOf(
      kindOf({
        prepareForCreate: (draft) => {
          calls.push('prepareForCreate')
          draft['data'] = { prepared: 'yes' }
        },
        validate: (object) => {
          calls.push(`validate ${JSON.stringify(object['data'])}`)
          return []
        },
        warnings: () => ['careful'],
      }),
    )
    const warnings: string[] = []
    await store.create(contextOf({ warn: (text) => warnings.push(text) }), configMap('a'), (object) => {
      calls.push(`check ${JSON.stringify(object['data'])}`)
    })
    expect(calls).to.deep.equal(['prepareForCreate', 'validate {"prepared":"yes"}', 'check {"prepared":"yes"}'])
    expect(warnings).to.deep.equal(['careful'])
  })

  it('writes nothing that the strategy or the check refuses', async () => {
    const strategy: Strategy<AnyObject> = {
      validate: (object) => (object['data'] === undefined ? [] : [invalid(field('data'), 'x', 'no')]),
    }
    const store = storeOf(kindOf(strategy))
    expect(await messageOf(store.create(contextOf(), configMap('a', { k: 'v' })))).to.equal(
      '422 ConfigMap "a" is invalid: data: Invalid value: "x": no',
    )
    const refuse = () =>
      Promise.reject(
        new StatusError({
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'never',
          code: 403,
        }),
      )
    expect(await messageOf(store.create(contextOf(), { metadata: { name: 'a' } }, refuse))).to.equal('403 never')
    expect(store.find('n', 'a')).to.equal(undefined)
  })

  it('decides again when the object moved while a check waited', async () => {
    const store = storeOf()
    await store.create(contextOf(), configMap('a', { first: '1' }))
    const seen: unknown[] = []
    let isFirst = true
    await store.update(
      contextOf(),
      'a',
      (current) => {
        const draft = structuredClone(current!.object) as ConfigMap
        draft.data = { ...draft.data, mine: '1' }
        return draft
      },
      {
        subresource: '',
        check: async (object) => {
          seen.push(object['data'])
          if (!isFirst) return
          isFirst = false
          await Promise.resolve()
          await store.update(
            contextOf(),
            'a',
            (current) => ({ ...(structuredClone(current!.object) as ConfigMap), data: { other: '1' } }),
            { subresource: '' },
          )
        },
      },
    )
    expect(seen).to.deep.equal([
      { first: '1', mine: '1' },
      { other: '1', mine: '1' },
    ])
    expect(store.get('n', 'a').object['data']).to.deep.equal({ other: '1', mine: '1' })
  })

  it('waits for a transform that waits, and loses nothing', async () => {
    const store = storeOf()
    await store.create(contextOf(), configMap('a'))
    await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        store.update(
          contextOf(),
          'a',
          async (current) => {
            await Promise.resolve()
            const draft = structuredClone(current!.object) as ConfigMap
            return { ...draft, data: { ...draft.data, [`k${at}`]: 'v' } }
          },
          { subresource: '' },
        ),
      ),
    )
    expect(Object.keys(store.get('n', 'a').object['data'] as object)).to.have.length(16)
  })

  it('hands out frozen objects', async () => {
    const { object } = await storeOf().create(contextOf(), configMap('a', { k: 'v' }))
    expect(() => ((object as ConfigMap).data!['k'] = 'w')).to.throw(TypeError)
  })

  it('seeds what is not there yet, and nothing else', async () => {
    const store = storeOf()
    await store.create(contextOf(), configMap('a', { mine: '1' }))
    await store.seed({ ...configMap('a', { seeded: '1' }), metadata: { name: 'a', namespace: 'n' } }, now)
    await store.seed({ ...configMap('b', { seeded: '1' }), metadata: { name: 'b', namespace: 'n' } }, now)
    expect(store.get('n', 'a').object['data']).to.deep.equal({ mine: '1' })
    expect(store.get('n', 'b').object).to.deep.include({ data: { seeded: '1' } })
    expect(store.get('n', 'b').object.metadata).to.include.keys('uid', 'creationTimestamp', 'resourceVersion')
  })

  it('asks the allocator once for each write, and never to release in a dry run', async () => {
    const calls: string[] = []
    const allocator: Allocator = {
      begin: (_draft, old, dryRun) => {
        calls.push(`allocate${old === undefined ? '' : ' again'}${dryRun ? ' dry' : ''}`)
        return { commit: () => {}, revert: () => {} }
      },
      release: async () => void calls.push('release'),
    }
    const store = storeOf(kindOf(), allocator)
    const dry = contextOf({ dryRun: true })
    await store.create(dry, configMap('a'))
    await store.create(contextOf(), { ...configMap('a'), metadata: { name: 'a', finalizers: ['a.b/c'] } })
    await store.delete(contextOf(), 'a', {})
    const without = (current: { object: object } | undefined) => {
      const draft = structuredClone(current!.object) as AnyObject
      delete draft.metadata!.finalizers
      return draft
    }
    await store.update(dry, 'a', without, { subresource: '' })
    await store.update(contextOf(), 'a', without, { subresource: '' })
    await store.create(contextOf(), configMap('b'))
    await store.delete(dry, 'b', {})
    await store.delete(contextOf(), 'b', {})
    expect(calls).to.deep.equal([
      'allocate dry',
      'allocate',
      'allocate again dry',
      'allocate again',
      'release',
      'allocate',
      'release',
    ])
  })

  it('finds objects by the fields the kind has indexes for', async () => {
    const store = storeOf(
      kindOf(
        {},
        { indexes: ['data.k'], selectableFields: { 'data.k': (object) => (object as ConfigMap).data?.['k'] ?? '' } },
      ),
    )
    await store.create(contextOf(), configMap('a', { k: 'x' }))
    await store.create(contextOf(), configMap('b', { k: 'y' }))
    await store.create(contextOf(), configMap('c'))
    expect(store.cache.byIndex('data.k', 'x').map(({ key }) => key)).to.deep.equal(['/registry/configmaps/n/a'])
    expect(store.cache.byIndex('data.k', '')).to.deep.equal([])
  })
})
