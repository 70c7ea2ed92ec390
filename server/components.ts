// The loops that act on the cluster: controllers, scheduler, kubelets; started in order, stopped in reverse.
import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { authenticatedGroup } from './authentication/authenticator.ts'
import { serviceAccountUser } from './authentication/service-account.ts'
import { isNotFound } from './apimachinery/errors.ts'
import type { UserInfo } from './apimachinery/types.ts'
import { controlPlaneObjects } from './bootstrap/control-plane.ts'
import type { Client } from './client/client.ts'
import type { ControllerContext } from './client/controller.ts'
import { Informers } from './client/informers.ts'
import { LeaderElection, type LeaderElectionOptions } from './client/leader-election.ts'
import { isControllerEnabled } from './controller-names.ts'
import type { MayRequest } from './controllers/certificates/approving.ts'
import type { Authority } from './controllers/certificates/signing.ts'
import type { SignToken } from './controllers/serviceaccount-tokens.ts'
import type { CheckTypes } from './controllers/validating-policy-status.ts'
import { newControllers, startControllers } from './controllers/index.ts'
import { NodeAutoscaler, nodeSet, startKubelets, type Kubelets, type NodeOptions } from './kubelet/index.ts'
import { defaultClusterCIDR, type CompleteOptions } from './options.ts'
import type { Explanation } from './scheduler/explain.ts'
import { startScheduler, type Scheduler } from './scheduler/index.ts'
import type { SchedulerObserver } from './scheduler/observer.ts'

export type { Explanation } from './scheduler/explain.ts'

export interface Components {
  /** Nothing if there is no scheduler, or no such pod. */
  explainScheduling(namespace: string, pod: string): Promise<Explanation | undefined>
  /** The kubelet of a simulated node falls silent. */
  silenceNode(name: string): Promise<void>
  /** It is back. */
  wakeNode(name: string): void
  close(): Promise<void>
}

export interface ComponentDependencies {
  readonly options: CompleteOptions
  /** A client of this process; the agent names the manager of what it writes. */
  readonly clientFor: (user: UserInfo, agent: string) => Client
  /** PEM. */
  readonly rootCA: string
  /** Signs certificate requests. */
  readonly authority: Authority
  readonly mayRequestCertificates: MayRequest
  readonly checkPolicyTypes: CheckTypes
  /** Signs the tokens that Secrets hold. */
  readonly signToken: SignToken
  /** Where the API server listens. */
  readonly port: number
  /** For metrics of the controllers' queues. */
  readonly observeQueue?: ControllerContext['observeQueue']
  readonly schedulerObserver?: SchedulerObserver
}

/** Resolves when nodes are registered and ready, and controllers have seen what there is. */
export async function startComponents({
  options,
  clientFor,
  rootCA,
  authority,
  mayRequestCertificates,
  checkPolicyTypes,
  signToken,
  port,
  observeQueue,
  schedulerObserver,
}: ComponentDependencies): Promise<Components> {
  const { clock, random } = options
  const started: { close(): unknown }[] = []
  // One cache for all: what a component may write is decided by its own user, reads come from memory.
  const informers = new Informers(
    clientFor(user('system:kube-controller-manager'), 'kube-controller-manager'),
    clock,
    (resource, error) => options.log(`a watch of ${resource} was not followed everywhere`, error),
  )
  const managers: ManagerStart = () => {
    const all = newControllers({
      rootCA,
      authority,
      mayRequestCertificates,
      checkPolicyTypes,
      signToken,
      clusterCIDRs: options.clusterCIDR === undefined ? [] : options.clusterCIDR.split(','),
      loadBalancerCIDR: options.loadBalancerCIDR,
    })
    return startControllers(
      all.filter(({ name }) => isControllerEnabled(name, options.enabledControllers)),
      {
        informers,
        clock,
        observeQueue,
        clientFor: (account) => clientFor(controllerUser(account), 'kube-controller-manager'),
        onError: (controller, key, error) => options.log(`${controller} could not reconcile ${key}`, error),
      },
    )
  }
  const schedulerClient = clientFor(user('system:kube-scheduler'), 'kube-scheduler')
  let scheduler: Scheduler | undefined
  const elect = (name: string, component: string, start: ManagerStart): Managed =>
    new Managed(
      start,
      options.leaderElect
        ? { ...leaderOf(options), client: clientFor(user(`system:${name}`), name), name, component }
        : undefined,
    )
  const managed: Managed[] = []
  if (options.controllers) managed.push(elect('kube-controller-manager', 'kube-controller-manager', managers))
  if (options.scheduler) {
    managed.push(
      elect('kube-scheduler', 'default-scheduler', () => {
        const configuration = options.schedulerConfiguration
        const one = startScheduler({
          client: schedulerClient,
          informers,
          clock,
          random,
          observer: schedulerObserver,
          ...(configuration === undefined ? {} : { configuration }),
        })
        scheduler = one
        return {
          async close() {
            // What it knew is not what is true from now on.
            scheduler = undefined
            await one.close()
          },
        }
      }),
    )
  }
  started.push(...managed)
  const acting = Promise.all(managed.map((one) => one.start()))
  let kubelets: Kubelets | undefined
  if (options.kubelet) {
    const nodes = await nodesToStart(options, clientFor(user('system:kube-controller-manager'), 'kubelet'))
    const fleet = startKubelets({
      clientFor: (node) => clientFor(withAuthenticated(node), 'kubelet'),
      informers,
      clock,
      random,
      nodes,
      onError: (pod, error) => options.log(`the kubelet could not go on with pod ${pod}`, error),
    })
    started.push(fleet)
    kubelets = fleet
    if (options.autoscaleNodes !== undefined) {
      const account = serviceAccountUser('kube-system', 'cluster-autoscaler')
      started.push(
        new NodeAutoscaler({
          client: clientFor(withAuthenticated(account), 'cluster-autoscaler'),
          informers,
          clock,
          min: options.nodes,
          nodes: allNodes(options),
          add: (node) => fleet.add(node),
          remove: (name) => fleet.remove(name),
          onError: (node, error) => options.log(`the number of nodes could not be changed by ${node}`, error),
        }),
      )
    }
  }
  await Promise.all([informers.start(), kubelets?.registered, acting])
  // The cluster is ready without them: they appear as they do after a kubeadm init.
  const closing = new AbortController()
  const textbook =
    options.bare || !options.kubelet
      ? undefined
      : createTextbookPods(
          clientFor(user('kubernetes-admin', 'system:masters'), 'kubeadm'),
          options,
          port,
          closing.signal,
        )
  return {
    explainScheduling: async (namespace, pod) => scheduler?.explanation(namespace, pod),
    silenceNode: async (name) => kubelets?.silence(name),
    wakeNode: (name) => kubelets?.wake(name),
    async close() {
      closing.abort()
      await textbook
      for (const one of started.reverse()) await one.close()
      await informers.close()
    },
  }
}

