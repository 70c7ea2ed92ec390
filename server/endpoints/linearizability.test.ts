// Concurrent writers and readers of one object: what they are told could have happened one after the other.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ConfigMap } from '../api/core.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { openLevelStore } from '../storage/leveldb.ts'
import type { Store } from '../storage/store.ts'
import { isLinearizable, type Model, type Operation } from './testdata/linearizability.ts'
import { TestApi } from './testing.ts'

type Call =
  | { readonly verb: 'get' }
  | { readonly verb: 'create'; readonly value: string }
  /** `version`: as the client has seen it last, '' for whatever is there. */
  | { readonly verb: 'update'; readonly value: string; readonly version: string }
  | { readonly verb: 'patch'; readonly member: string; readonly value: string }
  /** A JSON patch that asks for the value it replaces. */
  | { readonly verb: 'swap'; readonly from: string; readonly to: string }
  | { readonly verb: 'delete'; readonly version: string }

interface Seen {
  readonly version: string
  readonly data: Readonly<Record<string, string>>
}

/** The object as it was answered, or the code of the refusal; a deletion answers nothing. */
type Result = Seen | number | 'gone'

interface State {
  /** Undefined: there is no object. */
  readonly object: Seen | undefined
  /** The newest version there ever was. */
  readonly newest: number
}

/** One config map with one revision after the other. */
const model: Model<State, Call, Result> = {
  initial: { object: undefined, newest: 0 },
  step(state, call, result) {
    const { object } = state
    if (call.verb === 'create')
      return object === undefined ? written(state, result, { value: call.value }) : only(state, result, 409)
    if (object === undefined) return only(state, result, 404)
    if ('version' in call && call.version !== '' && call.version !== object.version) return only(state, result, 409)
    switch (call.verb) {
      case 'get':
        return sameAs(object, result) ? state : undefined
      case 'update':
        return written(state, result, { value: call.value })
      case 'patch':
        return written(state, result, { ...object.data, [call.member]: call.value })
      case 'swap':
        if (object.data['value'] !== call.from) return only(state, result, 422)
        return written(state, result, { ...object.data, value: call.to })
      case 'delete':
        return result === 'gone' ? { ...state, object: undefined } : undefined
    }
  },
  key: ({ object, newest }) => `${newest} ${JSON.stringify(object)}`,
}

const only = (state: State, result: Result, code: number): State | undefined => (result === code ? state : undefined)

/** A write is answered with what was written, in a version newer than any before; one that changes nothing has none. */
function written({ object, newest }: State, result: Result, data: Seen['data']): State | undefined {
  if (typeof result !== 'object' || !sameData(result.data, data)) return undefined
  if (object !== undefined && sameData(object.data, data))
    return sameAs(object, result) ? { object, newest } : undefined
  const version = Number(result.version)
  return version > newest ? { object: result, newest: version } : undefined
}

function sameAs(object: Seen, result: Result): boolean {
  return typeof result === 'object' && result.version === object.version && sameData(result.data, object.data)
}

function sameData(a: Seen['data'], b: Seen['data']): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}

/** What a client is about to do; versions are those it has seen by then. */
type Plan = { readonly verb: Call['verb']; readonly knows: boolean; readonly value: string; readonly pauses: number }

const plans: fc.Arbitrary<Plan[][]> = fc.array(
  fc.array(
    fc.record({
      verb: fc.constantFrom<Call['verb']>('get', 'create', 'update', 'patch', 'patch', 'swap', 'delete'),
      knows: fc.boolean(),
      value: fc.constantFrom('1', '2', '3'),
      pauses: fc.nat(3),
    }),
    { minLength: 3, maxLength: 6 },
  ),
  { minLength: 3, maxLength: 4 },
)

/** Runs the clients at once, and tells who was told what, when. */
async function historyOf(api: TestApi, clients: readonly Plan[][]): Promise<Operation<Call, Result>[]> {
  const history: Operation<Call, Result>[] = []
  let time = 0
  await Promise.all(
    clients.map(async (client, index) => {
      let seen: Seen | undefined
      for (const plan of client) {
        for (let pause = 0; pause < plan.pauses; pause++) await new Promise((resolve) => setImmediate(resolve))
        const call = callOf(plan, `c${index}`, seen)
        const called = time++
        const result = await resultOf(api, call)
        history.push({ called, returned: time++, call, result })
        if (typeof result === 'object') seen = result
      }
    }),
  )
  return history
}

function callOf({ verb, knows, value }: Plan, member: string, seen: Seen | undefined): Call {
  const version = knows ? (seen?.version ?? '') : ''
  switch (verb) {
    case 'get':
      return { verb }
    case 'create':
      return { verb, value }
    case 'update':
      return { verb, value, version }
    case 'patch':
      return { verb, member, value }
    case 'swap':
      return { verb, from: seen?.data['value'] ?? '1', to: value }
    case 'delete':
      return { verb, version }
  }
}

async function resultOf(api: TestApi, call: Call): Promise<Result> {
  try {
    return await perform(api, call)
  } catch (error) {
    if (error instanceof StatusError) return error.status.code!
    throw error
  }
}

