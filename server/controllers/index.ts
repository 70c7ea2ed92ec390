// The controllers, by the names under which users know and enable them.
// Source: kubernetes cmd/kube-controller-manager/names (v1.36)
import type { Controller, ControllerContext, RunningController } from '../client/controller.ts'
import { csrCleaner } from './certificates/cleaner.ts'
import { csrSigning, type Authority } from './certificates/signing.ts'
import { clusterroleAggregation } from './clusterrole-aggregation.ts'
import { cronjob } from './cronjob/index.ts'
import { daemonset } from './daemonset/index.ts'
import { deployment } from './deployment/index.ts'
import { disruption } from './disruption.ts'
import { endpoints } from './endpoints/endpoints.ts'
import { endpointslices } from './endpoints/endpointslices.ts'
import { garbageCollector } from './garbage-collector/index.ts'
import { job } from './job/index.ts'
import { namespace } from './namespace/index.ts'
import { nodeLifecycle } from './node/lifecycle.ts'
import { podGarbageCollector } from './node/pod-garbage-collector.ts'
import { taintEviction } from './node/taint-eviction.ts'
import { persistentvolumeBinder } from './persistentvolume/index.ts'
import { podAutoscaler } from './podautoscaler/index.ts'
import { pvProtection } from './pv-protection.ts'
import { pvcProtection } from './pvc-protection.ts'
import { csrApproving, type MayRequest } from './certificates/approving.ts'
import { replicaset, replicationcontroller } from './replicaset.ts'
import { resourcequota } from './resourcequota.ts'
import { rootCACertificatePublisher } from './root-ca-certificate-publisher.ts'
import { serviceaccount } from './serviceaccount.ts'
import { statefulset } from './statefulset/index.ts'
import { storageProvisioner } from './storage-provisioner.ts'
import { ttlAfterFinished } from './ttl-after-finished.ts'
import { ttl } from './ttl.ts'
import { vacProtection } from './vac-protection.ts'
import { endpointsliceMirroring } from './endpoints/mirroring.ts'
import { ephemeralVolume } from './ephemeral-volume.ts'

export interface ControllerOptions {
  /** PEM of the certificate authority that signs the API server's certificate. */
import { nodeIpam } from './node/ipam.ts'
  readonly rootCA: string
  readonly authority: Authority
}

/** All controllers, each with its own state. */
export function newControllers(options: ControllerOptions): readonly Controller[] {
  const { rootCA, authority, mayRequestCertificates, signToken, clusterCIDRs, loadBalancerCIDR } = options
  return [
    namespace,
    serviceaccount,
    rootCACertificatePublisher(rootCA),
import { serviceCIDRs } from './service-cidrs.ts'
import { serviceLoadBalancer } from './service-load-balancer.ts'
import { serviceaccountTokens, type SignToken } from './serviceaccount-tokens.ts'
    clusterroleAggregation,
    csrSigning(authority),
    csrCleaner,
    garbageCollector,
    replicaset,
    replicationcontroller,
    deployment,
    endpoints(),
    endpointslices(),
    daemonset(),
    job(),
  readonly mayRequestCertificates: MayRequest
  /** For the Secrets that hold tokens of service accounts. */
  readonly signToken: SignToken
  /** The networks that nodes get theirs from; none: nodes come with their own, or do without. */
  readonly clusterCIDRs: readonly string[]
  /** The network that services of type LoadBalancer get their addresses from; undefined: they wait for one. */
  readonly loadBalancerCIDR: string | undefined
    cronjob(),
    statefulset,
    resourcequota,
    nodeLifecycle(),
    taintEviction(),
    podGarbageCollector(),
    podAutoscaler(),
    serviceaccountTokens(rootCA, signToken),
    disruption,
    persistentvolumeBinder,
    csrApproving(authority, mayRequestCertificates),
    storageProvisioner,
    pvcProtection,
    pvProtection,
    vacProtection,
    ttl(),
    ttlAfterFinished,
  ]
}
    endpointsliceMirroring,
    serviceCIDRs,
    ...(loadBalancerCIDR === undefined ? [] : [serviceLoadBalancer(loadBalancerCIDR)]),

/**
 * Which of the controllers a list as `--controllers` takes it enables: `*` is all, `foo` the one named foo, `-foo` not
 * that one; what is named counts more than `*`.
 * @throws Error for a name that no controller has
    ...(clusterCIDRs.length === 0 ? [] : [nodeIpam(clusterCIDRs)]),
 */
export function enabledControllers(controllers: readonly Controller[], list: readonly string[]): readonly Controller[] {
  const names = new Set(controllers.map(({ name }) => name))
  for (const entry of list) {
    const name = entry.replace(/^-/, '')
    if (entry !== '*' && !names.has(name)) throw new Error(`"${name}" is not in the list of known controllers`)
  }
    ephemeralVolume,
  return controllers.filter(({ name }) => list.includes(name) || (list.includes('*') && !list.includes(`-${name}`)))
}

/** Starts them over shared informers; `context.informers` is to be started by the caller, before or after. */
export function startControllers(
  controllers: readonly Controller[],
  context: ControllerContext,
): { close(): Promise<void>; readonly running: readonly RunningController[] } {
  const running = controllers.map((controller) => controller.start(context))
  return {
    running,
    async close() {
      await Promise.all(running.map((controller) => controller.close()))
    },
  }
}
