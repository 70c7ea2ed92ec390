// How fast a whole cluster gets where it is told to: Deployments to Ready, rolled over, scaled to nothing, deleted with
// their namespace; and what a thousand nodes cost. Controllers, scheduler and nodes take part.
import { setTimeout as delay } from 'node:timers/promises'
import type { AnyObject } from '../../server/apimachinery/types.ts'
import type { Api } from './api.ts'
import type { Bench, Group, Target } from './bench.ts'
import { figure, type About, type Figure } from './figure.ts'
import { Mirror } from './mirror.ts'

const deployments = 50
const replicas = 100
const nodes = 10
const rolled = 500
const namespaceDeployments = 10
/** Between two measurements, so that the one leaves nothing to the next. */
const settleMs = 2000

interface Deployment extends AnyObject {
  readonly spec: { readonly replicas: number }
  readonly status?: Readonly<Partial<Record<string, number>>>
}

function deployment(namespace: string, name: string, count: number): object {
  const labels = { app: name }
  const resources = { requests: { cpu: '1m', memory: '1Mi' } }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1.29', resources }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: count, selector: { matchLabels: labels }, template },
  }
}

/** As `kubectl rollout status` judges it, and no pod of an older template is left. */
function isComplete({ metadata, spec, status = {} }: Deployment): boolean {
  const wanted = spec.replicas
  const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas']
  return (
    (status['observedGeneration'] ?? 0) >= metadata!.generation! &&
    counts.every((field) => (status[field] ?? 0) === wanted)
  )
}

