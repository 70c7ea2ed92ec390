// The loops that act on the cluster: controllers, scheduler, kubelets; started in order, stopped in reverse.
import { authenticatedGroup } from './authentication/authenticator.ts'
import { serviceAccountUser } from './authentication/service-account.ts'
import { isNotFound } from './apimachinery/errors.ts'
import type { UserInfo } from './apimachinery/types.ts'
import { controlPlaneObjects } from './bootstrap/control-plane.ts'
import type { Client } from './client/client.ts'
import type { ControllerContext } from './client/controller.ts'
import { Informers } from './client/informers.ts'
import type { MayRequest } from './controllers/certificates/approving.ts'
import type { Authority } from './controllers/certificates/signing.ts'
import type { SignToken } from './controllers/serviceaccount-tokens.ts'
import type { CheckTypes } from './controllers/validating-policy-status.ts'
import { newControllers, startControllers } from './controllers/index.ts'
import { nodeSet, startKubelets, type Kubelets } from './kubelet/index.ts'
import type { CompleteOptions } from './options.ts'
import type { Explanation } from './scheduler/explain.ts'
import { startScheduler } from './scheduler/index.ts'

export type { Explanation } from './scheduler/explain.ts'

export interface Components {
  /** Nothing if there is no scheduler, or no such pod. */
  explainScheduling(namespace: string, pod: string): Explanation | undefined
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
}: ComponentDependencies): Promise<Components> {
  const { clock, random } = options
  const started: { close(): unknown }[] = []
  // One cache for all: what a component may write is decided by its own user, reads come from memory.
  const informers = new Informers(
    clientFor(user('system:kube-controller-manager'), 'kube-controller-manager'),
    clock,
    (resource, error) => options.log(`a watch of ${resource} was not followed everywhere`, error),
  )
  if (options.controllers) {
    const controllers = startControllers(
      newControllers({
        rootCA,
        authority,
        mayRequestCertificates,
        checkPolicyTypes,
        signToken,
        clusterCIDRs: options.clusterCIDR === undefined ? [] : options.clusterCIDR.split(','),
        loadBalancerCIDR: options.loadBalancerCIDR,
      }),
      {
        informers,
        clock,
        observeQueue,
        clientFor: (account) => clientFor(controllerUser(account), 'kube-controller-manager'),
        onError: (controller, key, error) => options.log(`${controller} could not reconcile ${key}`, error),
      },
    )
    started.push(controllers)
  }
  const scheduler = options.scheduler
    ? startScheduler({ client: clientFor(user('system:kube-scheduler'), 'kube-scheduler'), informers, clock, random })
    : undefined
  if (scheduler !== undefined) started.push(scheduler)
  let kubelets: Kubelets | undefined
  if (options.kubelet) {
    const nodes = nodeSet({ count: options.nodes, bare: options.bare, maxPods: options.maxPods })
    kubelets = startKubelets({
      clientFor: (node) => clientFor(withAuthenticated(node), 'kubelet'),
      informers,
      clock,
      random,
      nodes,
      onError: (pod, error) => options.log(`the kubelet could not go on with pod ${pod}`, error),
    })
    started.push(kubelets)
  }
  await Promise.all([informers.start(), kubelets?.registered])
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
    explainScheduling: (namespace, pod) => scheduler?.explanation(namespace, pod),
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
  const [first] = nodeSet({ count: options.nodes, bare: options.bare, maxPods: options.maxPods })
  if (first === undefined) return
  const node = await client.get('nodes', undefined, first.name)
  const objects = controlPlaneObjects({
    node: { name: first.name, uid: node.metadata.uid, internalIP: first.internalIP },
    port,
    serviceCIDR: options.serviceClusterIPRange,
    podCIDR: clusterPodCIDR,
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

/** The range nodes take their pod CIDRs from. */
const clusterPodCIDR = '10.244.0.0/16'

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
