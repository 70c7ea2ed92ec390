// The life of a definition and of its objects, through the API.
import { expect } from 'chai'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../api/apiextensions.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { InProcessClient } from '../client/in-process.ts'
import { admin, refused, settled, TestApi } from '../endpoints/testing.ts'
import { openMemoryStore } from '../storage/memory.ts'
import { CustomResources } from './custom-resources.ts'

const definitions = 'customresourcedefinitions.apiextensions.k8s.io'
const widgets = 'widgets.example.com'

function version(name: string, more: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinitionVersion {
  const spec = { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'red' } } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
  return { name, served: true, storage: true, schema, ...more }
}

function definition(
  names: { plural?: string; kind?: string; shortNames?: string[] } = {},
  versions = [version('v1')],
): CustomResourceDefinition {
  const { plural = 'widgets', kind = 'Widget', shortNames } = names
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, ...(shortNames ? { shortNames } : {}) },
      versions,
    },
  }
}

const widget = (name: string, more: AnyObject = {}): AnyObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  ...more,
  metadata: { name, ...more.metadata },
})

describe('CustomResources', () => {
  const store = () => openMemoryStore()
  let open: CustomResources[] = []

  async function serve(api: TestApi): Promise<CustomResources> {
    const served = new CustomResources({
      store: api.store,
      resources: api.resources,
      client: new InProcessClient(api, admin, 'kube-apiserver'),
      clock: api.clock,
      onError: (_name, error) => {
        throw error
      },
    })
    open.push(served)
    await served.start()
    return served
  }

  async function start(): Promise<TestApi> {
    const api = await TestApi.start({ store: store() })
    await serve(api)
    return api
  }

  /** All that a write sets off. */
  async function quiet(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settled()
  }

  async function conditionsOf(api: TestApi, name: string): Promise<string[]> {
    const { status } = (await api.get<CustomResourceDefinition>(definitions, name)) as CustomResourceDefinition
    return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)
  }

  afterEach(async () => {
    for (const one of open) await one.close()
    open = []
  })

  it('serves what is defined, pruned and defaulted', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    expect(await conditionsOf(api, widgets)).to.deep.equal([
      'NamesAccepted True NoConflicts',
      'Established True InitialNamesAccepted',
    ])
    const made = (await api.create(widgets, widget('a', { spec: { size: 1, odd: true } }))) as AnyObject
    expect(made['spec']).to.deep.equal({ size: 1, color: 'red' })
    expect(made.metadata?.generation).to.equal(1)
    expect(await refused(api.create(widgets, widget('b', { spec: { size: 'big' } })))).to.equal(
      '422 Invalid: Widget.example.com "b" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    )
  })

  it('makes an APIService for each version, and takes it away', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    const { spec } = (await api.get('apiservices.apiregistration.k8s.io', 'v1.example.com')) as AnyObject
    expect(spec).to.deep.equal({
      group: 'example.com',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
    })
    await api.delete(definitions, widgets)
    await quiet()
    expect(await refused(api.get('apiservices.apiregistration.k8s.io', 'v1.example.com'))).to.match(/^404/)
  })

  it('takes all objects along when a definition goes, and ends watches', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    await api.create(widgets, widget('a'))
    const watching = await api.watch(widgets)
    await api.delete(definitions, widgets)
    await quiet()
    expect(watching.take()).to.deep.equal(['ADDED a', 'DELETED a'])
    expect(watching.isOver).to.equal(true)
    expect(api.resources.byName(widgets)).to.equal(undefined)
    expect(await refused(api.get(definitions, widgets))).to.match(/^404/)
  })

  it('waits for objects with finalizers, and lets nothing new come', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    await api.create(widgets, widget('held', { metadata: { finalizers: ['example.com/hold'] } }))
    await api.delete(definitions, widgets)
    await quiet()
    expect(await conditionsOf(api, widgets)).to.include('Terminating True InstanceDeletionInProgress')
    expect(await refused(api.create(widgets, widget('late')))).to.equal(
      '403 Forbidden: widgets.example.com "late" is forbidden: create not allowed while custom resource definition is terminating',
    )
    await api.patch(widgets, 'held', { metadata: { finalizers: null } })
    api.clock.step(1000)
    await quiet()
    expect(await refused(api.get(definitions, widgets))).to.match(/^404/)
  })

  it('accepts names that nobody else has, and those that become free', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    await api.create(definitions, definition({ plural: 'gadgets' }))
    await quiet()
    expect(await conditionsOf(api, 'gadgets.example.com')).to.deep.equal([
      'NamesAccepted False ListKindConflict',
      'Established False NotAccepted',
    ])
    expect(api.resources.byName('gadgets.example.com')).to.equal(undefined)
    await api.delete(definitions, widgets)
    await quiet()
    expect(await conditionsOf(api, 'gadgets.example.com')).to.deep.equal([
      'NamesAccepted True NoConflicts',
      'Established True InitialNamesAccepted',
    ])
  })

  it('judges by a changed schema from the next write on, and lets pass what is as it was', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    await api.create(widgets, widget('a', { spec: { size: 1 } }))
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/minimum'
    await api.patch(definitions, widgets, [{ op: 'add', path, value: 5 }], { type: 'json' })
    await quiet()
    await api.patch(widgets, 'a', { metadata: { labels: { a: 'b' } } })
    expect(await refused(api.patch(widgets, 'a', { spec: { size: 2 } }))).to.equal(
      '422 Invalid: Widget.example.com "a" is invalid: spec.size: Invalid value: 2: spec.size in body should be greater than or equal to 5',
    )
  })

  it('serves several versions of the same objects, and withdraws what is served no more', async () => {
    const api = await start()
    const other = version('v2', { storage: false })
    await api.create(definitions, definition({}, [version('v1'), other]))
    await quiet()
    await api.create(widgets, widget('a', { spec: { size: 1 } }))
    const served = api.resources.get('example.com', 'v2', 'widgets')!
    expect(served.fromStored!(widget('a', { spec: { size: 1 } }))).to.include({ apiVersion: 'example.com/v2' })
    await api.patch(definitions, widgets, [{ op: 'replace', path: '/spec/versions/1/served', value: false }], {
      type: 'json',
    })
    await quiet()
    expect(api.resources.get('example.com', 'v2', 'widgets')).to.equal(undefined)
    expect(await api.names(widgets)).to.deep.equal(['a'])
  })

  it('serves what it finds at the start', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    await api.create(widgets, widget('a', { spec: { size: 1 } }))
    await open.pop()!.close()
    api.resources.remove('example.com', 'v1', 'widgets')
    await serve(api)
    expect(await api.names(widgets)).to.deep.equal(['a'])
  })

  it('tells of finalizers that others may use, too', async () => {
    const api = await start()
    await api.create(definitions, definition())
    await quiet()
    api.warnings.length = 0
    await api.create(widgets, widget('a', { metadata: { finalizers: ['mine', 'example.com/good', 'orphan'] } }))
    expect(api.warnings).to.deep.equal([
      'metadata.finalizers: "mine": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
    ])
  })

  it('says of protected groups whether they are approved', async () => {
    const api = await start()
    const name = 'widgets.example.k8s.io'
    const wanted = definition()
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, a test' }
    await api.create(definitions, {
      ...wanted,
      metadata: { name, annotations },
      spec: { ...wanted.spec, group: 'example.k8s.io' },
    })
    await quiet()
    expect(await conditionsOf(api, name)).to.include('KubernetesAPIApprovalPolicyConformant False UnapprovedAnnotation')
  })
})
