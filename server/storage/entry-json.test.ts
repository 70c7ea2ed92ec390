// The bytes of versions: those of JSON.stringify, whatever the version before lends to them.
import { expect } from 'chai'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { textOf } from './byte-string.ts'
import { encodeObject, type EncodedVersion } from './entry-json.ts'

const managedFields = [
  {
    manager: 'm',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { '.': {}, 'f:ü': {} } },
    subresource: 'status',
  },
]

function version(value: object, old?: EncodedVersion): EncodedVersion {
  const object = value as Frozen<AnyObject>
  return { object, ...encodeObject(object, old) }
}

function expectJson(one: EncodedVersion): void {
  expect(textOf(one.bytes)).to.equal(JSON.stringify(one.object))
}

describe('encodeObject', () => {
  const spec = { names: ['é', '"'], replicas: 1 }
  const status = { phase: 'Pending' }
  const metadata = { name: 'ü', managedFields }
  const first = version({ kind: 'K', apiVersion: 'v1', metadata, spec, status })

  it('writes what JSON.stringify writes', () => {
    expectJson(first)
    expectJson(version({ metadata: {} }))
    expectJson(version({ apiVersion: 'v1', a: 1, metadata, z: null }))
  })

  it('takes what follows metadata from the version before', () => {
    const marked = version({ ...first.object, metadata: { name: 'longer name' } }, first)
    expectJson(marked)
    expectJson(version({ ...marked.object, metadata }, marked))
  })

  it('takes the first member after metadata where only others changed, came or went', () => {
    const running = version({ ...first.object, status: { phase: 'läuft' } }, first)
    expectJson(running)
    expectJson(version({ ...running.object, status }, running))
    const { status: _, ...rest } = running.object
    const without = version(rest, running)
    expectJson(without)
    expectJson(version({ ...rest, status, other: 1 }, without))
  })

  it('takes nothing where the first member after metadata is another', () => {
    expectJson(version({ ...first.object, spec: { ...spec, replicas: 2 } }, first))
    const { spec: _, ...rest } = first.object
    expectJson(version(rest, first))
    expectJson(version({ kind: 'K', apiVersion: 'v1', metadata }, first))
    expectJson(version(first.object, version({ metadata: {} })))
  })
})
