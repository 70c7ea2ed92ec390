// Random objects of any type, in the form a server prints them: test data for codecs. Same seed, same objects.
import { typeByName } from '../../../../openapi/index.ts'
import type { ScalarType, Schema, StructSchema } from '../../../../openapi/schema.ts'

/** An integer from 0 up to and without `bound`. */
export type Random = (bound: number) => number

/** mulberry32 */
export function seeded(seed: number): Random {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}

const words = ['a', 'web', 'kube-system', 'x/y', 'ünï', '日本', 'line\nbreak', '"quoted"', 'true', '1', '🙂 z']
const word = (random: Random): string => words[random(words.length)]!
const secondsOf = (random: Random): string => new Date(random(2 ** 32 - 1) * 1000).toISOString().slice(0, 19)

const scalars: Readonly<Record<ScalarType, (random: Random) => unknown>> = {
  string: word,
  int32: (random) => (random(2) === 0 ? 1 + random(2 ** 31 - 1) : -1 - random(2 ** 31)),
  int64: (random) => (random(2) === 0 ? 1 : -1) * (1 + random(2 ** 31) * 2 ** random(20)),
  double: (random) => (1 + random(1000)) / 8,
  boolean: () => true,
  bytes: (random) => Buffer.from(word(random)).toString('base64'),
  quantity: (random) => ['0', '1', '100m', '128Mi', '-3', '1500n'][random(6)],
  intOrString: (random) => (random(2) === 0 ? random(65536) : 'http'),
  time: (random) => `${secondsOf(random)}Z`,
  microTime: (random) => `${secondsOf(random)}.${String(random(1e6)).padStart(6, '0')}Z`,
  duration: (random) => ['1h30m0s', '1.5s', '300ms', '10m0s'][random(4)],
}

function freeForm(name: string | undefined, random: Random): unknown {
  const props = (): unknown => randomValue(typeByName(name!.replace(/Or\w+$/, '')), random, 0)
  if (name?.endsWith('PropsOrArray')) return random(2) === 0 ? props() : [props(), props()]
  if (name?.endsWith('PropsOrBool')) return random(2) === 0 ? props() : random(2) === 0
  if (name?.endsWith('PropsOrStringArray')) return random(2) === 0 ? props() : ['a', 'b']
  return { 'f:a': { '.': {}, n: random(100) }, list: [1, 'two', null, { b: true }] }
}

/** @param depth levels of structs whose optional members may be filled in */
export function randomValue(schema: Schema, random: Random, depth: number): unknown {
  switch (schema.form) {
    case 'scalar':
      return scalars[schema.scalar](random)
    case 'list':
      return Array.from({ length: 1 + random(2) }, () => randomValue(schema.element, random, depth))
    case 'map':
      return Object.fromEntries(['a', 'b/c', 'd'].slice(random(3)).map((key) => [key, randomValue(schema.element, random, depth)]))
    case 'any':
      return freeForm(schema.name, random)
    case 'struct':
      return randomObject(schema, random, depth)
  }
}

const typeMeta = typeByName('io.k8s.apimachinery.pkg.apis.meta.v1.TypeMeta') as StructSchema

/** Without kind and apiVersion. What is always printed is there; the rest by chance. */
export function randomObject(schema: StructSchema, random: Random, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const field of schema.fields.values()) {
    if (field === typeMeta.fields.get(field.name)) continue
    if (!field.omit || (depth > 0 && random(3) > 0)) object[field.name] = randomValue(field.schema, random, depth - 1)
  }
  return object
}
