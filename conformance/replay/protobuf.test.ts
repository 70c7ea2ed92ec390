// Of protobuf, only the outline is compared.
import { expect } from 'chai'
import { decodeBody, layoutOf } from './decode.ts'
import { describeEnvelope, describeEvent } from './protobuf.ts'

const field = (number: number, bytes: Buffer | string): Buffer => {
  const value = Buffer.from(bytes)
  return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value])
}
const integer = (number: number, value: number): Buffer => Buffer.from([number * 8, value])
const envelope = (raw: Buffer): Buffer => {
  const type = Buffer.concat([field(1, 'v1'), field(2, 'Pod')])
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw), field(3, ''), field(4, '')])
}
const metadata = field(1, Buffer.concat([field(1, 'name'), integer(7, 3)]))
const described = { magic: true, apiVersion: 'v1', kind: 'Pod', contentEncoding: '', contentType: '' }

describe('describeEnvelope', () => {
  it('tells type, and numbers and wire types of the fields of object and metadata', () => {
    expect(
      describeEnvelope(envelope(Buffer.concat([metadata, integer(2, 1), field(3, 'x'), field(3, 'y')]))),
    ).to.deep.equal({
      ...described,
      fields: ['1:2', '2:0', '3:2'],
      metadataFields: ['1:2', '7:0'],
    })
  })

  it('tells an object without metadata', () => {
    expect(describeEnvelope(envelope(integer(2, 1)))).to.deep.equal({
      ...described,
      fields: ['2:0'],
      metadataFields: [],
    })
  })

  it('refuses what ends within a field', () => {
    expect(() => describeEnvelope(envelope(Buffer.from([10, 5, 1])))).to.throw('ends within a field')
  })

  it('knows what is none', () => {
    expect(describeEnvelope(Buffer.from('{}'))).to.deep.equal({ magic: false })
  })
})

describe('describeEvent', () => {
  const event = Buffer.concat([field(1, 'ADDED'), field(2, field(1, envelope(metadata)))])
  const object = { ...described, fields: ['1:2'], metadataFields: ['1:2', '7:0'] }

  it('tells type and object', () => {
    expect(describeEvent(event)).to.deep.equal({ type: 'ADDED', object })
  })

  it('says if it came in an envelope', () => {
    expect(describeEvent(envelope(event))).to.deep.equal({ framed: 'envelope', type: 'ADDED', object })
  })
})

describe('decodeBody', () => {
  const decode = (type: string, body: Buffer | string): unknown =>
    decodeBody({ 'content-type': [type] }, Buffer.from(body))
  it('tells JSON, text, protobuf, CBOR and other bytes apart', () => {
    expect(decode('application/json', '')).to.equal(null)
    expect(decode('application/merge-patch+json; a=b', '{"a":1}')).to.deep.equal({ a: 1 })
    expect(decode('application/json', '{')).to.deep.equal({ $text: '{' })
    expect(decode('application/yaml', 'a: 1')).to.deep.equal({ $text: 'a: 1' })
    expect(decode('application/vnd.kubernetes.protobuf', 'k8s\0')).to.deep.equal({ $protobuf: { magic: true } })
    expect(decode('application/cbor', Buffer.from([0xd9, 0xd9, 0xf7, 0xa0]))).to.deep.equal({
      $cbor: 'self-described',
    })
    expect(decode('x', Buffer.from([0xff, 0]))).to.deep.equal({ $bytes: 2 })
  })
})

describe('layoutOf', () => {
  it('tells pretty from compact', () => {
    expect(layoutOf(Buffer.from('{}\n'))).to.deep.equal({ trailingNewline: true, multiline: false })
    expect(layoutOf(Buffer.from('{\n}'))).to.deep.equal({ trailingNewline: false, multiline: true })
  })
})
