// Server-side apply, as clients see it: creation, conflicts, status, upgrade from kubectl's own apply, refusals.
import { expect } from 'chai'
import type { AnyObject, Frozen, KubeObject } from '../apimachinery/types.ts'
import { apply } from './apply.ts'
import { configMap, pod, refusal, refused, TestApi } from './testing.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

describe('apply', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  async function applied(
    resource: string,
    config: KubeObject,
    query = 'fieldManager=m1',
    subresource = '',
  ): Promise<Frozen<AnyObject> & { code: number }> {
    const scope = api.scope(resource, { name: config.metadata?.name ?? 'a', query, subresource })
    const answer = await apply(api, scope, { value: config, findings: [] })
    if (answer.type !== 'entry') throw new Error(answer.type)
    return { ...answer.entry.object, code: answer.code }
  }

  const managers = (object: Frozen<AnyObject>): string[] =>
    (object.metadata?.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`)

  it('creates what is not there, and changes nothing the second time', async () => {
    const created = await applied('configmaps', configMap('a', { k: 'v' }))
    expect(created.code).to.equal(201)
    const { revision } = api
    api.clock.step(5000)
    const again = await applied('configmaps', configMap('a', { k: 'v' }))
    expect(again).to.deep.equal({ ...created, code: 200 })
    expect(api.revision).to.equal(revision)
  })

  it('does not create in a dry run, nor through a subresource', async () => {
    expect((await applied('configmaps', configMap('a', { k: 'v' }), 'fieldManager=m&dryRun=All')).code).to.equal(201)
    expect(await refused(api.get('configmaps', 'a'))).to.match(/^404/)
    expect(await refused(applied('pods', pod('p'), 'fieldManager=m', 'status'))).to.equal(
      '404 NotFound: pods "p" not found',
    )
  })

  it('loses no change of many who apply at once', async () => {
    const each = Array.from({ length: 32 }, (_, index) => `k${index}`)
    await Promise.all(each.map((key) => applied('configmaps', configMap('a', { [key]: 'v' }), `fieldManager=${key}`)))
    const { data, metadata } = await api.get<AnyObject>('configmaps', 'a')
    expect(Object.keys(data as object)).to.have.members(each)
    expect(metadata.managedFields).to.have.length(32)
  })

  it('makes one owner of all there was before', async () => {
    await api.create('configmaps', configMap('a', { k: 'v', l: 'v' }))
    await api.patch('configmaps', 'a', { metadata: { managedFields: [{}] } })
    const changed = await applied('configmaps', configMap('a', { k: 'w' }), 'fieldManager=m1&force=true')
    expect(managers(changed)).to.deep.equal(['m1 Apply', 'before-first-apply Update'])
    expect(await refused(applied('configmaps', configMap('a', { l: 'w' }), 'fieldManager=m2'))).to.equal(
      '409 Conflict: Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.l',
    )
  })

  it('writes a status without touching the rest, and owns only that', async () => {
    await api.create('pods', pod('p'))
    const config = { ...pod('p'), spec: { containers: [{ name: 'c', image: 'other' }] }, status: { message: 'hello' } }
    const written = await applied('pods', config, 'fieldManager=m1&force=true', 'status')
    expect(written).to.have.nested.property('status.message', 'hello')
    expect(written).to.not.have.nested.property('spec.containers[0].image', 'other')
    expect(written.metadata!.managedFields![0]).to.deep.include({
      manager: 'm1',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:message': {} } },
    })
  })

  it('lets kubectl change over from its own apply without conflicts', async () => {
    const config = configMap('a', { k: 'v' })
    await api.create(
      'configmaps',
      { ...config, metadata: { name: 'a', annotations: { [lastApplied]: JSON.stringify(config) } } },
      { query: 'fieldManager=kubectl-client-side-apply' },
    )
    const next = configMap('a', { k: 'w<' })
    expect(await refused(applied('configmaps', next, 'fieldManager=other'))).to.match(/^409/)
    const changed = await applied('configmaps', next, 'fieldManager=kubectl')
    expect(changed.metadata!.annotations![lastApplied]).to.equal(
      '{"apiVersion":"v1","data":{"k":"w\\u003c"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
    )
  })

  it('does not let kubectl take what somebody has changed since its own apply', async () => {
    const config = configMap('a', { k: 'v', l: 'v' })
    await api.create('configmaps', {
      ...config,
      metadata: { name: 'a', annotations: { [lastApplied]: JSON.stringify(config) } },
    })
    await api.patch('configmaps', 'a', { data: { l: 'x' } }, { query: 'fieldManager=somebody' })
    expect(await refused(applied('configmaps', configMap('a', { k: 'w', l: 'w' }), 'fieldManager=kubectl'))).to.equal(
      '409 Conflict: Apply failed with 1 conflict: conflict with "somebody" using v1: .data.l',
    )
  })

  it('warns of what YAML found twice, or refuses it', async () => {
    const finding =
      'error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key "k" already set in map\n  line 4: key "l" already set in map'
    const body = { value: configMap('a', {}), findings: [finding] }
    await apply(api, api.scope('configmaps', { name: 'a', query: 'fieldManager=m' }), body)
    expect(api.warnings).to.deep.equal(['line 3: key "k" already set in map', 'line 4: key "l" already set in map'])
    const strict = api.scope('configmaps', { name: 'a', query: 'fieldManager=m&fieldValidation=Strict' })
    expect(await refused(apply(api, strict, body))).to.equal(`400 BadRequest: error strict decoding YAML: ${finding}`)
  })

  const refusals: { name: string; config: unknown; query?: string; message: string }[] = [
    {
      name: 'no manager',
      config: configMap('a', {}),
      query: '',
      message:
        '422 Invalid: PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    },
    { name: 'nothing', config: null, message: '400 BadRequest: invalid object type: /, Kind=' },
    {
      name: 'a list',
      config: [],
      message:
        '400 BadRequest: error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    },
    {
      name: 'another kind',
      config: { apiVersion: 'apps/v1', kind: 'Deployment' },
      message: '400 BadRequest: invalid object type: apps/v1, Kind=Deployment',
    },
    {
      name: 'managedFields',
      config: { ...configMap('a', {}), metadata: { name: 'a', managedFields: [] } },
      message: '400 BadRequest: metadata.managedFields must be nil',
    },
    {
      name: 'an unknown field',
      config: { ...configMap('a', {}), bogus: 1 },
      message:
        '500 : failed to create typed patch object (/a; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
    },
    {
      name: 'another name',
      config: configMap('b', {}),
      message: '400 BadRequest: the name of the object (b) does not match the name on the URL (a)',
    },
    {
      name: 'another namespace',
      config: { ...configMap('a', {}), metadata: { name: 'a', namespace: 'x' } },
      message: '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'a uid of what is not there',
      config: { ...configMap('a', {}), metadata: { name: 'a', uid: '7' } },
      message:
        '409 Conflict: Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid 7, and no existing object was found',
    },
  ]
  for (const { name, config, query = 'fieldManager=m1', message } of refusals) {
    it(`refuses ${name}`, async () => {
      const scope = api.scope('configmaps', { name: 'a', query })
      expect(await refused(apply(api, scope, { value: config, findings: [] }))).to.equal(message)
    })
  }

  it('refuses another resourceVersion than the current one', async () => {
    await applied('configmaps', configMap('a', { k: 'v' }))
    const config = { ...configMap('a', { k: 'w' }), metadata: { name: 'a', resourceVersion: '1' } }
    expect((await refusal(applied('configmaps', config))).reason).to.equal('Conflict')
  })
})
