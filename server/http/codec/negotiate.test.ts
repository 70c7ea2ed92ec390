// Which form of an answer a client gets for its Accept header.
import { expect } from 'chai'
import { StatusError } from '../../apimachinery/errors.ts'
import {
  checkRouteAccepts,
  checkStream,
  routeMediaTypes,
  isPretty,
  jsonType,
  negotiateResponse,
  plainForms,
  protobufType,
  resourceForms,
  tryNegotiate,
  yamlType,
} from './negotiate.ts'

describe('negotiation', () => {
  const cases: [accept: string | undefined, mediaType: string | undefined][] = [
    [undefined, jsonType],
    ['', jsonType],
    ['*/*', jsonType],
    ['application/yaml', yamlType],
    ['application/yaml;q=0.9,application/json;q=0.5', yamlType],
    ['application/yaml;q=0.1,application/json;q=0.5', jsonType],
    ['text/html,application/xhtml+xml,*/*;q=0.1', jsonType],
    ['application/xml,application/json', jsonType],
    ['application/json;stream=watch', jsonType],
    ['application/json;foo=bar', jsonType],
    ['application/vnd.kubernetes.protobuf,application/json', protobufType],
    ['application/cbor,application/json', jsonType],
    ['application/*', jsonType],
    ['application/yaml;stream=watch', undefined],
    ['application/json;as=Secret;g=meta.k8s.io;v=v1', undefined],
    ['application/json;as=Table;g=meta.k8s.io;v=v2', undefined],
    // A precise range goes before a wildcard of more weight.
    ['*/*,application/yaml;q=0.1', yamlType],
  ]
  for (const [accept, mediaType] of cases) {
    it(`gives ${mediaType ?? 'nothing'} for ${accept ?? 'no header'}`, () => {
      expect(tryNegotiate(accept, resourceForms())?.mediaType).to.equal(mediaType)
    })
  }

  it('finds transformations, and what they fall back to', () => {
    const table = 'as=Table;v=v1;g=meta.k8s.io'
    expect(negotiateResponse(`application/json;${table},application/json`).transform).to.deep.equal({
      as: 'Table',
      group: 'meta.k8s.io',
      version: 'v1',
    })
    expect(
      negotiateResponse(`application/vnd.kubernetes.protobuf;${table},application/json;${table}`).mediaType,
    ).to.equal(jsonType)
    expect(negotiateResponse(`application/json;${table},application/json`, plainForms).transform).to.equal(undefined)
    const partial = 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    expect(negotiateResponse(partial, resourceForms({ custom: true }))).to.deep.include({ mediaType: protobufType })
  })

  it('gives custom resources no protobuf', () => {
    expect(
      negotiateResponse('application/vnd.kubernetes.protobuf,application/json', resourceForms({ custom: true }))
        .mediaType,
    ).to.equal(jsonType)
  })

  it('refuses in the words of a server', () => {
    expect(() => negotiateResponse('text/plain', plainForms))
      .to.throw(StatusError)
      .with.property(
        'message',
        'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
    expect(() => checkStream(negotiateResponse('application/yaml', resourceForms())))
      .to.throw(StatusError)
      .with.property(
        'message',
        'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      )
    expect(() => checkRouteAccepts('application/*', routeMediaTypes(true)))
      .to.throw(StatusError)
      .with.property(
        'message',
        '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      )
    expect(() => checkRouteAccepts('text/html, */*;q=0.1', routeMediaTypes(true))).not.to.throw()
  })

  it('indents for people', () => {
    const cases: [query: string | null, userAgent: string, pretty: boolean][] = [
      ['true', '', true],
      ['1', '', true],
      ['maybe', 'curl/8.0', false],
      ['false', 'curl/8.0', false],
      ['', 'curl/8.0', true],
      [null, 'Mozilla/5.0 (X11)', true],
      [null, 'Wget/1.21', true],
      [null, 'kubectl/v1.36.0', false],
    ]
    for (const [query, userAgent, pretty] of cases)
      expect(isPretty(query, userAgent), `${query} ${userAgent}`).to.equal(pretty)
    expect(isPretty(null, '', negotiateResponse('application/json;pretty=1'))).to.equal(true)
  })
})
