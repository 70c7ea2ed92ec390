// The OpenAPI documents against those recorded from a real server.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { groups, resources } from '../index.ts'
import type { ResourceFacts } from '../schema.ts'
import { OpenAPI } from './index.ts'
import { sortMembers, withoutProse, withoutProseV2 } from './testdata/prose.ts'
import { encodeDocumentV2 } from './v2-protobuf.ts'

interface Recorded {
  v3: Record<string, string>
  v2: string
}

// SHA-256 of what a real server of v1.36.3 answers, without its prose.
const recorded = JSON.parse(readFileSync(new URL('testdata/recorded.json', import.meta.url), 'utf8')) as Recorded

const hash = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sortMembers(value)))
    .digest('hex')
const parse = (bytes: Buffer): Record<string, unknown> => JSON.parse(bytes.toString()) as Record<string, unknown>

interface Schemas {
  components: { schemas: Record<string, { description?: string; properties: Record<string, Record<string, unknown>> }> }
  paths: Record<string, Record<string, { requestBody?: { content: object } }>>
}

const widgets: ResourceFacts = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  resource: 'widgets',
  singular: 'widget',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
  storageVersionHash: undefined,
  type: 'com.example.v1.Widget',
  fieldSelectors: [],
  subresources: [
    {
      name: 'status',
      kind: 'Widget',
      apiVersion: 'example.com/v1',
      verbs: ['get', 'patch', 'update'],
      type: 'com.example.v1.Widget',
    },
  ],
}

describe('OpenAPI documents', () => {
  const openapi = new OpenAPI({ groups, resources: () => resources })

  it('lists what a real server lists, each with a hash', () => {
    const { paths } = openapi.index() as { paths: Record<string, { serverRelativeURL: string }> }
    expect(Object.keys(paths)).to.deep.equal(Object.keys(recorded.v3))
    expect(paths['apis/apps/v1']!.serverRelativeURL).to.match(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/)
    expect(openapi.v3('apis/apps/v1')!.etag).to.equal(`"${paths['apis/apps/v1']!.serverRelativeURL.split('=')[1]}"`)
  })

  it('says in v3 what a real server says, but for prose', () => {
    const different = Object.keys(recorded.v3).filter(
      (name) => hash(withoutProse(parse(openapi.v3(name)!.bytes))) !== recorded.v3[name],
    )
    expect(different).to.deep.equal([])
  })

  it('says in v2 what a real server says, but for prose', () => {
    expect(hash(withoutProseV2(parse(openapi.v2('json').bytes)))).to.equal(recorded.v2)
  })

  it('describes types and members', () => {
    const { components } = parse(openapi.v3('apis/apps/v1')!.bytes) as unknown as Schemas
    const { description, properties } = components.schemas['io.k8s.api.apps.v1.DeploymentSpec']!
    expect(description).to.be.a('string')
    expect(properties['replicas']!['description']).to.be.a('string')
  })

  it('has no documents of what is not there', () => {
    expect(openapi.v3('apis/nosuch/v1')).to.equal(undefined)
  })

  it('shows custom resources', () => {
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { size: { type: 'integer', minimum: 1 }, any: { nullable: true, type: 'string' } },
        },
      },
    }
    const list = [...resources, widgets]
    const custom = new OpenAPI({ groups, resources: () => list, customSchema: () => schema })
    const { components, paths } = parse(custom.v3('apis/example.com/v1')!.bytes) as unknown as Schemas
    const widget = components.schemas['com.example.v1.Widget']!
    expect(Object.keys(widget.properties)).to.deep.equal(['apiVersion', 'kind', 'metadata', 'spec'])
    expect(widget.properties['spec']).to.deep.equal(schema.properties.spec)
    expect(components.schemas).to.include.keys(
      'com.example.v1.WidgetList',
      'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    )
    expect(
      paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}']!['patch']!.requestBody!.content,
    ).to.have.keys('application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json')
    const { definitions } = parse(custom.v2('json').bytes) as {
      definitions: Record<string, { properties: { spec: unknown } }>
    }
    expect(definitions['com.example.v1.Widget']!.properties.spec).to.deep.equal({
      type: 'object',
      properties: { size: { type: 'integer', minimum: 1 }, any: {} },
    })
  })

  it('makes documents anew when told, under another hash', () => {
    const list = [...resources]
    const served = new OpenAPI({ groups, resources: () => list })
    const before = served.v2('json').etag
    list.push(widgets)
    served.invalidate()
    expect(served.v2('json').etag).not.to.equal(before)
    expect(served.v3('apis/example.com/v1')).not.to.equal(undefined)
  })

  it('encodes v2 in protobuf', () => {
    const bytes = encodeDocumentV2({
      swagger: '2.0',
      info: { title: 'T', version: '1' },
      paths: {},
      definitions: {
        A: { type: 'object', enum: ['*', 'x'], 'x-kubernetes-group-version-kind': [{ group: '', kind: 'K' }] },
      },
      parameters: {},
      securityDefinitions: {},
      security: [],
    })
    expect(bytes.toString('latin1')).to.equal(
      '\x0a\x032.0\x12\x06\x0a\x01T\x12\x011B\x00J`\x0a^\x0a\x01A\x12Y\xa2\x01\x06\x12\x04\'*\'\x0a\xa2\x01\x04\x12\x02x\x0a\xb2\x01\x08\x0a\x06object\xfa\x01;\x0a\x1fx-kubernetes-group-version-kind\x12\x18\x12\x16- group: ""\x0a  kind: K\x0aR\x00j\x00',
    )
  })
})
