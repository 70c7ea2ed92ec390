// Replays what a real server answered to creations, updates and table requests through the kinds alone: no store, no
// HTTP. `causes` are reason, field and message of each error, in order; an empty list is a success.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { applyDefaults } from '../../openapi/defaults.ts'
import { decodeObject } from '../../openapi/decode.ts'
import { resources, typeByName } from '../../openapi/index.ts'
import type { ResourceFacts, StructSchema } from '../../openapi/schema.ts'
import { copy } from '../apimachinery/equality.ts'
import type { FieldError } from '../apimachinery/field.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../apimachinery/validation.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { KindBehaviour, StrategyContext } from '../registry/kind.ts'
import { kinds } from './index.ts'

type Causes = [reason: string, field: string, message: string][]
interface Creation {
  case: string
  input: AnyObject
  causes: Causes
}
interface Update extends Creation {
  subresource: string
  /** As it was stored. */
  old: AnyObject
}
interface Row {
  case: string
  object: AnyObject
  columns: string[]
  cells: unknown[]
}
interface Defaulting {
  input: AnyObject
  output: AnyObject
}

const namespace = 'ns'
const context: StrategyContext = {
  user: { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] },
  now: Date.parse('2024-06-01T00:00:00Z'),
  namespace,
}

function read<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`testdata/${name}.json`, import.meta.url), 'utf8')) as T[]
}

function lookUp({ apiVersion = '', kind: name }: AnyObject): { facts: ResourceFacts; kind: KindBehaviour<AnyObject> } {
  const matches = (one: { group: string; version: string; kind: string }): boolean =>
    one.kind === name && apiVersion === (one.group === '' ? one.version : `${one.group}/${one.version}`)
  return { facts: resources.find(matches)!, kind: kinds.find(matches)! }
}

function canonical(facts: ResourceFacts, object: AnyObject): AnyObject {
  return decodeObject(typeByName(facts.type) as StructSchema, object).object
}

function hasStatus(facts: ResourceFacts): boolean {
  return facts.subresources.some(({ name }) => name === 'status')
}

/** Decoded and defaulted, as it comes to the registry. */
function received(input: AnyObject): AnyObject {
  const { facts, kind } = lookUp(input)
  const object = canonical(facts, input)
  applyDefaults(facts, object)
  kind.defaults?.(object)
  return object
}

/** What the registry does before it validates a creation. */
function prepared(input: AnyObject, uid: string): AnyObject {
  const { facts, kind } = lookUp(input)
  const object = received(input)
  const metadata = (object.metadata ??= {})
  metadata.uid = uid
  if (facts.namespaced) metadata.namespace ??= namespace
  if (kind.generation === true) metadata.generation = 1
  if (hasStatus(facts)) delete object['status']
  kind.strategy?.prepareForCreate?.(object, context)
  return object
}

function causesOf(errors: readonly FieldError[]): Causes {
  return errors.map(({ reason, field, message }) => [reason, field, message])
}

describe('recorded defaults', () => {
  for (const { input, output } of read<Defaulting>('defaults')) {
    it(`are those of ${input.apiVersion} ${input.kind} ${input.metadata?.name}`, () => {
      const { facts, kind } = lookUp(input)
      const object = prepared(input, '<uid>')
      const stored = kind.storedAs === undefined ? object : kind.storedAs.fromStored(kind.storedAs.toStored(object))
      const ours = canonical(facts, stored)
      const real = canonical(facts, output)
      delete ours.metadata?.uid
      delete ours.metadata?.generation
      delete real.metadata?.generation
      expect(ours).to.deep.equal(real)
    })
  }
})

describe('recorded creations', () => {
  for (const { case: name, input, causes } of read<Creation>('creations')) {
    it(`are answered alike: ${name}, ${causes[0]?.[1] ?? 'valid'}`, () => {
      const { facts, kind } = lookUp(input)
      const object = prepared(input, 'UID')
      const errors = [
        ...validateObjectMeta(object.metadata!, { namespaced: facts.namespaced, nameValidator: kind.validateName }),
        ...(kind.strategy?.validate?.(object) ?? []),
      ]
      expect(causesOf(errors)).to.deep.equal(causes)
    })
  }
})

/** What the registry does before it validates an update. */
function preparedUpdate({ input, old, subresource }: Update): AnyObject {
  const { facts, kind } = lookUp(old)
  const draft = received({ ...input, apiVersion: old.apiVersion!, kind: old.kind! })
  const { uid, creationTimestamp, generation } = old.metadata!
  Object.assign(draft.metadata!, { uid, creationTimestamp, generation, resourceVersion: '1' })
  if (facts.namespaced) draft.metadata!.namespace = namespace
  if (subresource === '') {
    if (hasStatus(facts)) {
      if (old['status'] === undefined) delete draft['status']
      else draft['status'] = copy(old['status'])
    }
    kind.strategy?.prepareForUpdate?.(draft, old, context)
    return draft
  }
  const object: AnyObject = { ...copy(old), metadata: draft.metadata!, status: draft['status'] }
  const strategy = subresource === 'approval' ? kind.approval : kind.status
  strategy?.prepareForUpdate?.(object, old, context)
  return object
}

describe('recorded updates', () => {
  for (const update of read<Update>('updates')) {
    const { case: name, old, causes, subresource } = update
    it(`are answered alike: ${name} ${subresource}, ${causes[0]?.[1] ?? 'valid'}`, () => {
      const { kind } = lookUp(old)
      const draft = preparedUpdate(update)
      const strategy =
        subresource === 'approval' ? kind.approval : subresource === 'status' ? kind.status : kind.strategy
      const isBoth = subresource === '' && kind.strategy?.validateUpdateOnly !== true
      const errors = [
        ...validateObjectMetaUpdate(draft.metadata!, old.metadata!),
        ...(isBoth ? (kind.strategy?.validate?.(draft) ?? []) : []),
        ...(strategy?.validateUpdate?.(draft, old) ?? []),
      ]
      expect(causesOf(errors)).to.deep.equal(causes)
    })
  }
})

describe('recorded table rows', () => {
  for (const { case: name, object, columns, cells } of read<Row>('rows')) {
    it(`have the same cells: ${name}`, () => {
      const { kind } = lookUp(object)
      const ours = columns.map((column, at) => kind.cells?.[column]?.(object, context.now) ?? cells[at])
      // Recorded ages are masked: there, ours must be one.
      const masked = ours.map((cell, at) =>
        cells[at] === '{age}' && /^([0-9]+[smhdy])+$/.test(String(cell)) ? '{age}' : cell,
      )
      expect(masked).to.deep.equal(cells)
    })
  }
})
