// Decoding with an older result at hand: equal parts are shared with it, or copied as they are.
import { expect } from 'chai'
import { deepFreeze } from '../server/apimachinery/equality.ts'
import { decodeAgainst, decodeObject } from './decode.ts'
import { typeByName } from './index.ts'
import type { StructSchema } from './schema.ts'

const schema = typeByName('io.k8s.api.core.v1.Pod') as StructSchema
const spec = {
  containers: [{ name: 'a', image: 'i', resources: { limits: { cpu: '0.5' } } }, { name: 'b' }],
  nodeSelector: { b: '2', a: '1' },
}
const metadata = { name: 'p', managedFields: [{ manager: 'm', fieldsV1: { 'f:spec': {} } }] }
const old = deepFreeze(decodeObject(schema, { metadata, spec, status: { phase: 'Pending' } }).object)
const parts = (object: object) => object as Record<'spec' | 'status', Record<string, unknown[]>>

describe('decodeAgainst', () => {
  it('returns the old object itself for a value that says the same', () => {
    expect(decodeAgainst(schema, { ...structuredClone(old), metadata: old.metadata }, old)).to.equal(old)
    expect(decodeAgainst(schema, { status: old['status'], spec, metadata: old.metadata }, old)).to.equal(old)
  })

  it('shares what is equal, and decodes the rest as ever', () => {
    const value = {
      metadata: old.metadata,
      spec: { ...spec, containers: [spec.containers[0], { name: 'c' }], hostname: '' },
    }
    const object = decodeAgainst(schema, value, old)
    expect(object).to.deep.equal(decodeObject(schema, value).object)
    expect(JSON.stringify(object)).to.equal(JSON.stringify(decodeObject(schema, value).object))
    expect(parts(object).spec['nodeSelector']).to.equal(parts(old).spec['nodeSelector'])
    expect(parts(object).spec['containers']![0]).to.equal(parts(old).spec['containers']![0])
    expect(parts(object).spec['containers']![1]).not.to.equal(parts(old).spec['containers']![1])
  })

  it('notices what is gone', () => {
    const { nodeSelector: _, ...rest } = spec
    expect(parts(decodeAgainst(schema, { spec: rest }, old)).spec).not.to.have.property('nodeSelector')
    expect(decodeAgainst(schema, { spec: { ...spec, nodeSelector: { a: '1' } } }, old)).to.deep.include({
      spec: { ...parts(old).spec, nodeSelector: { a: '1' } },
    })
  })
})

describe('decodeObject, of what was changed in a known object', () => {
  it('makes an object that may be changed, but for its field sets', () => {
    const { object } = decodeObject(schema, { ...old, status: { phase: 'Running' } }, undefined, old)
    expect(object).to.deep.equal({ ...old, status: { phase: 'Running' } })
    expect(parts(object).spec).not.to.equal(parts(old).spec)
    expect(Object.isFrozen(parts(object).spec['containers']![0])).to.equal(false)
    expect(object.metadata!.managedFields![0]!.fieldsV1).to.equal(old.metadata!.managedFields![0]!.fieldsV1)
    expect(Object.isFrozen(object.metadata!.managedFields![0])).to.equal(false)
  })
})
