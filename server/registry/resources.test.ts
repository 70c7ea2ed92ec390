// Which resources there are, under which names, and that custom ones come and go.
import { expect } from 'chai'
import { openMemoryStore } from '../storage/memory.ts'
import type { Store } from '../storage/store.ts'
import { defineKind } from './kind.ts'
import { Resources, type Resource } from './resources.ts'

describe('Resources', () => {
  let store: Store
  let resources: Resources

  beforeEach(() => {
    store = openMemoryStore()
    resources = new Resources(store, [], {})
  })

  afterEach(() => store.close())

  it('finds a resource by group, version and name, and by name and group', () => {
    const deployments = resources.get('apps', 'v1', 'deployments')
    expect(deployments?.facts.kind).to.equal('Deployment')
    expect(resources.byName('deployments.apps')).to.equal(deployments)
    expect(resources.byName('pods')?.facts.kind).to.equal('Pod')
    expect(resources.get('apps', 'v2', 'deployments')).to.equal(undefined)
    expect(resources.byName('deployments')).to.equal(undefined)
    expect(resources.hasGroup('apps')).to.equal(true)
    expect(resources.hasGroup('example.com')).to.equal(false)
  })

  it('has no store for what is only answered', () => {
    expect(resources.get('authorization.k8s.io', 'v1', 'subjectaccessreviews')).to.have.property('store', undefined)
    expect(resources.get('', 'v1', 'pods')?.store).to.not.equal(undefined)
  })

  it('stores two versions in one place, where a kind says so', () => {
    const converted = defineKind({
      group: 'autoscaling',
      version: 'v1',
      kind: 'HorizontalPodAutoscaler',
      storedAs: { group: 'autoscaling', version: 'v2', toStored: (object) => object, fromStored: (object) => object },
    })
    const both = new Resources(store, [converted], {})
    const [v1, v2] = ['v1', 'v2'].map((version) => both.get('autoscaling', version, 'horizontalpodautoscalers')!)
    expect(v1!.store).to.equal(v2!.store)
    expect(v1!.fromStored).to.be.a('function')
    expect(both.byName('horizontalpodautoscalers.autoscaling')).to.equal(v2)
  })

  it('lets resources join and leave, and tells of it', () => {
    let changes = 0
    resources.onChange(() => changes++)
    const pods = resources.get('', 'v1', 'pods')!
    const widgets: Resource = { ...pods, facts: { ...pods.facts, group: 'example.com', resource: 'widgets' } }
    expect(resources.byName('widgets.example.com')).to.equal(undefined)
    resources.add(widgets)
    expect(resources.byName('widgets.example.com')).to.equal(widgets)
    resources.remove('example.com', 'v1', 'widgets')
    resources.remove('example.com', 'v1', 'widgets')
    expect(resources.byName('widgets.example.com')).to.equal(undefined)
    expect(changes).to.equal(2)
  })
})
