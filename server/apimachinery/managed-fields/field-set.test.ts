// Sets of fields: their operations, and their one printed form.
import { expect } from 'chai'
import fc from 'fast-check'
import {
  canonicalSet,
  difference,
  emptySet,
  has,
  intersection,
  isMember,
  printPaths,
  recursiveDifference,
  setOf,
  union,
  type FieldSet,
} from './field-set.ts'

type Path = readonly string[]

/** The set as a list of paths: what its operations are checked against. */
function pathsOf(set: FieldSet, prefix: Path = []): string[] {
  return Object.keys(set)
    .filter((element) => element !== '.')
    .flatMap((element) => {
      const path = [...prefix, element]
      const below = pathsOf(set[element]!, path)
      return isMember(set[element]!) ? [path.join('/'), ...below] : below
    })
    .sort()
}

const setOfPaths = (paths: readonly Path[]): FieldSet => paths.map(setOf).reduce(union, emptySet)

const paths = fc.array(
  fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:1'), { minLength: 1, maxLength: 3 }),
  { maxLength: 8 },
)

describe('sets of fields', () => {
  it('hold a field without what is below it, and the other way round', () => {
    const set = setOfPaths([['f:data'], ['f:data', 'f:k'], ['f:spec', 'f:replicas']])
    expect(set).to.deep.equal({ 'f:data': { '.': {}, 'f:k': {} }, 'f:spec': { 'f:replicas': {} } })
    expect(has(set, ['f:data'])).to.equal(true)
    expect(has(set, ['f:spec'])).to.equal(false)
    expect(printPaths(set)).to.deep.equal(['.data', '.data.k', '.spec.replicas'])
  })

  it('are printed with the fields of one place before those below', () => {
    expect(printPaths(setOfPaths([['f:a', 'f:x'], ['f:b']]))).to.deep.equal(['.b', '.a.x'])
  })

  it('behave as sets of paths do', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const [left, right] = [setOfPaths(a), setOfPaths(b)]
        const [inA, inB] = [pathsOf(left), pathsOf(right)]
        expect(pathsOf(union(left, right))).to.deep.equal([...new Set([...inA, ...inB])].sort())
        expect(pathsOf(difference(left, right))).to.deep.equal(inA.filter((path) => !inB.includes(path)))
        expect(pathsOf(intersection(left, right))).to.deep.equal(inA.filter((path) => inB.includes(path)))
        const isBelow = (path: string): boolean => inB.some((other) => path === other || path.startsWith(`${other}/`))
        expect(pathsOf(recursiveDifference(left, right))).to.deep.equal(inA.filter((path) => !isBelow(path)))
      }),
    )
  })

  it('are the same, to the byte, however they were put together', () => {
    fc.assert(
      fc.property(paths, fc.infiniteStream(fc.nat()), (list, random) => {
        const shuffled = list
          .map((path) => ({ path, order: random.next().value as number }))
          .sort((a, b) => a.order - b.order)
        expect(JSON.stringify(setOfPaths(shuffled.map(({ path }) => path)))).to.equal(JSON.stringify(setOfPaths(list)))
        expect(JSON.stringify(canonicalSet(JSON.parse(JSON.stringify(setOfPaths(list)))))).to.equal(
          JSON.stringify(setOfPaths(list)),
        )
      }),
    )
  })

  it('are returned as they are by what changes nothing', () => {
    const set = setOfPaths([
      ['f:a', 'f:b'],
      ['f:a', 'f:c'],
    ])
    expect(union(set, setOf(['f:a', 'f:b']))).to.equal(set)
    expect(difference(set, setOf(['f:a', 'f:d']))).to.equal(set)
    expect(recursiveDifference(set, setOf(['f:b']))).to.equal(set)
  })

  it('are read leniently: unknown steps are left out', () => {
    expect(canonicalSet({ 'f:b': { 'x:new': {} }, 'f:a': { 'f:d': {}, '.': {}, 'f:c': {} } })).to.deep.equal({
      'f:a': { '.': {}, 'f:c': {}, 'f:d': {} },
      'f:b': {},
    })
    expect(canonicalSet(undefined)).to.deep.equal({})
  })
})
