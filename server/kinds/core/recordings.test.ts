// Replays what a real server answered for the core group through the kinds alone: no store, no HTTP.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { applyDefaults } from '../../../openapi/defaults.ts'
import { decodeObject } from '../../../openapi/decode.ts'
import { resources, tableColumns, typeByName } from '../../../openapi/index.ts'
import type { ResourceFacts, StructSchema } from '../../../openapi/schema.ts'
import { copy } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { type JsonObject, applyMergePatch } from '../../apimachinery/patch/merge-patch.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../../apimachinery/validation.ts'
import type { KindBehaviour, StrategyContext } from '../../registry/kind.ts'
import { kinds } from '../index.ts'
import { allocatorOf } from './service/testing.ts'

interface Creation {
  case: string
  apiVersion: string
  input: AnyObject
  output: AnyObject
}
interface Judged {
  case: string
  input: AnyObject
  causes: FieldError[]
}
interface Updates {
  case: string
  created: AnyObject
  patches: { patch: AnyObject; causes: FieldError[] }[]
}
interface PodRow {
  case: string
  pod: AnyObject
  cells: unknown[]
  conditions: unknown[]
}

const now = Date.parse('2024-06-01T00:00:00Z')
const context: StrategyContext = { user: { name: 'admin', groups: ['system:masters'] }, now, namespace: 'ns' }
const allocator = allocatorOf({ random: () => 0.5 })

function read<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T[]
}

function lookUp({ kind: name }: AnyObject): {
  facts: ResourceFacts
  kind: KindBehaviour<AnyObject>
  schema: StructSchema
} {
  const matches = (one: { group: string; kind: string }): boolean => one.group === '' && one.kind === name
  const facts = resources.find(matches)!
  return { facts, kind: kinds.find(matches)!, schema: typeByName(facts.type) as StructSchema }
}

/** Decoded and defaulted, as it comes to the registry. */
function received(input: AnyObject): AnyObject {
  const { facts, kind, schema } = lookUp(input)
  const { object } = decodeObject(schema, input)
  applyDefaults(facts, object)
  kind.defaults?.(object)
  return object
}

/** As the registry has it before it validates a creation. */
function created(input: AnyObject): AnyObject {
  const { facts, kind } = lookUp(input)
  const object = received(input)
  const metadata = (object.metadata ??= {})
  metadata.uid = 'uid'
  metadata.creationTimestamp = '2024-06-01T00:00:00Z'
  if (facts.namespaced) metadata.namespace = 'ns'
  const hasStatus = facts.subresources.some(({ name }) => name === 'status')
  if (hasStatus && kind.strategy?.keepsStatusOnCreate !== true) delete object['status']
  if (facts.kind === 'Service') allocator.begin(object, undefined, false)
  kind.strategy?.prepareForCreate?.(object, context)
  return object
}

function errorsOfCreation(object: AnyObject): FieldError[] {
  const { facts, kind } = lookUp(object)
  return [
    ...validateObjectMeta(object.metadata!, {
      namespaced: facts.namespaced,
      nameValidator: kind.validateName,
      strictFinalizers: true,
    }),
    ...(kind.strategy?.validate?.(object) ?? []),
  ]
}

/** What cannot be allocated is told before anything is validated. */
function errorsOf(judge: () => FieldError[]): FieldError[] {
  try {
    return judge()
  } catch (error) {
    if (error instanceof StatusError) return error.status.details!.causes as FieldError[]
    throw error
  }
}

/** As stored: allocated, canonical. */
function stored(input: AnyObject): AnyObject {
  const object = created(input)
  object.metadata!.resourceVersion = '1'
  return decodeObject(lookUp(object).schema, object).object
}

describe('defaults of core kinds', () => {
  /** Set by admission plugins or allocated: not the kinds' work. */
  const notOurs = [
    'serviceAccount',
    'serviceAccountName',
    'priority',
    'preemptionPolicy',
    'tolerations',
    'taints',
    'clusterIP',
    'clusterIPs',
  ]
  const isOurVolume = ({ name }: { name: string }): boolean => !name.startsWith('kube-api-access')

  function comparable(object: AnyObject): AnyObject {
    const result = decodeObject(lookUp(object).schema, copy(object)).object
    for (const name of ['uid', 'creationTimestamp', 'generation', 'finalizers', 'namespace'] as const)
      delete result.metadata?.[name]
    const spec = (result['spec'] ?? {}) as Record<string, unknown>
    for (const name of notOurs) delete spec[name]
    for (const list of ['containers', 'initContainers']) {
      for (const container of (spec[list] ?? []) as Record<string, unknown>[]) delete container['volumeMounts']
    }
    const volumes = ((spec['volumes'] ?? []) as { name: string }[]).filter(isOurVolume)
    delete spec['volumes']
    if (volumes.length > 0) spec['volumes'] = volumes
    for (const port of (spec['ports'] ?? []) as Record<string, unknown>[]) delete port['nodePort']
    delete spec['healthCheckNodePort']
    for (const time of ['lastPhaseTransitionTime', 'conditions'])
      delete (result['status'] as Record<string, unknown> | undefined)?.[time]
    return result
  }

  const creations = read<Creation>('../../../openapi/testdata/creations.json').filter(
    ({ apiVersion }) => apiVersion === 'v1',
  )
  for (const { case: name, input, output } of creations) {
    it(`are the real server's: ${name}`, () => {
      expect(comparable(created(input))).to.deep.equal(comparable(output))
    })
  }
})

describe('validation of core kinds', () => {
  for (const { case: name, input, causes } of read<Judged>('testdata/validation.json')) {
    it(`answers a creation as the real server does: ${name}, ${causes[0]?.field ?? 'valid'}`, () => {
      const errors = errorsOf(() => errorsOfCreation(created(input)))
      expect(errors).to.deep.equal(causes)
    })
  }

  for (const { case: name, created: input, patches } of read<Updates>('testdata/updates.json')) {
    it(`answers updates as the real server does: ${name}`, () => {
      let old = stored(input)
      for (const { patch, causes } of patches) {
        const { kind, schema } = lookUp(old)
        const object = received(applyMergePatch(copy(old) as JsonObject, patch as JsonObject) as AnyObject)
        if (old.kind === 'Service') allocator.begin(object, old, false)
        kind.strategy?.prepareForUpdate?.(object, old, context)
        const common = kind.strategy?.validateUpdateOnly === true ? [] : (kind.strategy?.validate?.(object) ?? [])
        const errors = [
          ...validateObjectMetaUpdate(object.metadata!, old.metadata!, { strictFinalizers: true }),
          ...common,
          ...(kind.strategy?.validateUpdate?.(object, old) ?? []),
        ]
        // A server that allocates an address of its own prints that one.
        expect(errors).to.deep.equal(causes)
        if (errors.length === 0) old = decodeObject(schema, object).object
      }
    })
  }
})

describe('rows of pods', () => {
  const columns = tableColumns('', 'v1', 'pods')!.map(({ name }) => name)
  const { kind } = lookUp({ kind: 'Pod' })
  for (const { case: name, pod, cells, conditions } of read<PodRow>('testdata/pod-rows.json')) {
    it(`are the real server's: ${name}`, () => {
      const object = received({ apiVersion: 'v1', kind: 'Pod', ...pod })
      const ours = columns.map(
        (column) => kind.cells?.[column]?.(object, now) ?? (column === 'Age' ? '{age}' : object.metadata?.name),
      )
      expect(ours).to.deep.equal(cells)
      expect(kind.rowConditions?.(object)).to.deep.equal(conditions)
    })
  }
})