const deploymentsOf = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`

/** A measurement of something that `pods` pods go through. */
class Course {
  readonly target: Target
  readonly api: Api
  readonly #bench: Bench

  constructor(bench: Bench, target: Target) {
    this.#bench = bench
    this.target = target
    this.api = target.api
  }

  async measure(about: CourseAbout, action: () => Promise<void>): Promise<Figure[]> {
    this.#bench.progress(about.what)
    const { name, what, pods, secondsBar, rateBar, cpuBar } = about
    const before = this.target.cost()?.cpuMs()
    const startedAt = performance.now()
    await action()
    const seconds = (performance.now() - startedAt) / 1000
    const after = this.target.cost()?.cpuMs()
    const cost = this.target.cost()
    const figures = [
      figure({ name: `${name}-time`, what: `${what}: time`, unit: 's', bar: secondsBar }, [seconds]),
      figure({ name: `${name}-rate`, what: `${what}: pods`, unit: '/s', bar: rateBar }, [pods / seconds]),
    ]
    if (before !== undefined && after !== undefined && cost !== undefined) {
      const cpu: About = { name: `${name}-cpu`, what: `${what}: CPU per pod`, unit: 'ms', bar: cpuBar }
      figures.push({ ...figure(cpu, [(after - before) / pods]), details: { 'resident MiB': cost.residentMiB() } })
    }
    await delay(settleMs)
    return figures
  }

  async namespace(name: string): Promise<void> {
    await this.api.must('POST', '/api/v1/namespaces', { metadata: { name } })
    const isThere = ({ body }: { body: string }): boolean => (JSON.parse(body) as { items: unknown[] }).items.length > 0
    await this.api.until(`/api/v1/namespaces/${name}/serviceaccounts`, isThere)
  }

  /** First apply to all Ready, as their Deployments tell it. */
  async deploy(namespace: string, count: number, each: number): Promise<void> {
    const mirror = await Mirror.of<Deployment>(this.api, deploymentsOf(namespace))
    for (let at = 0; at < count; at++) {
      const path = `${deploymentsOf(namespace)}/app-${at}?fieldManager=bench`
      await this.api.must('PATCH', path, deployment(namespace, `app-${at}`, each), 'application/apply-patch+yaml')
    }
    await mirror.until((objects) => objects.length === count && objects.every(isComplete))
    mirror.close()
    await this.#verify(namespace, count * each)
  }

  async #verify(namespace: string, expected: number): Promise<void> {
    const { items } = (await this.api.must('GET', `/api/v1/namespaces/${namespace}/pods`)) as unknown as PodList
    const ready = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    if (ready.length !== expected) throw new Error(`${namespace}: ${ready.length} of ${expected} pods are Ready`)
  }

  async patch(namespace: string, name: string, patch: object): Promise<number> {
    const path = `${deploymentsOf(namespace)}/${name}`
    const { metadata } = await this.api.must('PATCH', path, patch, 'application/merge-patch+json')
    return metadata!.generation!
  }

  async delete(namespace: string): Promise<void> {
    const mirror = await Mirror.of(this.api, '/api/v1/namespaces')
    await this.api.must('DELETE', `/api/v1/namespaces/${namespace}`)
    await mirror.until((objects) => objects.every(({ metadata }) => metadata?.name !== namespace))
    mirror.close()
  }
}

interface PodList {
  readonly items: readonly { status?: { conditions?: readonly { type: string; status: string }[] } }[]
}

interface CourseAbout {
  readonly name: string
  readonly what: string
  readonly pods: number
  readonly secondsBar?: number
  readonly rateBar?: number
  readonly cpuBar?: number
}

async function measure(bench: Bench): Promise<Figure[]> {
  const each = bench.scaled(replicas, 3)
  await using target = await bench.open({ nodes, flags: ['--bare', '--max-pods', '1000'] })
  const course = new Course(bench, target)
  await checkRoom(target.api, deployments * each)
  const figures: Figure[] = []
  const many = { name: 'deployments', pods: deployments * each, rateBar: 500, cpuBar: 3 }
  await course.namespace('bench-many')
  const size = `${deployments} Deployments × ${each} pods`
  figures.push(
    ...(await course.measure({ ...many, what: `${size}, first apply to all Ready` }, () =>
      course.deploy('bench-many', deployments, each),
    )),
  )
  await course.delete('bench-many')
  figures.push(...(await rolling(bench, course)))
  await course.namespace('bench-namespace')
  await course.deploy('bench-namespace', namespaceDeployments, each)
  await delay(settleMs)
  const pods = namespaceDeployments * each
  const deletion = { name: 'namespace', what: `deletion of a namespace with ${pods} pods`, pods, secondsBar: 2 }
  figures.push(...(await course.measure(deletion, () => course.delete('bench-namespace'))))
  return figures
}

async function rolling(bench: Bench, course: Course): Promise<Figure[]> {
  const pods = bench.scaled(rolled, 4)
  const name = 'app-0'
  const namespace = 'bench-rolled'
  await course.namespace(namespace)
  const figures = await course.measure(
    { name: 'one-deployment', what: `1 Deployment × ${pods}, to all Ready`, pods },
    () => course.deploy(namespace, 1, pods),
  )
  const mirror = await Mirror.of<Deployment>(course.api, deploymentsOf(namespace))
  const update = { name: 'rolling-update', what: `rolling update of ${pods} pods`, pods, secondsBar: 1.5 }
  figures.push(
    ...(await course.measure(update, async () => {
      const template = { metadata: { annotations: { turn: '2' } } }
      const generation = await course.patch(namespace, name, { spec: { template } })
      await mirror.until(([one]) => one!.metadata!.generation! >= generation && isComplete(one!))
    })),
  )
  mirror.close()
  const all = await Mirror.of(course.api, `/api/v1/namespaces/${namespace}/pods`)
  figures.push(
    ...(await course.measure(
      { name: 'scale-to-zero', what: `${pods} pods scaled to 0, until they are gone`, pods },
      async () => {
        await course.patch(namespace, name, { spec: { replicas: 0 } })
        await all.until((objects) => objects.length === 0)
      },
    )),
  )
  all.close()
  await course.delete(namespace)
  return figures
}

/** @throws Error when the nodes of the cluster take fewer pods */
async function checkRoom(api: Api, pods: number): Promise<void> {
  const { items } = (await api.must('GET', '/api/v1/nodes')) as unknown as {
    items: { status: { allocatable: { pods: string } } }[]
  }
  const room = items.reduce((sum, { status }) => sum + Number(status.allocatable.pods), 0)
  if (room < pods) throw new Error(`${items.length} nodes take ${room} pods, ${pods} are needed; try a smaller --scale`)
}

export const converge: Group = {
  name: 'converge',
  what: `${nodes} nodes: ${deployments} Deployments × ${replicas} to Ready, rolling update, scale to 0, namespace deletion`,
  run: measure,
}
