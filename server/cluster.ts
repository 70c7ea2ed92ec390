// The composition root: builds a cluster from its parts, in order, and takes it down again. The only file that knows all.
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { makeChain } from './admission/chain.ts'
import type { AdmissionReader } from './admission/plugin.ts'
import type { ClusterClock } from './apimachinery/cluster-clock.ts'
import { deepEqual } from './apimachinery/equality.ts'
import { isNotFound } from './apimachinery/errors.ts'
import type { AnyObject, Frozen, UserInfo } from './apimachinery/types.ts'
import type { ServiceCIDR } from './api/networking.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from './api/rbac.ts'
import { authenticatedGroup, withAuthenticatedGroup, type Authenticator } from './authentication/authenticator.ts'
import { readCertificateRequest, signCertificateRequest } from './authentication/certificates.ts'
import { clientCertificates } from './authentication/client-certificate.ts'
import { ServiceAccountTokens } from './authentication/service-account.ts'
import { tokenFile } from './authentication/token-file.ts'
import { EscalationGuard } from './authorization/escalation.ts'
import { nodeAuthorizer, union } from './authorization/node.ts'
import { RBACAuthorizer, type RoleReader } from './authorization/rbac.ts'
import { addressOf, bootstrapObjects, kubernetesEndpoints } from './bootstrap/objects.ts'
import type { Client } from './client/client.ts'
import { InProcessClient } from './client/in-process.ts'
import { Turns } from './client/turns.ts'
import { startComponents, type Components } from './components.ts'
import type { Api } from './endpoints/api.ts'
import type { AuthenticatedToken } from './endpoints/review.ts'
import { makeFolder } from './folder.ts'
import { checkStore, componentHealth, healthChecks } from './health-checks.ts'
import { createApp } from './http/app.ts'
import { requestVerbosity } from './http/filters/logging.ts'
import { listen, type Listener } from './http/transport.ts'
import type { Services } from './http/routes.ts'
import { serverDocuments } from './documents.ts'
import { kubeconfigText, type KubeconfigOptions } from './kubeconfig.ts'
import { ServiceAllocator } from './kinds/core/service/allocator.ts'
import { kinds } from './kinds/index.ts'
import { ServerMetrics } from './metrics.ts'
import { withDefaults, type ClusterOptions, type CompleteOptions } from './options.ts'
import { preparePKI, type PKI } from './pki.ts'
import { rememberedLists } from './registry/remembered-lists.ts'
import { Resources } from './registry/resources.ts'
import { startCompaction } from './storage/compaction.ts'
import { CustomResources } from './apiextensions/custom-resources.ts'
import { openMemoryStore } from './storage/memory.ts'
import { StorageMetrics } from './storage-metrics.ts'
import type { CommitObserver } from './storage/mvcc.ts'
import type { Store } from './storage/store.ts'
import { versionInfo } from './version.ts'

/** A running cluster. */
export interface Cluster extends AsyncDisposable {
  /** `https://127.0.0.1:6443` */
  readonly url: string
  readonly port: number
  /** Text of a kubeconfig for its admin. */
  readonly kubeconfig: string
  readonly kubeconfigOptions: KubeconfigOptions
  /** Of the official client, for its admin. The client is loaded by the first call. */
  kubeConfig(): Promise<KubeConfig>
  /** The number of simulated nodes. */
  readonly nodes: number
  /** Its time, to stop, step and speed up. */
  readonly clock: ClusterClock
  /** A simulated node falls silent, as a machine that loses its power; what follows takes its time, see `clock`. */
  failNode(name: string): Promise<void>
  /** It is back. */
  recoverNode(name: string): void
  /** A client in this process, as this user; default: the admin. */
  client(user?: UserInfo): Client
  /** Stops everything and lets go of the store; what was acknowledged is on disk. */
  close(): Promise<void>
}

/** As whom the server writes itself. */
const apiserver: UserInfo = { name: 'system:apiserver', groups: ['system:masters', authenticatedGroup] }
const admin: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', authenticatedGroup] }