/** The pods of a control plane that books show in kube-system. Cut short, the next start goes on with it. */
async function createTextbookPods(
  client: Client,
  options: CompleteOptions,
  port: number,
  closing: AbortSignal,
): Promise<void> {
  const resources = new Map(
    (await client.resources()).map((one) => [`${one.group}/${one.version}/${one.kind}`, one.resource]),
  )
  const [first] = allNodes(options)
  if (first === undefined) return
  const node = await client.get('nodes', undefined, first.name)
  const objects = controlPlaneObjects({
    node: { name: first.name, uid: node.metadata.uid, internalIP: first.internalIP },
    port,
    serviceCIDR: options.serviceClusterIPRange,
    podCIDR: options.clusterCIDR ?? defaultClusterCIDR,
    now: options.clock.now(),
  })
  for (const object of objects) {
    if (closing.aborted) return
    const apiVersion = object.apiVersion!.includes('/') ? object.apiVersion! : `/${object.apiVersion}`
    const resource = resources.get(`${apiVersion}/${object.kind}`)!
    const { namespace, name } = object.metadata!
    try {
      // Asked first, as a Service that is there is not told of as such: its own address would be taken.
      if (!(await exists(client, resource, namespace, name!))) await client.create(resource, object)
    } catch (error) {
      options.log(`cannot create ${object.kind} ${name}`, error)
    }
  }
}

async function exists(client: Client, resource: string, namespace: string | undefined, name: string): Promise<boolean> {
  try {
    await client.get(resource, namespace, name)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** All nodes there may be. Those that are there from the start are as in a cluster that has no others. */
function allNodes({ nodes, bare, maxPods, podRange, autoscaleNodes }: CompleteOptions): NodeOptions[] {
  const first = nodeSet({ count: nodes, bare, maxPods, podRange })
  if (autoscaleNodes === undefined) return first
  return [...first, ...nodeSet({ count: autoscaleNodes.max, bare, maxPods, podRange }).slice(nodes)]
}

/** Nodes that were added before the cluster was stopped are there again. */
async function nodesToStart(options: CompleteOptions, client: Client): Promise<NodeOptions[]> {
  const all = allNodes(options)
  if (options.autoscaleNodes === undefined) return all
  const known = new Set((await client.list('nodes')).items.map(({ metadata }) => metadata.name))
  return all.filter(({ name }, at) => at < options.nodes || known.has(name))
}

/** Starts a component; what it answers ends it. */
type ManagerStart = () => { close(): Promise<void> }

/** A component that acts while its Lease is held, or always where nobody is elected. */
class Managed {
  readonly #start: ManagerStart
  readonly #election: LeaderElection | undefined
  #running: { close(): Promise<void> } | undefined

  constructor(start: ManagerStart, election: Omit<LeaderElectionOptions, 'onStarted' | 'onStopped'> | undefined) {
    this.#start = start
    this.#election =
      election && new LeaderElection({ ...election, onStarted: () => this.#run(), onStopped: () => this.#stop() })
  }

  /** Resolves when it acts, or waits for somebody else to let it. */
  async start(): Promise<void> {
    if (this.#election === undefined) this.#run()
    else await this.#election.start()
  }

  async close(): Promise<void> {
    await this.#election?.close()
    await this.#stop()
  }

  #run(): void {
    this.#running = this.#start()
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.close()
  }
}

/** The host's name and something of its own; the same again on the same data folder, which no two processes share. */
function leaderOf({ dataDir, clock }: CompleteOptions): Pick<LeaderElectionOptions, 'clock' | 'identity'> {
  const host = hostname()
  const hash = createHash('sha256').update(`${host}\n${dataDir}`).digest('hex')
  const own =
    dataDir === undefined
      ? randomUUID()
      : [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-')
  return { clock, identity: `${host}_${own}` }
}

/** Each controller has a service account, but for what makes the tokens of accounts: that is the manager itself. */
function controllerUser(account: string): UserInfo {
  if (account === 'kube-controller-manager') return user(`system:${account}`)
  return withAuthenticated(serviceAccountUser('kube-system', account))
}

function user(name: string, ...groups: string[]): UserInfo {
  return { name, groups: [...groups, authenticatedGroup] }
}

function withAuthenticated(info: UserInfo): UserInfo {
  return { ...info, groups: [...info.groups, authenticatedGroup] }
}
