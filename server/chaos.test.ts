// Controllers, scheduler and kubelets that are killed, cut off and refused at random while fifty Deployments roll.
import { expect } from 'chai'
import type { Deployment, ReplicaSet } from './api/apps.ts'
import type { Node, Pod } from './api/core.ts'
import { seededRandom } from './apimachinery/names.ts'
import type { AnyObject, Frozen, Stored, UserInfo } from './apimachinery/types.ts'
import { FaultyProcess } from './client/faulty-client.ts'
import { InProcessClient } from './client/in-process.ts'
import { Turns } from './client/turns.ts'
import { startComponents, type Components } from './components.ts'
import { namespace, TestApi } from './endpoints/testing.ts'
import { withDefaults, type ComponentName } from './options.ts'

const DEPLOYMENTS = 50
const REPLICAS = 3
const ROUNDS = 8
const CONTROL_PLANE: readonly ComponentName[] = ['controllers', 'scheduler']

/** `1,2,3` */
const seeds = (process.env['KUBELING_CHAOS_SEEDS'] ?? '1').split(',')

/** A process with some of the components. */
interface Process {
  readonly faults: FaultyProcess
  readonly components: Components
}

describe('a cluster in chaos', function () {
  // Some seconds of CPU; machines that do ten things at once take their time.
  this.timeout(300_000)

  for (const seed of seeds) it(`comes to the right end (seed ${seed})`, () => chaos(Number(seed)))
})

async function chaos(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const api = await TestApi.start()
  for (const name of ['kube-system', 'kube-node-lease']) await api.create('namespaces', namespace(name))
  const turns = new Turns()
  const client = new InProcessClient(api, { name: 'admin', groups: ['system:masters'] }, 'test', turns)
  const closing: Promise<void>[] = []

  const start = async (without: readonly ComponentName[]): Promise<Process> => {
    const faults = new FaultyProcess(random)
    const options = withDefaults({ bare: true, nodes: 5, clock: api.clock, random, disable: without, log: () => {} })
    const components = await startComponents({
      options,
      clientFor: (user: UserInfo, agent) => faults.client(new InProcessClient(api, user, agent, turns)),
      rootCA: 'PEM',
      authority: { read: () => Promise.reject(new Error('none')), sign: () => Promise.reject(new Error('none')) },
      mayRequestCertificates: () => false,
      checkPolicyTypes: () => Promise.resolve([]),
      signToken: () => Promise.reject(new Error('none')),
      port: 6443,
    })
    return { faults, components }
  }
  const kill = ({ faults, components }: Process): void => {
    faults.die()
    closing.push(components.close())
  }
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      api.clock.step(10)
      await turns.quiet()
    }
  }
  const list = async <T extends AnyObject>(resource: string) =>
    (await client.list<T>(resource, { namespace: 'default' })).items

  const kubelets = await start(CONTROL_PLANE)
  let controlPlane = await start(['kubelet'])
  const wanted = new Map<string, { image: string; replicas: number }>()
  for (let number = 0; number < DEPLOYMENTS; number++) {
    const name = `d${number}`
    wanted.set(name, { image: 'nginx:0', replicas: REPLICAS })
    await client.create('deployments.apps', deployment(name))
  }
  await pass(300)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { faults } of [controlPlane, kubelets]) {
      faults.refusals = 0.1
      faults.lostAnswers = 0.05
      faults.cutWatches(0.2)
    }
    for (const [name, one] of wanted) {
      if (random() > 0.3) continue
      one.image = `nginx:${round}`
      one.replicas = 1 + Math.floor(random() * 5)
      await client.patch('deployments.apps', 'default', name, 'application/strategic-merge-patch+json', {
        spec: { replicas: one.replicas, template: { spec: { containers: [{ name: 'c', image: one.image }] } } },
      })
    }
    const pods = await list<Pod>('pods')
    for (const { metadata } of pods) {
      if (random() < 0.03) await client.delete('pods', 'default', metadata.name).catch(() => {})
    }
    await pass(10 * Math.floor(1 + random() * 15))
    if (random() < 0.7) {
      kill(controlPlane)
      if (random() < 0.5) await pass(50)
      controlPlane = await start(['kubelet'])
    }
  }
  for (const { faults } of [controlPlane, kubelets]) faults.refusals = faults.lostAnswers = 0
  for (let seconds = 0; seconds < 120 && !isSettled(await list<Deployment>('deployments.apps')); seconds++) {
    api.clock.step(1000)
    await turns.quiet()
  }
  // Old pods end after the new ones are there.
  for (let seconds = 0; seconds < 60; seconds++) {
    api.clock.step(1000)
    await turns.quiet()
  }

  const deployments = await list<Deployment>('deployments.apps')
  const sets = await list<ReplicaSet>('replicasets.apps')
  const pods = await list<Pod>('pods')
  expect(isSettled(deployments)).to.equal(true)
  expect(
    Object.fromEntries(
      deployments.map(({ metadata, spec }) => [
        metadata.name,
        { image: spec?.template.spec?.containers[0]?.image, replicas: spec?.replicas },
      ]),
    ),
    'no update is lost',
  ).to.deep.equal(Object.fromEntries(wanted))
  const living = new Map(sets.map((set) => [set.metadata.uid, set]))
  const nodes = new Set((await client.list<Node>('nodes')).items.map(({ metadata }) => metadata.name))
  const found = new Map<string, { image: string | undefined; replicas: number }>()
  for (const { metadata, spec, status } of pods) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
    expect(living.has(owner?.uid ?? ''), `${metadata.name} has an owner`).to.equal(true)
    expect(nodes.has(spec?.nodeName ?? ''), `${metadata.name} has a node`).to.equal(true)
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
    expect([metadata.deletionTimestamp, ready], metadata.name).to.deep.equal([undefined, 'True'])
    const name = metadata.labels?.['app'] ?? ''
    const one = found.get(name) ?? { image: spec?.containers[0]?.image, replicas: 0 }
    expect(one.image, `${metadata.name} runs what the others run`).to.equal(spec?.containers[0]?.image)
    one.replicas++
    found.set(name, one)
  }
  expect(Object.fromEntries(found), 'no pod is leaked').to.deep.equal(Object.fromEntries(wanted))
  kill(controlPlane)
  kill(kubelets)
  await Promise.all(closing)
  await api.store.close()
}

function isSettled(deployments: readonly Frozen<Stored<Deployment>>[]): boolean {
  return deployments.every(({ metadata, spec, status }) => {
    const { observedGeneration = 0, replicas, updatedReplicas, availableReplicas } = status ?? {}
    const all = [replicas, updatedReplicas, availableReplicas].every((count) => count === spec?.replicas)
    return all && observedGeneration >= (metadata.generation ?? 0)
  })
}

function deployment(name: string): Deployment {
  const container = { name: 'c', image: 'nginx:0', resources: { requests: { cpu: '1m' } } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container], terminationGracePeriodSeconds: 1 },
      },
    },
  }
}