/** @throws StoreOpenError, or the socket's error (EADDRINUSE, EACCES) */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const complete = withDefaults(options)
  const started: AsyncDisposable[] = []
  try {
    return await build(complete, started)
  } catch (error) {
    for (const one of started.reverse()) await one[Symbol.asyncDispose]()
    throw error
  }
}

async function build(options: CompleteOptions, started: AsyncDisposable[]): Promise<Cluster> {
  const { clock } = options
  const pkiFolder = options.dataDir === undefined ? undefined : join(options.dataDir, 'pki')
  const names = [
    ...new Set([
      'localhost',
      '127.0.0.1',
      '::1',
      'kubernetes.default.svc',
      options.serviceAddress,
      ...servingAddress(options.bindAddress),
    ]),
  ]
  const metrics = new ServerMetrics()
  const storageMetrics = new StorageMetrics(metrics)
  const store = await openStore(options, storageMetrics.committed)
  started.push({ [Symbol.asyncDispose]: () => store.close() })
  const pki = await preparePKI(pkiFolder, names, clock.source.now())
  // Who resumes a watch counts in real time; so do those who judge certificates.
  const compaction = startCompaction(store, clock.source, { intervalMs: options.compactionIntervalMs })
  started.push({ [Symbol.asyncDispose]: async () => compaction.stop() })

  const control = buildControlPlane(store, options, pki)
  const { api, services, authenticators } = control
  const state = { isStarted: false, isShuttingDown: false, url: '' }
  storageMetrics.reads(store, api.resources, storePath(options))
  const documents = serverDocuments({
    resources: api.resources,
    health: healthChecks({
      storage: () => checkStore(store),
      isStarted: () => state.isStarted,
      isShuttingDown: () => state.isShuttingDown,
    }),
    version: versionInfo,
    metrics,
    tokens: control.tokens,
    url: () => state.url,
  })
  // Requests are served before there is a scheduler.
  const running: { components?: Components } = {}
  const app = createApp({
    authenticators,
    allowAnonymous: true,
    authorizer: control.authorizer,
    services,
    documents,
    metrics,
    snapshot: () => store.snapshot(),
    explainScheduling: async (namespace, pod) => running.components?.explainScheduling(namespace, pod),
    clock,
    profiling: options.profiling,
    log: options.log,
    logRequest: options.logger.tells(requestVerbosity)
      ? (message, values) => options.logger.info(requestVerbosity, message, values)
      : undefined,
  })
  const listener: Listener = await listen(app, {
    host: options.bindAddress,
    port: options.port,
    certificate: pki.serving.certificate,
    key: pki.serving.key,
    clientAuthority: pki.authority.certificate,
  })
  started.push({ [Symbol.asyncDispose]: () => listener.close() })
  state.url = `https://${urlHost(options.bindAddress)}:${listener.port}`

  await seed(api, options, pki, listener.port)
  const turns = new Turns()
  clock.settlesBy(() => turns.quiet())
  started.push({ [Symbol.asyncDispose]: async () => clock.close() })
  const clientFor = (user: UserInfo, agent: string): Client => new InProcessClient(api, user, agent, turns)
  await followAddress(api, clientFor(admin, 'kube-apiserver'), options, listener.port)
  await control.serviceAllocator.repair()
  const customResources = new CustomResources({
    store,
    resources: api.resources,
    client: clientFor(apiserver, 'kube-apiserver'),
    clock,
    onError: (definition, error) => options.log(`${definition} could not be served`, error),
    observer: metrics.observeQueue('customresourcedefinition-controller'),
  })
  started.push({ [Symbol.asyncDispose]: () => customResources.close() })
  await customResources.start()
  const components: Components = await startComponents({
    options,
    clientFor,
    rootCA: pki.authority.certificate,
    authority: {
      read: readCertificateRequest,
      sign: (request, grant) => {
        const aheadMs = clock.now() - clock.source.now()
        const real = { ...grant, notBefore: grant.notBefore - aheadMs, notAfter: grant.notAfter - aheadMs }
        return signCertificateRequest(pki.authority, request, real)
      },
    },
    mayRequestCertificates: (user, subresource) =>
      control.isAuthorized(user, 'create', {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        subresource,
      }),
    checkPolicyTypes: async (policy) => {
      // Not at the start: few clusters have policies.
      const { checkTypes } = await import('./admission/policy/type-checking.ts')
      return checkTypes(
        policy,
        api.resources.all().map(({ facts, schema }) => ({ ...facts, schema })),
      )
    },
    signToken: (account, secretName) => control.tokens.issueForSecret(account, secretName),
    port: listener.port,
    observeQueue: (controller) => metrics.observeQueue(controller),
    schedulerObserver: metrics.schedulerObserver,
  })
  running.components = components
  started.push({ [Symbol.asyncDispose]: () => components.close() })
  state.isStarted = true

  const kubeconfigOptions: KubeconfigOptions = {
    url: state.url,
    authority: pki.authority.certificate,
    admin: pki.admin,
    name: options.name,
  }
  const close = async (): Promise<void> => {
    state.isShuttingDown = true
    for (const one of started.splice(0).reverse()) await one[Symbol.asyncDispose]()
  }
  return {
    url: state.url,
    port: listener.port,
    kubeconfig: kubeconfigText(kubeconfigOptions),
    kubeconfigOptions,
    kubeConfig: () => clientConfig(kubeconfigOptions),
    nodes: options.nodes,
    clock,
    failNode: (name) => components.silenceNode(name),
    recoverNode: (name) => components.wakeNode(name),
    client: (user = admin) => clientFor(user, 'kubeling'),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function clientConfig(options: KubeconfigOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromString(kubeconfigText(options))
  return config
}

function storePath({ dataDir }: CompleteOptions): string | undefined {
  return dataDir === undefined ? undefined : join(dataDir, 'store')
}

async function openStore(options: CompleteOptions, onCommit: CommitObserver): Promise<Store> {
  const path = storePath(options)
  if (path === undefined) return openMemoryStore({ onCommit })
  // Loaded only where there is a disk: it brings a native library along.
  const { openLevelStore } = await import('./storage/leveldb.ts')
  makeFolder(dirname(path), 0o700)
  return openLevelStore({ path, durability: options.durability, onCommit })
}

/** An address clients may use; none if the server listens on all. */
function servingAddress(bindAddress: string): string[] {
  return bindAddress === '0.0.0.0' || bindAddress === '::' ? [] : [bindAddress]
}

function urlHost(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '::') return '127.0.0.1'
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress
}

interface ControlPlane {
  readonly api: Api
  readonly services: Services
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: ReturnType<typeof union>
  readonly tokens: ServiceAccountTokens
  readonly serviceAllocator: ServiceAllocator
  /** Whether a user may do something with a resource of the cluster's scope, with one of its objects, or with a part of them. */
  isAuthorized(
    user: UserInfo,
    verb: string,
    resource: {
      readonly group: string
      readonly resource: string
      readonly name?: string
      readonly subresource?: string
    },
  ): boolean
}

function buildControlPlane(store: Store, options: CompleteOptions, pki: PKI): ControlPlane {
  const { clock, random } = options
  const addresses = 'ipaddresses.networking.k8s.io'
  const server = (): Client => new InProcessClient(api, admin, 'kube-apiserver')
  const serviceAllocator = new ServiceAllocator({
    ranges: () => serviceRanges(resources, options.serviceClusterIPRange),
    nodePorts: options.serviceNodePortRange,
    random,
    existing: () => objectsOf(resources, 'services'),
    objects: {
      hasAddress: (ip) => resources.byName(addresses)?.store?.find('', ip) !== undefined,
      createAddress: async (ip, namespace, name) => {
        await server().create(addresses, addressOf(ip, namespace, name))
      },
      deleteAddress: (ip) => deleteIfThere(server(), addresses, undefined, ip),
      deleteEndpoints: async (namespace, name) => {
        if (resources.byName('endpoints')?.store?.find(namespace, name) === undefined) return
        await deleteIfThere(server(), 'endpoints', namespace, name)
      },
    },
  })
  const resources: Resources = new Resources(store, kinds, { services: serviceAllocator })
  const reader = admissionReader(resources)
  const roles = roleReader(resources)
  const rbac = new RBACAuthorizer(roles)
  const authorizer = union([nodeAuthorizer, rbac])
  const escalation = new EscalationGuard(rbac, roles, authorizer)
  const isAuthorized: ControlPlane['isAuthorized'] = (user, verb, resource) => {
    const question = {
      user,
      verb,
      isResourceRequest: true,
      path: '',
      namespace: '',
      version: '*',
      name: '',
      subresource: '',
      ...resource,
    }
    return authorizer.authorize(question).verdict === 'allow'
  }
  const admission = makeChain(options.disabledAdmissionPlugins, {
    clock,
    realTime: clock.source,
    random,
    afterAdmit: (attributes) => escalation.check(attributes),
    updateQuota: (quota) => server().update('resourcequotas', quota as unknown as AnyObject, { subresource: 'status' }),
    isAuthorized,
  })
  const api: Api = { resources, admission, reader, clock, realTime: clock.source }
  const tokens = new ServiceAccountTokens({
    issuer: options.serviceAccountIssuer,
    audiences: options.apiAudiences,
    keys: pki.serviceAccountKeys,
    clock,
    find: (resource, namespace, name) => reader.get(resource, namespace, name),
  })
  const authenticators: Authenticator[] = [clientCertificates]
  if (options.tokenAuthFile !== undefined) authenticators.push(tokenFile(options.tokenAuthFile))
  authenticators.push(tokens)
  const services: Services = {
    api,
    tokens,
    components: () => componentHealth(options, () => void store.revision),
    reviewers: {
      authorize: (question) => authorizer.authorize(question),
      rulesFor: (user, namespace) => splitRules(rbac, user, namespace),
      authenticateToken: (token, audiences) =>
        authenticateToken(authenticators, tokens, options.apiAudiences, token, audiences),
      audiences: options.apiAudiences,
    },
  }
  return { api, services, authenticators, authorizer, tokens, serviceAllocator, isAuthorized }
}

/** Tokens that are not of service accounts are for this server. */
async function authenticateToken(
  authenticators: readonly Authenticator[],
  serviceAccounts: ServiceAccountTokens,
  ownAudiences: readonly string[],
  bearerToken: string,
  wanted: readonly string[],
): Promise<AuthenticatedToken | undefined> {
  for (const one of authenticators) {
    const user = await one.authenticate({ bearerToken, audiences: wanted })
    if (user === undefined) continue
    const audiences =
      one === serviceAccounts
        ? serviceAccounts.sharedAudiences(bearerToken, wanted)
        : wanted.filter((audience) => ownAudiences.includes(audience))
    return audiences.length === 0 ? undefined : { user: withAuthenticatedGroup(user), audiences }
  }
  return undefined
}

function splitRules(
  rbac: RBACAuthorizer,
  user: UserInfo,
  namespace: string,
): ReturnType<Services['reviewers']['rulesFor']> {
  const rules = rbac.boundRules(user, namespace)
  return {
    resourceRules: rules
      .filter((rule) => (rule.resources ?? []).length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs: [...verbs],
        apiGroups: [...(apiGroups ?? [])],
        resources: [...resources!],
        ...(resourceNames === undefined ? {} : { resourceNames: [...resourceNames] }),
      })),
    nonResourceRules: rules
      .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs!] })),
  }
}

