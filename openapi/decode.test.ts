// Error texts and the outputs in testdata/creations.json are a real server's (v1.36).
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decodeObject, DecodeError } from './decode.ts'
import { typeOfKind } from './index.ts'
import type { StructSchema } from './schema.ts'

interface Creation {
  case: string
  apiVersion: string
  output: { kind: string }
}

const creations = JSON.parse(readFileSync(new URL('./testdata/creations.json', import.meta.url), 'utf8')) as Creation[]
const kind = (apiVersion: string, name: string): StructSchema => typeOfKind(apiVersion, name)!
const pod = kind('v1', 'Pod')
const configMap = kind('v1', 'ConfigMap')

function decode(schema: StructSchema, value: unknown): unknown {
  return decodeObject(schema, value).object
}

/** Members in their order, which deep equality does not see. */
const text = (schema: StructSchema, value: unknown): string => JSON.stringify(decode(schema, value))

describe('decodeObject', () => {
  for (const { case: name, apiVersion, output } of creations) {
    it(`leaves what a real server printed as it is: ${name}`, () => {
      expect(text(kind(apiVersion, output.kind), output)).to.equal(JSON.stringify(output))
    })
  }

  it('puts members in Go order and keys of maps in byte order', () => {
    const value = {
      data: { b: '1', a: '2' },
      metadata: { labels: { z: '', y: '' }, name: 'x' },
      apiVersion: 'v1',
      kind: 'ConfigMap',
    }
    expect(text(configMap, value)).to.equal(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","labels":{"y":"","z":""}},"data":{"a":"2","b":"1"}}',
    )
  })

  it('leaves out empty values, and keeps zeros behind pointers', () => {
    const value = {
      metadata: {
        name: '',
        labels: {},
        finalizers: [],
        generation: 0,
        deletionGracePeriodSeconds: 0,
        ownerReferences: null,
      },
      immutable: false,
      data: {},
    }
    expect(decode(configMap, value)).to.deep.equal({ metadata: { deletionGracePeriodSeconds: 0 }, immutable: false })
  })

  it('prints what Go prints without being given it', () => {
    expect(text(pod, { spec: { containers: [{ image: 'x' }] } })).to.equal(
      '{"metadata":{},"spec":{"containers":[{"name":"","image":"x","resources":{}}]},"status":{}}',
    )
    expect(text(kind('v1', 'Service'), { spec: { ports: [{}] } })).to.equal(
      '{"metadata":{},"spec":{"ports":[{"port":0,"targetPort":0}]},"status":{"loadBalancer":{}}}',
    )
    expect(text(kind('v1', 'Event'), {})).to.contain('"firstTimestamp":null')
  })

  it('prints an empty list that is always printed as null, but not the items of a list of objects', () => {
    expect(decode(kind('rbac.authorization.k8s.io/v1', 'ClusterRole'), { rules: [] })).to.deep.equal({
      metadata: {},
      rules: null,
    })
    expect(decode(kind('v1', 'PodList'), { items: [] })).to.deep.equal({ metadata: {}, items: [] })
    expect(decode(kind('v1', 'PodList'), {})).to.deep.equal({ metadata: {}, items: null })
  })

  it('takes null elements for zero values', () => {
    expect(decode(configMap, { data: { a: null }, binaryData: { b: null } })).to.deep.equal({
      metadata: {},
      data: { a: '' },
      binaryData: { b: '' },
    })
    expect(decode(pod, { metadata: { finalizers: [null, 'a'] } }))
      .to.have.nested.property('metadata.finalizers')
      .that.deep.equals(['', 'a'])
  })

  it('puts quantities, times and bytes into canonical form', () => {
    const quota = kind('v1', 'ResourceQuota')
    expect(decode(quota, { spec: { hard: { cpu: 1.5, memory: '1024Mi' } } }))
      .to.have.nested.property('spec.hard')
      .that.deep.equals({ cpu: '1500m', memory: '1Gi' })
    const lease = kind('coordination.k8s.io/v1', 'Lease')
    expect(decode(lease, { spec: { renewTime: '2024-01-01T01:00:00.500000+01:00' } }))
      .to.have.nested.property('spec.renewTime')
      .that.equals('2024-01-01T00:00:00.500000Z')
    expect(decode(kind('v1', 'Secret'), { data: { a: 'YW\nI=' } }))
      .to.have.nested.property('data.a')
      .that.equals('YWI=')
  })

  it('shares nothing with the value but field sets, which nobody changes', () => {
    const fieldsV1 = { 'f:data': {} }
    const value = { metadata: { managedFields: [{ fieldsV1 }], labels: { a: 'b' } }, data: { c: 'd' } }
    const { object } = decodeObject(configMap, value)
    expect(object.metadata!.managedFields![0]!.fieldsV1).to.equal(fieldsV1)
    expect(object.metadata!.labels).to.deep.equal({ a: 'b' })
    expect(object.metadata!.labels).not.to.equal(value.metadata.labels)
    expect(object['data']).to.deep.equal({ c: 'd' })
    expect(object['data']).not.to.equal(value.data)
  })

  it('makes a member of a key that names the prototype', () => {
    const value = JSON.parse('{"data":{"__proto__":"x"}}') as unknown
    expect(text(configMap, value)).to.equal('{"metadata":{},"data":{"__proto__":"x"}}')
  })

  it('prunes unknown fields and reports them in the order of the value', () => {
    const deployment = {
      spec: { template: { spec: { containers: [{ name: 'c', imagePullPolcy: 'x' }] } }, replica: 1 },
      'a b': {},
      status: { conditions: [{}, { foo: null }] },
    }
    const { object, unknownFields } = decodeObject(kind('apps/v1', 'Deployment'), deployment)
    expect(unknownFields).to.deep.equal([
      'spec.template.spec.containers[0].imagePullPolcy',
      'spec.replica',
      'a b',
      'status.conditions[1].foo',
    ])
    expect(JSON.stringify(object)).not.to.match(/Polcy|replica"|a b|foo/)
  })

  it('prunes JSON schemas below items without reporting, as Go decodes them apart', () => {
    const schema = {
      properties: { a: { type: 'array', items: { typo: 1, type: 'string' }, typo: 2 } },
      additionalProperties: false,
    }
    const crd = { spec: { group: 'g', versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } }
    const { object, unknownFields } = decodeObject(kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition'), crd)
    const path = 'spec.versions[0].schema.openAPIV3Schema'
    expect(unknownFields).to.deep.equal([`${path}.properties.a.typo`])
    expect(object)
      .to.have.nested.property(path)
      .that.deep.equals({
        additionalProperties: false,
        properties: { a: { type: 'array', items: { type: 'string' } } },
      })
  })

  const container = (fields: object): object => ({ spec: { containers: [{ name: 'c', ...fields }] } })
  const errors: [string, StructSchema, unknown, string][] = [
    ['a list for an object', pod, [], 'json: cannot unmarshal array into Go value of type v1.Pod'],
    [
      'a string for a struct',
      pod,
      { spec: 'x' },
      'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec',
    ],
    [
      'an array for a struct',
      configMap,
      { metadata: [] },
      'json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta',
    ],
    [
      'an object for a list',
      pod,
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'a string for a number',
      pod,
      container({ ports: [{ containerPort: '80' }] }),
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'a fraction for an integer',
      pod,
      { spec: { terminationGracePeriodSeconds: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
    ],
    [
      'a number for a string',
      pod,
      container({ image: 1 }),
      'json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
    ],
    [
      'a bool for a string',
      configMap,
      { metadata: { name: true } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string',
    ],
    [
      'a number in a map',
      configMap,
      { data: { a: 1 } },
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      'a named string',
      pod,
      { spec: { restartPolicy: 1 } },
      'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      'an inline member',
      pod,
      { spec: { volumes: [{ name: 'v', secret: 'x' }] } },
      'json: cannot unmarshal string into Go struct field Volume.spec.volumes.VolumeSource.secret of type v1.SecretVolumeSource',
    ],
    [
      'a bad quantity',
      pod,
      container({ resources: { limits: { cpu: 'lots' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['bad base64', kind('v1', 'Secret'), { data: { a: 'abc!' } }, 'illegal base64 data at input byte 3'],
    [
      'the first of several',
      pod,
      { spec: { hostNetwork: 'x', containers: {} } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      'a type with a JSON form of its own before any other',
      pod,
      { spec: { hostNetwork: 'x', overhead: { cpu: 'x' } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'a time that is none',
      kind('coordination.k8s.io/v1', 'Lease'),
      { spec: { renewTime: 'yesterday' } },
      'parsing time "yesterday" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "yesterday" as "2006"',
    ],
  ]
  for (const [what, schema, value, message] of errors) {
    it(`says what Go says of ${what}`, () => {
      expect(() => decodeObject(schema, value))
        .to.throw(DecodeError)
        .with.property('message', message)
    })
  }
})