async function perform(api: TestApi, call: Call): Promise<Result> {
  const configMap = (value: string, resourceVersion = ''): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', ...(resourceVersion === '' ? {} : { resourceVersion }) },
    data: { value },
  })
  switch (call.verb) {
    case 'get':
      return seenIn(await api.get<ConfigMap>('configmaps', 'a'))
    case 'create':
      return seenIn(await api.create('configmaps', configMap(call.value)))
    case 'update':
      return seenIn(await api.update('configmaps', configMap(call.value, call.version), { name: 'a' }))
    case 'patch':
      return seenIn(await api.patch<ConfigMap>('configmaps', 'a', { data: { [call.member]: call.value } }))
    case 'swap': {
      const operations = [
        { op: 'test', path: '/data/value', value: call.from },
        { op: 'replace', path: '/data/value', value: call.to },
      ]
      return seenIn(await api.patch<ConfigMap>('configmaps', 'a', operations, { type: 'json' }))
    }
    case 'delete': {
      const preconditions = call.version === '' ? {} : { preconditions: { resourceVersion: call.version } }
      await api.delete('configmaps', 'a', { apiVersion: 'v1', kind: 'DeleteOptions', ...preconditions })
      return 'gone'
    }
  }
}

function seenIn({ metadata, data }: { metadata?: { resourceVersion?: string }; data?: Seen['data'] }): Seen {
  return { version: metadata!.resourceVersion!, data: { ...data } }
}

describe('concurrent writers and readers', () => {
  const check = (open: () => Promise<TestApi>, numRuns: number): Promise<void> =>
    fc.assert(
      fc.asyncProperty(plans, async (clients) => {
        const api = await open()
        const history = await historyOf(api, clients)
        expect(isLinearizable(model, history), JSON.stringify(history, undefined, 1)).to.equal(true)
        await api.store.close()
      }),
      { numRuns },
    )

  it('are answered as if one came after the other', () => check(() => TestApi.start(), 80))

  it('are so, too, when admission takes its time', () =>
    check(async () => {
      const api = await TestApi.start()
      const { admission } = api
      let turn = 0
      const admit: typeof admission.admit = (...question) => {
        const answer = admission.admit(...question)
        if (turn++ % 3 === 0) return answer
        return Promise.resolve(answer).then(() => new Promise((resolve) => setImmediate(resolve)))
      }
      return Object.assign(api, { admission: { admit, validate: admission.validate.bind(admission) } })
    }, 80))

  it('are so, too, when what they write goes to disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubeling-history-'))
    let count = 0
    const open = (): Promise<Store> => openLevelStore({ path: join(folder, String(count++)) })
    try {
      await check(async () => TestApi.start({ store: await open() }), 12)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('lose none of 64 patches of one object', async () => {
    const api = await TestApi.start()
    await api.create<ConfigMap>('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })
    const members = Array.from({ length: 64 }, (_, at) => `m${at}`)
    await Promise.all(members.map((member) => api.patch('configmaps', 'a', { data: { [member]: '1' } })))
    const { data } = await api.get<ConfigMap>('configmaps', 'a')
    expect(Object.keys(data!)).to.have.members(members)
  })
})

describe('the check of histories', () => {
  const at = (version: number, data: Seen['data']): Seen => ({ version: String(version), data })
  const made: Operation<Call, Result> = {
    called: 0,
    returned: 1,
    call: { verb: 'create', value: '1' },
    result: at(5, { value: '1' }),
  }
  const after = (called: number, returned: number, call: Call, result: Result): Operation<Call, Result> => ({
    called,
    returned,
    call,
    result,
  })
  const patch = (member: string): Call => ({ verb: 'patch', member, value: '1' })

  const cases: [string, boolean, Operation<Call, Result>[]][] = [
    ['takes nothing', true, []],
    [
      'takes two patches at once, in either order',
      true,
      [
        after(2, 5, patch('a'), at(7, { value: '1', a: '1', b: '1' })),
        after(3, 4, patch('b'), at(6, { value: '1', b: '1' })),
      ],
    ],
    [
      'takes a read that overlaps a write, before it or after it',
      true,
      [after(2, 6, patch('a'), at(6, { value: '1', a: '1' })), after(3, 4, { verb: 'get' }, at(5, { value: '1' }))],
    ],
    [
      'refuses a patch that is lost',
      false,
      [after(2, 5, patch('a'), at(6, { value: '1', a: '1' })), after(3, 4, patch('b'), at(7, { value: '1', b: '1' }))],
    ],
    [
      'refuses a read of what was before a write that had returned',
      false,
      [after(2, 3, patch('a'), at(6, { value: '1', a: '1' })), after(4, 5, { verb: 'get' }, at(5, { value: '1' }))],
    ],
    [
      'refuses two updates of one version',
      false,
      [
        after(2, 5, { verb: 'update', value: '2', version: '5' }, at(6, { value: '2' })),
        after(3, 4, { verb: 'update', value: '3', version: '5' }, at(7, { value: '3' })),
      ],
    ],
    ['refuses two creations of one name', false, [after(2, 3, { verb: 'create', value: '2' }, at(6, { value: '2' }))]],
    ['refuses a version that goes back', false, [after(2, 3, patch('a'), at(4, { value: '1', a: '1' }))]],
    [
      'refuses two deletions of one object',
      false,
      [after(2, 5, { verb: 'delete', version: '' }, 'gone'), after(3, 4, { verb: 'delete', version: '' }, 'gone')],
    ],
  ]
  for (const [name, isGood, history] of cases)
    it(name, () => expect(isLinearizable(model, [made, ...history])).to.equal(isGood))
})
