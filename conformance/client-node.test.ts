// The official JavaScript client against a whole cluster: CRUD, watch, informer, error bodies.
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  makeInformer,
  Watch,
  type KubeConfig,
  type V1ConfigMap,
  type V1Pod,
  type V1Status,
} from '@kubernetes/client-node'
import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import { startCluster, type Cluster } from '../server/index.ts'

const namespace = 'default'

describe('client-node', function () {
  this.timeout(20_000)
  let cluster: Cluster
  let config: KubeConfig
  let core: CoreV1Api

  before(async () => {
    cluster = await startCluster({ nodes: 2, bare: true })
    config = await cluster.kubeConfig()
    core = config.makeApiClient(CoreV1Api)
  })

  after(() => cluster.close())

  it('creates, reads, replaces, patches, lists and deletes', async () => {
    const created = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'settings', labels: { app: 'demo' } }, data: { colour: 'red' } },
    })
    expect(created.metadata?.uid).to.match(/^[0-9a-f-]{36}$/)
    expect(created.metadata?.creationTimestamp).to.be.an.instanceOf(Date)

    const replaced = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'settings',
      body: { ...created, data: { colour: 'green' } },
    })
    expect(Number(replaced.metadata?.resourceVersion)).to.be.greaterThan(Number(created.metadata?.resourceVersion))

    const patched = await core.patchNamespacedConfigMap({
      namespace,
      name: 'settings',
      body: [{ op: 'add', path: '/data/shape', value: 'round' }],
    })
    expect(patched.data).to.deep.equal({ colour: 'green', shape: 'round' })

    const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=demo' })
    expect(items.map((one) => one.metadata?.name)).to.deep.equal(['settings'])

    await core.deleteNamespacedConfigMap({ namespace, name: 'settings' })
    expect((await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=demo' })).items).to.deep.equal([])
  })

  it('reads and writes objects whose kind it only learns at run time', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token', namespace },
      stringData: { key: 'value' },
    }
    await objects.create(body)
    const read = (await objects.read(body)) as unknown as { data: Record<string, string> }
    expect(read.data).to.deep.equal({ key: Buffer.from('value').toString('base64') })
    await objects.delete(body)
  })

  it('gets the errors of a real server', async () => {
    const missing = await failure(core.readNamespacedPod({ namespace, name: 'nobody' }))
    expect(missing).to.deep.include({
      code: 404,
      reason: 'NotFound',
      message: 'pods "nobody" not found',
      details: { name: 'nobody', kind: 'pods' },
    })

    const body: V1ConfigMap = { metadata: { name: 'twice' } }
    const first = await core.createNamespacedConfigMap({ namespace, body })
    const exists = await failure(core.createNamespacedConfigMap({ namespace, body }))
    expect(exists).to.deep.include({ code: 409, reason: 'AlreadyExists', message: 'configmaps "twice" already exists' })

    await core.replaceNamespacedConfigMap({ namespace, name: 'twice', body: { ...first, data: { a: 'b' } } })
    const conflict = await failure(core.replaceNamespacedConfigMap({ namespace, name: 'twice', body: first }))
    expect(conflict).to.deep.include({ code: 409, reason: 'Conflict' })

    const invalid = await failure(
      core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'Not_A_Name' } } }),
    )
    expect(invalid).to.deep.include({ code: 422, reason: 'Invalid' })
  })

  it('watches', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace })
    const events: string[] = []
    const seen = new EventEmitter()
    const { resourceVersion } = metadata!
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion, labelSelector: 'watched=yes' },
      (type: string, object: V1ConfigMap) => {
        events.push(`${type} ${object.metadata?.name}`)
        if (type === 'DELETED') seen.emit('end')
      },
      () => {},
    )
    const end = once(seen, 'end')
    const labels = { watched: 'yes' }
    const body = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'seen', labels } } })
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'unseen' } } })
    await core.replaceNamespacedConfigMap({ namespace, name: 'seen', body: { ...body, data: { a: 'b' } } })
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' })
    await end
    controller.abort()
    expect(events).to.deep.equal(['ADDED seen', 'MODIFIED seen', 'DELETED seen'])
  })

  it('follows a Deployment to its last Ready pod with an informer', async () => {
    const labelSelector = 'app=web'
    const informer = makeInformer<V1Pod>(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    )
    const isReady = (pod: V1Pod): boolean =>
      pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
    const ready = new Set<string>()
    const allReady = new Promise<void>((resolve, reject) => {
      informer.on('error', reject)
      informer.on('update', (pod) => {
        if (isReady(pod)) ready.add(pod.metadata!.name!)
        if (ready.size === 3) resolve()
      })
    })
    await informer.start()
    const labels = { app: 'web' }
    await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: {
          replicas: 3,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
        },
      },
    })
    await allReady
    await informer.stop()
    const nodes = new Set(informer.list().map((pod) => pod.spec?.nodeName))
    expect(nodes.size).to.equal(2)
  })
})

/** The Status a request is refused with. */
async function failure(request: Promise<unknown>): Promise<V1Status> {
  try {
    await request
  } catch (error) {
    if (error instanceof ApiException) return JSON.parse(error.body as string) as V1Status
    throw error
  }
  throw new Error('the request was not refused')
}
