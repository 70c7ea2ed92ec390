// Protobuf bodies, lists and watch frames, as Go writes and reads them.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { registeredKinds, typeOfKind } from '../../../openapi/index.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import {
  decodeEnvelope,
  decodeProtobuf,
  decodeProtobufWatchFrame,
  encodeMessage,
  encodeProtobuf,
  protobufItemHead,
  protobufItemHeadSize,
  protobufListFrame,
  protobufWatchFrameParts,
  ProtobufError,
} from './protobuf.ts'
import { joinPieces, sizeOf } from '../pieces.ts'
import { randomObject, seeded } from './testdata/random-objects.ts'

interface Sample {
  object: AnyObject
  protobuf: string
}

// Bytes and JSON of the same objects, both as Go's serializers of v1.36 write them.
const samples = JSON.parse(readFileSync(new URL('testdata/protobuf.json', import.meta.url), 'utf8')) as Sample[]

describe('protobuf', () => {
  for (const { object, protobuf } of samples) {
    it(`writes and reads a ${object.kind} as Go does`, () => {
      expect(encodeProtobuf(object).toString('base64')).to.equal(protobuf)
      expect(JSON.stringify(decodeProtobuf(Buffer.from(protobuf, 'base64')))).to.equal(JSON.stringify(object))
    })
  }

  it('loses nothing of any kind, and keeps the order of members', () => {
    let seed = 1
    for (const depth of [2, 6]) {
      for (const { apiVersion, kind } of registeredKinds()) {
        const schema = typeOfKind(apiVersion, kind)
        if (schema === undefined) continue
        const object = { kind, apiVersion, ...randomObject(schema, seeded(seed++), depth) }
        const back = decodeProtobuf(encodeProtobuf(object))
        expect(JSON.stringify(back), `${apiVersion} ${kind}`).to.equal(JSON.stringify(object))
      }
    }
  })

  it('reads a body with only the members a client wrote', () => {
    const body = Buffer.from('azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhYKDAoCcGJaBgoBbBIBdhIGCgFrEgF2GgAiAA==', 'base64')
    expect(decodeProtobuf(body)).to.deep.equal({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'pb', labels: { l: 'v' } },
      data: { k: 'v' },
    })
  })

  it('leaves out empty bytes where Go does, and not in maps', () => {
    const there = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' }
    const webhook = (clientConfig: object): AnyObject => ({ ...there, webhooks: [{ name: 'a', clientConfig }] })
    const back = decodeProtobuf(encodeProtobuf(webhook({ url: 'https://a', caBundle: '' })))
    expect(back).to.deep.equal(decodeProtobuf(encodeProtobuf(webhook({ url: 'https://a' }))))
    const secret = { apiVersion: 'v1', kind: 'Secret', data: { a: '' } }
    expect(decodeProtobuf(encodeProtobuf(secret))).to.deep.include({ data: { a: '' } })
  })

  it('writes a list that is null in a map as an empty one', () => {
    const review = (list: string[] | null): AnyObject => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { extra: { a: list } },
    })
    expect(encodeProtobuf(review(null)).equals(encodeProtobuf(review([])))).to.equal(true)
  })

  it('fills in the type an envelope does not name', () => {
    const raw = encodeMessage({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })
    const body = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12, raw.length]), raw])
    expect(decodeProtobuf(body, { apiVersion: 'v1', kind: 'ConfigMap' })).to.deep.include({
      kind: 'ConfigMap',
      metadata: { name: 'a' },
    })
  })

  it('says what is wrong with a body in the words of a server', () => {
    const failures: [string, Buffer][] = [
      ['empty data', Buffer.alloc(0)],
      ['provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]', Buffer.from('nope')],
      ['empty body', Buffer.from('k8s\0')],
      ['unexpected EOF', Buffer.from('azhzAP//', 'base64')],
      [
        'proto: wrong wireType = 0 for field ObjectMeta',
        Buffer.concat([Buffer.from('k8s\0'), Buffer.from('0a0f0a0276311209436f6e6669674d617012020805', 'hex')]),
      ],
      [
        'proto: ConfigMap: wiretype end group for non-group',
        Buffer.concat([Buffer.from('k8s\0'), Buffer.from('0a0f0a0276311209436f6e6669674d617012029c06', 'hex')]),
      ],
      ['proto: Unknown: illegal tag 0 (wire type 0)', Buffer.from('k8s\0\0')],
      [
        'proto: wrong wireType = 0 for field Name',
        Buffer.concat([Buffer.from('k8s\0'), Buffer.from('0a0f0a0276311209436f6e6669674d617012040a020801', 'hex')]),
      ],
    ]
    for (const [message, body] of failures) expect(() => decodeProtobuf(body), message).to.throw(ProtobufError, message)
  })

  it('makes a list of items encoded before', () => {
    const items = [0, 1].map((n) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c${n}` },
      data: { k: 'v' },
    }))
    const metadata = { resourceVersion: '5' }
    const type = { apiVersion: 'v1', kind: 'ConfigMapList' }
    const parts = items.map(encodeMessage).flatMap((item) => [protobufItemHead(item.length), item])
    for (const length of [0, 1, 127, 128, 16_383, 16_384, 2 ** 27])
      expect(protobufItemHeadSize(length)).to.equal(protobufItemHead(length).length)
    const { head, tail } = protobufListFrame(type, metadata, sizeOf(parts))
    const list = joinPieces([head, ...parts, tail])
    const whole = encodeProtobuf({
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      metadata,
      items: items.map(({ metadata, data }) => ({ metadata, data })),
    })
    expect(list.equals(whole)).to.equal(true)
  })

  it('frames watch events', () => {
    const object = {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name: 'n' },
      spec: {},
      status: { phase: 'Active' },
    }
    const frame = joinPieces(protobufWatchFrameParts('ADDED', [encodeProtobuf(object)]))
    expect(frame.readUInt32BE(0)).to.equal(frame.length - 4)
    expect(decodeProtobufWatchFrame(frame.subarray(4))).to.deep.equal({ type: 'ADDED', object })
  })

  it('has metadata-only forms, and the documents of discovery', () => {
    const metadata = { name: 'a', labels: { x: 'y' } }
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
    const list = {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {},
      items: [{ metadata }],
    }
    for (const object of [partial, list]) expect(decodeProtobuf(encodeProtobuf(object))).to.deep.equal(object)
    const versions = {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: 'a:1' }],
    }
    expect(decodeProtobuf(encodeProtobuf(versions), { apiVersion: 'v1', kind: '' })).to.deep.include(versions)
    const resources = {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'v1',
      resources: [{ name: 'p', singularName: '', namespaced: true, kind: 'P', verbs: ['get'] }],
    }
    expect(decodeProtobuf(encodeProtobuf(resources))).to.deep.equal(resources)
  })

  it('knows the options of requests in any group', () => {
    const options = { kind: 'DeleteOptions', apiVersion: 'apps/v1', propagationPolicy: 'Background' }
    expect(decodeProtobuf(encodeProtobuf(options))).to.deep.equal(options)
  })

  it('opens envelopes', () => {
    const { apiVersion, kind, contentType } = decodeEnvelope(
      encodeProtobuf({ apiVersion: 'v1', kind: 'Status', status: 'Success' }),
    )
    expect({ apiVersion, kind, contentType }).to.deep.equal({ apiVersion: 'v1', kind: 'Status', contentType: '' })
  })
})
