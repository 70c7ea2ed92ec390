// Who owns what, as clients see it after creates, updates, patches and writes of subresources.
import { expect } from 'chai'
import type { Deployment } from '../api/apps.ts'
import type { Frozen, KubeObject, ManagedFieldsEntry } from '../apimachinery/types.ts'
import { updateScale } from './scale.ts'
import { configMap, pod, TestApi, type ConfigMap } from './testing.ts'

/** `creator Update v1 2026-01-01T00:00:00Z {...}`, with the subresource where there is one. */
function owners({ metadata }: Frozen<KubeObject>): string[] {
  return (metadata?.managedFields ?? []).map((entry: Frozen<ManagedFieldsEntry>) =>
    [
      entry.manager,
      entry.operation,
      entry.apiVersion,
      entry.time?.slice(11, 19) ?? '-',
      entry.subresource,
      JSON.stringify(entry.fieldsV1),
    ]
      .filter((part) => part !== undefined)
      .join(' '),
  )
}

const by = (manager: string): { query: string } => ({ query: `fieldManager=${manager}` })

describe('owners of fields', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  it('are told in an entry for each manager, and change with what is changed', async () => {
    const created = await api.create('configmaps', configMap('a', { k: 'v' }), by('a'))
    expect(owners(created)).to.deep.equal(['a Update v1 00:00:00 {"f:data":{".":{},"f:k":{}}}'])
    api.clock.step(1000)
    await api.patch('configmaps', 'a', { data: { l: 'w' } }, by('b'))
    api.clock.step(1000)
    expect(owners(await api.patch('configmaps', 'a', { data: { k: 'x' } }, by('b')))).to.deep.equal([
      'a Update v1 00:00:00 {"f:data":{}}',
      'b Update v1 00:00:02 {"f:data":{"f:k":{},"f:l":{}}}',
    ])
    expect(owners(await api.patch('configmaps', 'a', { data: null }, by('c')))).to.deep.equal([])
  })

  it('are named by the first part of the user agent where no manager is named', async () => {
    expect(owners(await api.create('configmaps', configMap('a', { k: 'v' })))[0]).to.match(/^test Update/)
  })

  it('own what they sent and its defaults, not what the server adds', async () => {
    const created = await api.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    } as KubeObject)
    expect(created).to.have.nested.property('spec.clusterIP')
    expect(owners(created)).to.deep.equal([
      'test Update v1 00:00:00 {"f:spec":{"f:internalTrafficPolicy":{},"f:ports":{".":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},"f:sessionAffinity":{},"f:type":{}}}',
    ])
  })

  it('do not change, nor do their times, when nothing is changed', async () => {
    const created = await api.create('configmaps', configMap('a', { k: 'v' }), by('a'))
    api.clock.step(5000)
    const updated = await api.update('configmaps', created as ConfigMap, by('b'))
    expect(updated).to.deep.equal(created)
  })

  it('are forgotten for good on request, by an empty list and by one empty entry', async () => {
    for (const [name, managedFields] of [
      ['a', []],
      ['b', [{}]],
    ] as const) {
      await api.create('configmaps', configMap(name, { k: 'v' }))
      const reset = await api.update('configmaps', {
        ...configMap(name, { k: 'v' }),
        metadata: { name, managedFields: [...managedFields] },
      })
      expect(reset.metadata).to.not.have.property('managedFields')
      expect((await api.patch('configmaps', name, { data: { l: 'w' } })).metadata).to.not.have.property('managedFields')
    }
  })

  it('may be set by clients, but not to what makes no sense', async () => {
    await api.create('configmaps', configMap('a', { k: 'v' }), by('a'))
    const sent: ManagedFieldsEntry = {
      manager: 'x',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:l': {}, 'f:k': {}, '.': {} } },
    }
    const put = (managedFields: ManagedFieldsEntry[]): Promise<KubeObject> =>
      api.update(
        'configmaps',
        { ...configMap('a', { k: 'v' }), metadata: { name: 'a', managedFields } },
        by('b'),
      ) as Promise<KubeObject>
    expect(owners(await put([sent]))).to.deep.equal(['x Apply v1 - {"f:data":{".":{},"f:k":{},"f:l":{}}}'])
    for (const bad of [
      { operation: 'Change' },
      { apiVersion: '' },
      { fieldsType: 'FieldsV2' },
      { fieldsV1: { bad: {} } },
    ]) {
      expect(owners(await put([{ ...sent, manager: 'y', ...bad } as ManagedFieldsEntry]))).to.deep.equal([
        'x Apply v1 - {"f:data":{".":{},"f:k":{},"f:l":{}}}',
      ])
    }
  })

  it('of a subresource have entries of their own, and own nothing that it cannot change', async () => {
    await api.create('pods', pod('p'), by('creator'))
    const value = {
      metadata: { labels: { x: 'y' } },
      spec: { nodeName: 'n' },
      status: { message: 'm' },
      managedFields: [],
    }
    const patched = await api.patch('pods', 'p', value, {
      subresource: 'status',
      query: 'fieldManager=kubelet&fieldValidation=Ignore',
    })
    expect(owners(patched).at(-1)).to.equal(
      'kubelet Update v1 00:00:00 status {"f:metadata":{"f:labels":{".":{},"f:x":{}}},"f:status":{"f:message":{}}}',
    )
    expect(owners(patched)).to.have.length(2)
  })

  it('of the number of replicas are those of the scale, too', async () => {
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const deployment: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'a' } }, template },
    }
    await api.create('deployments.apps', deployment, by('creator'))
    const scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'd', namespace: 'default' },
      spec: { replicas: 5 },
    }
    await updateScale(
      api,
      api.scope('deployments.apps', { name: 'd', subresource: 'scale', query: 'fieldManager=hpa' }),
      { value: scale, findings: [] },
    )
    const [creator, scaler] = owners(await api.get('deployments.apps', 'd')).sort()
    expect(creator)
      .to.match(/^creator Update apps\/v1 /)
      .and.not.contain('f:replicas')
    expect(scaler).to.equal('hpa Update apps/v1 - scale {"f:spec":{"f:replicas":{}}}')
  })

  it('that update are no more than ten: the oldest become one', async () => {
    await api.create('configmaps', configMap('a', { k0: 'v' }), by('m0'))
    for (let each = 1; each <= 11; each++) {
      api.clock.step(1000)
      await api.patch('configmaps', 'a', { data: { [`k${each}`]: 'v' } }, by(`m${each}`))
    }
    const found = owners(await api.get('configmaps', 'a'))
    expect(found).to.have.length(10)
    expect(found[0]).to.equal('ancient-changes Update v1 00:00:02 {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{}}}')
    expect(found.at(-1)).to.equal('m11 Update v1 00:00:11 {"f:data":{"f:k11":{}}}')
  })

  it('keep the version they wrote in', async () => {
    const spec = {
      minReplicas: 1,
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    }
    const created = await api.create(
      'horizontalpodautoscalers.autoscaling',
      { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec } as KubeObject,
      by('v2'),
    )
    expect(owners(created)[0]).to.match(/^v2 Update autoscaling\/v2 .*"f:metrics"/)
    const v1 = api.resources.get('autoscaling', 'v1', 'horizontalpodautoscalers')!
    const { patch } = await import('./patch.ts')
    const scope = {
      ...api.scope('horizontalpodautoscalers.autoscaling', { name: 'h', query: 'fieldManager=v1' }),
      resource: v1,
    }
    await patch(api, scope, {
      type: 'application/merge-patch+json',
      value: { spec: { maxReplicas: 5, targetCPUUtilizationPercentage: 50 } },
    })
    const [first, second] = owners(await api.get('horizontalpodautoscalers.autoscaling', 'h')).sort()
    expect(first).to.equal(
      'v1 Update autoscaling/v1 00:00:00 {"f:spec":{"f:maxReplicas":{},"f:targetCPUUtilizationPercentage":{}}}',
    )
    expect(second)
      .to.match(/^v2 Update autoscaling\/v2 /)
      .and.not.contain('f:maxReplicas')
  })

  it('own an empty list that was sent where the server prints null', async () => {
    const created = await api.create('csinodes.storage.k8s.io', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: 'n' },
      spec: { drivers: [] },
    } as KubeObject)
    expect(created).to.have.nested.property('spec.drivers', null)
    expect(owners(created)).to.deep.equal(['test Update storage.k8s.io/v1 00:00:00 {"f:spec":{"f:drivers":{}}}'])
  })
})
