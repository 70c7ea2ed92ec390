// Discovery documents against the recorded ones, with custom and further groups.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { groups, resources } from '../../openapi/index.ts'
import type { ResourceFacts } from '../../openapi/schema.ts'
import {
  aggregatedDiscovery,
  apiGroupList,
  compareVersions,
  Discovery,
  discoveryGroups,
  type DiscoveryAnswer,
} from './discovery.ts'

/** What a real server of v1.36.3 answers, by file. */
const recorded = (name: string): object =>
  JSON.parse(readFileSync(new URL(`testdata/discovery/${name}.json`, import.meta.url), 'utf8')) as object

const healthPaths = (recorded('root-paths') as { paths: string[] }).paths.filter((path) =>
  /^\/(healthz|livez|readyz)\//.test(path),
)

function discovery(more: ResourceFacts[] = []): Discovery {
  return new Discovery({
    groups,
    resources: () => [...resources, ...more],
    serverAddress: () => '192.0.2.2:36443',
    paths: () => healthPaths,
  })
}

function answer(path: string, more?: ResourceFacts[]): DiscoveryAnswer {
  const found = discovery(more).find(path.split('/').filter((segment) => segment !== ''))
  if (found === undefined || found === 'unknown-version') throw new Error(`${path}: ${found}`)
  return found
}

function widget(version: string, more: Partial<ResourceFacts> = {}): ResourceFacts {
  const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
  const patchable = ['get', 'patch', 'update']
  return {
    group: 'example.com',
    version,
    kind: 'Widget',
    listKind: 'WidgetList',
    resource: 'widgets',
    singular: 'widget',
    shortNames: ['wd'],
    categories: [],
    namespaced: true,
    verbs,
    storageVersionHash: 'hash',
    type: 'com.example.v1.Widget',
    fieldSelectors: [],
    subresources: [
      {
        name: 'status',
        kind: 'Widget',
        apiVersion: `example.com/${version}`,
        verbs: patchable,
        type: 'com.example.v1.Widget',
      },
      {
        name: 'scale',
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        verbs: patchable,
        type: 'io.k8s.api.autoscaling.v1.Scale',
      },
    ],
    ...more,
  }
}

describe('discovery', () => {
  const plain: [path: string, file: string][] = [
    ['/', 'root-paths'],
    ['/api', 'api'],
    ['/api/v1', 'api.v1'],
    ['/apis', 'apis'],
    ['/apis/apps', 'apis.apps'],
    ['/apis/apps/v1', 'apis.apps.v1'],
    ['/apis/autoscaling', 'apis.autoscaling'],
    ['/apis/autoscaling/v2', 'apis.autoscaling.v2'],
    ['/apis/rbac.authorization.k8s.io/v1', 'apis.rbac.authorization.k8s.io.v1'],
    ['/apis/apiregistration.k8s.io/v1', 'apis.apiregistration.k8s.io.v1'],
    ['/apis/certificates.k8s.io/v1', 'apis.certificates.k8s.io.v1'],
  ]
  for (const [path, file] of plain) {
    it(`answers ${path} as a real server does, to the byte`, () => {
      expect(JSON.stringify(answer(path).object)).to.equal(JSON.stringify(recorded(file)))
    })
  }

  it('answers the aggregated documents as a real server does, with its ETags', () => {
    const api = answer('/api').aggregated!
    const apis = answer('/apis').aggregated!
    expect(JSON.stringify(api.object)).to.equal(JSON.stringify(recorded('api.aggregated-v2')))
    expect(JSON.stringify(apis.object)).to.equal(JSON.stringify(recorded('apis.aggregated-v2')))
    expect(api.etag).to.match(/^"4D7E1BED90B364BC86049DD9E636494980AEF65B/)
    expect(apis.etag).to.match(/^"A74552DF419C4697E3A22F67B8FE55FD8F2CC33F/)
  })

  it('knows what it does not have', () => {
    expect(discovery().find(['apis', 'nosuch.example.com'])).to.equal(undefined)
    expect(discovery().find(['apis', 'nosuch.example.com', 'v1'])).to.equal(undefined)
    expect(discovery().find(['apis', 'apps', 'v9'])).to.equal('unknown-version')
    expect(discovery().find(['api', 'v2'])).to.equal('unknown-version')
    expect(discovery().find(['healthz'])).to.equal(undefined)
  })

  it('takes in custom resources', () => {
    const more = [
      widget('v1beta1'),
      widget('v1'),
      widget('v1', { resource: 'gadgets', kind: 'Gadget', subresources: [] }),
    ]
    expect(answer('/apis/example.com', more).object).to.deep.equal({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'example.com',
      versions: [
        { groupVersion: 'example.com/v1', version: 'v1' },
        { groupVersion: 'example.com/v1beta1', version: 'v1beta1' },
      ],
      preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
    })
    const { resources: listed } = answer('/apis/example.com/v1', more).object as {
      resources: { name: string; group?: string }[]
    }
    expect(listed.map(({ name, group }) => [name, group])).to.deep.equal([
      ['gadgets', undefined],
      ['widgets', undefined],
      ['widgets/status', undefined],
      ['widgets/scale', 'autoscaling'],
    ])
    const { items } = answer('/apis', more).aggregated!.object as {
      items: { metadata: object; versions: { resources: object[] }[] }[]
    }
    expect(items.at(-1)!.metadata).to.deep.equal({ name: 'example.com' })
    expect(items.at(-1)!.versions[0]!.resources[1]).to.deep.include({
      resource: 'widgets',
      responseKind: { group: 'example.com', version: 'v1', kind: 'Widget' },
    })
    expect((answer('/', more).object as { paths: string[] }).paths).to.include.members([
      '/apis/example.com',
      '/apis/example.com/v1beta1',
    ])
  })

  it('lists further groups by priority, and marks those of a server that does not answer', () => {
    const metrics = {
      group: 'metrics.k8s.io',
      priority: 100,
      versions: [{ version: 'v1beta1', resources: [], freshness: 'Stale' as const }],
    }
    const early = { group: 'zoo.example.com', priority: 2000, versions: [{ version: 'v1', resources: [] }] }
    const made = discoveryGroups(groups, [...resources, widget('v1')], [metrics, early])
    const names = (apiGroupList(made) as { groups: { name: string }[] }).groups.map(({ name }) => name)
    expect(names.slice(-3)).to.deep.equal(['zoo.example.com', 'example.com', 'metrics.k8s.io'])
    const { items } = aggregatedDiscovery(made).object as { items: { versions: { freshness: string }[] }[] }
    expect(items.at(-1)!.versions[0]!.freshness).to.equal('Stale')
  })

  it('makes documents once, and again when told', () => {
    const list = [...resources]
    const served = new Discovery({ groups, resources: () => list, serverAddress: () => '' })
    const before = served.find(['apis'])
    expect(served.find(['apis'])).to.equal(before)
    list.push(widget('v1'))
    served.invalidate()
    expect(served.find(['apis', 'example.com'])).not.to.equal(undefined)
  })

  it('orders versions', () => {
    const versions = ['foo10', 'v1', 'v12alpha1', 'v2', 'v10beta3', 'foo1', 'v1beta1', 'v11alpha2', 'v10', 'v3beta1']
    expect(versions.sort(compareVersions)).to.deep.equal([
      'v10',
      'v2',
      'v1',
      'v10beta3',
      'v3beta1',
      'v1beta1',
      'v12alpha1',
      'v11alpha2',
      'foo1',
      'foo10',
    ])
  })
})
