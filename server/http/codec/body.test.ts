// Bodies of requests, in every media type they come in.
import { expect } from 'chai'
import { StatusError } from '../../apimachinery/errors.ts'
import { decodeApplyBody, decodeBody, decodePatchBody } from './body.ts'

const configmap = { apiVersion: 'v1', kind: 'ConfigMap' }
const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap): '
const decode = (body: string | Buffer, contentType?: string): unknown =>
  decodeBody(contentType, Buffer.from(body as string), configmap).value

describe('request bodies', () => {
  const failures: [name: string, contentType: string, body: string | Buffer, message: string][] = [
    [
      'no JSON',
      'application/json',
      '{"kind"',
      `${unrecognized}couldn't get version/kind; json parse error: unexpected end of JSON input ({"kind")`,
    ],
    [
      'nothing',
      'application/json',
      '',
      `${unrecognized}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    ],
    [
      'a list',
      '',
      '[]',
      `${unrecognized}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
    ],
    [
      'something after the object',
      'application/json',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}} trailing',
      `${unrecognized}couldn't get version/kind; json parse error: invalid character 't' after top-level value ({"apiVersion":"v1","kind":"Con ...)`,
    ],
    [
      'an odd version',
      'application/json',
      '{"apiVersion": "a/b/c", "kind": "ConfigMap"}',
      `${unrecognized}unexpected GroupVersion string: a/b/c ({"apiVersion": "a/b/c", "kind" ...)`,
    ],
    [
      'protobuf that is none',
      'application/vnd.kubernetes.protobuf',
      'nope',
      `${unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (6e6f7065)`,
    ],
    ['empty protobuf', 'application/vnd.kubernetes.protobuf', '', `${unrecognized}empty data (<empty>)`],
    [
      'broken protobuf',
      'application/vnd.kubernetes.protobuf',
      Buffer.from('azhzAP//', 'base64'),
      `${unrecognized}unexpected EOF (6b387300ffff)`,
    ],
    [
      'no YAML',
      'application/yaml',
      'a: b: c',
      `${unrecognized}yaml: mapping values are not allowed in this context (613a20623a2063)`,
    ],
    [
      'another type',
      'text/plain',
      'x',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
  ]
  for (const [name, contentType, body, message] of failures) {
    it(`refuses ${name}`, () => {
      expect(() => decode(body, contentType))
        .to.throw(StatusError)
        .with.property('message', message)
    })
  }

  it('takes JSON, with parameters, without a type, and null', () => {
    expect(decode('{"a":1}', 'application/json; charset=utf-8')).to.deep.equal({ a: 1 })
    expect(decode('{"a":1}')).to.deep.equal({ a: 1 })
    expect(decode('null')).to.equal(null)
  })

  it('finds members that occur twice', () => {
    const json = Buffer.from('{"metadata":{"name":"a","name":"a"},"data":{"k":"v","k":"w"}}')
    expect(decodeBody('application/json', json, configmap).findings).to.deep.equal([
      'duplicate field "metadata.name"',
      'duplicate field "data.k"',
    ])
    const yaml = Buffer.from('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dup\ndata:\n  k: a\n  k: b\n')
    const { value, findings } = decodeBody('application/yaml', yaml, configmap)
    expect(findings).to.deep.equal(['yaml: unmarshal errors:\n  line 7: key "k" already set in map'])
    expect(value).to.deep.include({ data: { k: 'b' } })
  })

  it('does not dress errors of DeleteOptions and patches', () => {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions' }
    const message = "invalid character 'b' looking for beginning of object key string"
    expect(() => decodeBody('', Buffer.from('{bad'), options))
      .to.throw(StatusError)
      .with.property('message', `couldn't get version/kind; json parse error: ${message}`)
    expect(() => decodePatchBody(Buffer.from('{bad')))
      .to.throw(StatusError)
      .with.property('message', `error decoding patch: ${message}`)
    expect(() => decodePatchBody(Buffer.from('{bad'), 'application/strategic-merge-patch+json'))
      .to.throw(StatusError)
      .with.property('message', message)
    expect(() => decodeApplyBody(Buffer.from('a:\n  b: c: d\n')))
      .to.throw(StatusError)
      .with.property(
        'message',
        'error decoding YAML: error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context',
      )
  })
})