function* objectsOf(resources: Resources, name: string, namespace = ''): Generator<Frozen<AnyObject>> {
  const store = resources.byName(name)?.store
  if (store === undefined) return
  for (const entry of store.cache.snapshot().entries(store.listPrefix(namespace))) yield entry.object
}

/** The server's own range and those that ServiceCIDRs add, unless they are not ready or on their way out. */
function serviceRanges(resources: Resources, own: string): string[] {
  const added: string[] = []
  for (const object of objectsOf(resources, 'servicecidrs.networking.k8s.io')) {
    const { spec, status, metadata } = object as Frozen<ServiceCIDR>
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    if (metadata?.deletionTimestamp !== undefined || (ready !== undefined && ready.status !== 'True')) continue
    added.push(...(spec?.cidrs ?? []).filter((cidr) => cidr.includes('.')))
  }
  return [...new Set([own, ...added])]
}

async function deleteIfThere(
  client: Client,
  resource: string,
  namespace: string | undefined,
  name: string,
): Promise<void> {
  try {
    await client.delete(resource, namespace, name)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function admissionReader(resources: Resources): AdmissionReader {
  return {
    get: (resource, namespace, name) => resources.byName(resource)?.store?.find(namespace ?? '', name)?.object,
    list: rememberedLists(resources),
  }
}

const rbacGroup = 'rbac.authorization.k8s.io'

function roleReader(resources: Resources): RoleReader {
  const find = (resource: string, namespace: string, name: string) =>
    resources.byName(`${resource}.${rbacGroup}`)?.store?.find(namespace, name)?.object
  const changesOf = (resource: string): number =>
    resources.byName(`${resource}.${rbacGroup}`)?.store?.cache.changes ?? 0
  return {
    clusterRole: (name) => find('clusterroles', '', name) as Frozen<ClusterRole> | undefined,
    role: (namespace, name) => find('roles', namespace, name) as Frozen<Role> | undefined,
    clusterRoleBindings: () =>
      objectsOf(resources, `clusterrolebindings.${rbacGroup}`) as Iterable<Frozen<ClusterRoleBinding>>,
    roleBindings: (namespace) =>
      objectsOf(resources, `rolebindings.${rbacGroup}`, namespace) as Iterable<Frozen<RoleBinding>>,
    changes: () =>
      changesOf('clusterroles') + changesOf('roles') + changesOf('clusterrolebindings') + changesOf('rolebindings'),
  }
}

/** The endpoints of the service `kubernetes` say where the API server listens this time. */
async function followAddress(
  { reader }: Api,
  client: Client,
  { advertiseAddress }: CompleteOptions,
  port: number,
): Promise<void> {
  const [endpoints, slice] = kubernetesEndpoints(advertiseAddress, port)
  const wanted = [
    ['endpoints', endpoints!, 'subsets'],
    ['endpointslices.discovery.k8s.io', slice!, 'ports'],
  ] as const
  for (const [resource, object, member] of wanted) {
    const there = reader.get(resource, 'default', 'kubernetes')
    if (!deepEqual(there?.[member], object[member])) await client.update(resource, object)
  }
}

/** What a fresh cluster holds, where it is not there yet: all in one batch. */
async function seed({ resources }: Api, options: CompleteOptions, pki: PKI, port: number): Promise<void> {
  const now = options.clock.now()
  const objects = bootstrapObjects({
    advertiseAddress: options.advertiseAddress,
    port,
    serviceCIDR: options.serviceClusterIPRange,
    now,
    hostname: hostname(),
    clientAuthority: pki.authority.certificate,
    identity: createHash('sha256').update(hostname()).digest('hex').slice(0, 26),
    withControllers: options.controllers,
  })
  const byKind = new Map(
    resources.all().map((one) => [`${one.facts.group}/${one.facts.version}/${one.facts.kind}`, one]),
  )
  await Promise.all(
    objects.map((object) => {
      const apiVersion = object.apiVersion!.includes('/') ? object.apiVersion! : `/${object.apiVersion}`
      const resource = byKind.get(`${apiVersion}/${object.kind}`)
      if (resource?.store === undefined) throw new Error(`no resource for ${object.apiVersion} ${object.kind}`)
      return resource.store.seed(object, now)
    }),
  )
}
