// Which fields two versions of an object differ in.
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeObject } from '../../../openapi/decode.ts'
import { compare } from './compare.ts'
import { ownedShapeOf } from './shape.ts'
import { builtIn, configMapType, podConfigurations, podType } from './testing.ts'
import type { ManagedType } from './versions.ts'

const changes = ({ schema }: ManagedType, old: object, next: object): unknown =>
  compare(ownedShapeOf(schema), decodeObject(schema, old).object, decodeObject(schema, next).object)

const containers = (...items: object[]): object => ({ metadata: { name: 'p' }, spec: { containers: items } })

describe('comparing two objects', () => {
  it('finds nothing where nothing differs but what nobody owns', () => {
    const old = { metadata: { name: 'a', uid: '1', resourceVersion: '7', generation: 1 }, data: { k: 'v' } }
    const next = { metadata: { name: 'b', uid: '2', resourceVersion: '8', generation: 2 }, data: { k: 'v' } }
    expect(changes(configMapType, old, next)).to.deep.equal({ added: {}, modified: {}, removed: {} })
  })

  it('adds a map with all that is in it, and later its members', () => {
    const added = { 'f:data': { '.': {}, 'f:k': {} } }
    expect(changes(configMapType, {}, { data: { k: 'v' } })).to.deep.equal({ added, modified: {}, removed: {} })
    expect(changes(configMapType, { data: { k: 'v', old: 'x' } }, { data: { k: 'w', new: 'y' } })).to.deep.equal({
      added: { 'f:data': { 'f:new': {} } },
      modified: { 'f:data': { 'f:k': {} } },
      removed: { 'f:data': { 'f:old': {} } },
    })
  })

  it('does not add what is printed even of nothing', () => {
    expect(changes(podType, {}, containers({ name: 'c', image: 'i' }))).to.deep.equal({
      added: {
        'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } },
      },
      modified: {},
      removed: {},
    })
  })

  it('knows list items by their keys, wherever they stand, with the defaults of keys', () => {
    const port = (containerPort: number, more: object = {}): object => ({
      name: 'c',
      ports: [{ containerPort, ...more }],
    })
    expect(changes(podType, containers(port(80)), containers(port(80, { protocol: 'TCP' })))).to.deep.equal({
      added: {
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': { 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:protocol': {} } } },
          },
        },
      },
      modified: {},
      removed: {},
    })
    const [a, b] = [{ name: 'a' }, { name: 'b' }]
    expect(changes(podType, containers(a, b), containers(b, a))).to.deep.equal({ added: {}, modified: {}, removed: {} })
  })

  it('takes items that cannot be told apart as one field', () => {
    const env = (...values: string[]): object =>
      containers({ name: 'c', env: values.map((value) => ({ name: 'A', value })) })
    const at = (node: object): object => ({
      'f:spec': { 'f:containers': { 'k:{"name":"c"}': { 'f:env': { 'k:{"name":"A"}': node } } } },
    })
    expect(changes(podType, env('1', '2'), env('1', '3'))).to.deep.equal({ added: {}, modified: at({}), removed: {} })
    expect(changes(podType, env('1'), env('1', '3'))).to.deep.equal({
      added: at({}),
      modified: {},
      removed: at({ '.': {}, 'f:name': {}, 'f:value': {} }),
    })
  })

  it('takes a set apart by its values', () => {
    const finalizers = (...list: string[]): object => ({ metadata: { finalizers: list } })
    expect(changes(configMapType, finalizers('a/b', 'c/d'), finalizers('c/d', 'e/f'))).to.deep.equal({
      added: { 'f:metadata': { 'f:finalizers': { 'v:"e/f"': {} } } },
      modified: {},
      removed: { 'f:metadata': { 'f:finalizers': { 'v:"a/b"': {} } } },
    })
  })

  it('takes what is one whole as one field', () => {
    const ingress = builtIn('networking.k8s.io/v1', 'io.k8s.api.networking.v1.Ingress')
    const rules = (host: string): object => ({ spec: { rules: [{ host }] } })
    expect(changes(ingress, rules('a.b'), rules('c.d'))).to.deep.equal({
      added: {},
      modified: { 'f:spec': { 'f:rules': {} } },
      removed: {},
    })
  })

  it('looks into maps without a type, but not into lists', () => {
    const crd = builtIn(
      'apiextensions.k8s.io/v1',
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps',
    )
    const owned = ownedShapeOf(crd.schema)
    expect(compare(owned, { default: { a: 1, b: [1] } }, { default: { a: 2, b: [1, 2] } }).modified).to.deep.equal({
      'f:default': { 'f:a': {}, 'f:b': {} },
    })
    expect(compare(owned, { default: { a: 1 } }, { default: 'x' })).to.deep.equal({
      added: {},
      modified: { 'f:default': {} },
      removed: { 'f:default': { 'f:a': {} } },
    })
  })

  it('finds the same both ways, and nothing in both', () => {
    fc.assert(
      fc.property(podConfigurations, podConfigurations, (a, b) => {
        const there = changes(podType, a, b) as Record<string, object>
        const back = changes(podType, b, a) as Record<string, object>
        expect(there['added']).to.deep.equal(back['removed'])
        expect(there['removed']).to.deep.equal(back['added'])
        expect(there['modified']).to.deep.equal(back['modified'])
      }),
    )
  })
})
