// Types, writers and random objects for the tests of field ownership.
import fc from 'fast-check'
import { typeByName } from '../../../openapi/index.ts'
import type { StructSchema } from '../../../openapi/schema.ts'
import { objectsOf, type FieldChoice } from '../testdata/random-objects.ts'
import { excluding } from './filter.ts'
import type { Writer } from './update.ts'
import type { ManagedType } from './versions.ts'

export const start = Date.parse('2026-01-01T00:00:00Z')

export function builtIn(apiVersion: string, type: string): ManagedType {
  return { apiVersion, schema: typeByName(type) as StructSchema, filter: excluding('status'), other: () => undefined }
}

export const podType = builtIn('v1', 'io.k8s.api.core.v1.Pod')
export const configMapType = builtIn('v1', 'io.k8s.api.core.v1.ConfigMap')

export const writer = (manager: string, seconds = 0): Writer => ({
  manager,
  subresource: '',
  now: start + seconds * 1000,
})

/** Objects of one kind, any; a counterexample is told without the schema of its kind. */
export function randomObjects(count: number, mayHave?: FieldChoice): fc.Arbitrary<ReturnType<typeof objectsOf>> {
  return fc.integer().map((seed) => {
    const made = objectsOf(seed, count, mayHave)
    const print = (): string => made.objects.map((object) => JSON.stringify(object)).join('\n')
    return { ...made, [fc.toStringMethod]: print }
  })
}

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })
const names = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('1', '2')
const labels = fc.dictionary(names, text)

const port = fc.record({
  containerPort: fc.constantFrom(80, 443, 8080),
  protocol: optional(fc.constantFrom('TCP', 'UDP')),
  name: optional(names),
})
const env = fc.record({ name: names, value: optional(text) })
const container = fc.record({
  name: names,
  image: optional(text),
  args: optional(fc.array(text, { maxLength: 2 })),
  env: optional(fc.uniqueArray(env, { selector: ({ name }) => name })),
  ports: optional(
    fc.uniqueArray(port, { selector: ({ containerPort, protocol = 'TCP' }) => `${containerPort} ${protocol}` }),
  ),
  resources: optional(fc.record({ limits: optional(fc.dictionary(fc.constantFrom('cpu', 'memory'), text)) })),
})

/** Configurations of one pod: structs, maps, lists by one key and by two, a set, lists and structs that are one whole. */
export const podConfigurations: fc.Arbitrary<object> = fc
  .record({
    labels: optional(labels),
    finalizers: optional(fc.uniqueArray(fc.constantFrom('x.y/a', 'x.y/b'))),
    containers: optional(fc.uniqueArray(container, { selector: ({ name }) => name, maxLength: 2 })),
    nodeSelector: optional(labels),
    hostname: optional(text),
    tolerations: optional(fc.array(fc.record({ key: names }), { maxLength: 1 })),
  })
  .map(({ labels: own, finalizers, ...spec }) =>
    withoutAbsent({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: own, finalizers }, spec }),
  )

function withoutAbsent(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object
}
