// The controllers, by the names under which users know and enable them.
// Source: kubernetes cmd/kube-controller-manager/names (v1.36)
import type { Controller, ControllerContext, RunningController } from '../client/controller.ts'
import { bootstrapSigner } from './bootstrap-token/signer.ts'
import { tokenCleaner } from './bootstrap-token/cleaner.ts'
import { csrApproving, type MayRequest } from './certificates/approving.ts'
import { csrCleaner } from './certificates/cleaner.ts'
import { csrSigning, type Authority } from './certificates/signing.ts'
import { clusterroleAggregation } from './clusterrole-aggregation.ts'
import { cronjob } from './cronjob/index.ts'
import { daemonset } from './daemonset/index.ts'
import { deployment } from './deployment/index.ts'
import { deviceTaintEviction } from './device-taint-eviction.ts'
import { disruption } from './disruption.ts'
import { endpoints } from './endpoints/endpoints.ts'
import { endpointslices } from './endpoints/endpointslices.ts'
import { endpointsliceMirroring } from './endpoints/mirroring.ts'
import { ephemeralVolume } from './ephemeral-volume.ts'
import { garbageCollector } from './garbage-collector/index.ts'
import { job } from './job/index.ts'
import { legacyTokenCleaner } from './legacy-token-cleaner.ts'
import { namespace } from './namespace/index.ts'
import { nodeIpam } from './node/ipam.ts'
import { nodeLifecycle } from './node/lifecycle.ts'
import { podGarbageCollector } from './node/pod-garbage-collector.ts'
import { taintEviction } from './node/taint-eviction.ts'
import { attachDetach } from './persistentvolume/attach-detach.ts'
import { volumeExpander } from './persistentvolume/expander.ts'
import { persistentvolumeBinder } from './persistentvolume/index.ts'
import { podAutoscaler } from './podautoscaler/index.ts'
import { pvProtection } from './pv-protection.ts'
import { pvcProtection } from './pvc-protection.ts'
import { replicaset, replicationcontroller } from './replicaset.ts'
import { resourceClaim } from './resource-claim/index.ts'
import { resourcequota } from './resourcequota.ts'
import { rootCACertificatePublisher } from './root-ca-certificate-publisher.ts'
import { serviceCIDRs } from './service-cidrs.ts'
import { serviceLoadBalancer } from './service-load-balancer.ts'
import { serviceaccountTokens, type SignToken } from './serviceaccount-tokens.ts'
import { serviceaccount } from './serviceaccount.ts'
import { statefulset } from './statefulset/index.ts'
import { storageProvisioner } from './storage-provisioner.ts'
import { ttlAfterFinished } from './ttl-after-finished.ts'
import { ttl } from './ttl.ts'
import { validatingPolicyStatus, type CheckTypes } from './validating-policy-status.ts'
import { vacProtection } from './vac-protection.ts'

export interface ControllerOptions {
  /** PEM of the certificate authority that signs the API server's certificate. */
  readonly rootCA: string
  readonly authority: Authority
  readonly mayRequestCertificates: MayRequest
  /** For the Secrets that hold tokens of service accounts. */
  readonly signToken: SignToken
  readonly checkPolicyTypes: CheckTypes
  /** The networks that nodes get theirs from; none: nodes come with their own, or do without. */
  readonly clusterCIDRs: readonly string[]
  /** The network that services of type LoadBalancer get their addresses from; undefined: they wait for one. */
  readonly loadBalancerCIDR: string | undefined
}

/** All controllers, each with its own state. */
export function newControllers(options: ControllerOptions): readonly Controller[] {
  const { rootCA, authority, mayRequestCertificates, signToken, checkPolicyTypes, clusterCIDRs, loadBalancerCIDR } =
    options
  return [
    namespace,
    serviceaccount,
    serviceaccountTokens(rootCA, signToken),
    rootCACertificatePublisher(rootCA),
    clusterroleAggregation,
    validatingPolicyStatus(checkPolicyTypes),
    bootstrapSigner,
    tokenCleaner,
    legacyTokenCleaner,
    csrApproving(authority, mayRequestCertificates),
    csrSigning(authority),
    csrCleaner,
    garbageCollector,
    replicaset,
    replicationcontroller,
    deployment,
    endpoints(),
    endpointslices(),
    endpointsliceMirroring,
    serviceCIDRs,
    ...(loadBalancerCIDR === undefined ? [] : [serviceLoadBalancer(loadBalancerCIDR)]),
    daemonset(),
    job(),
    cronjob(),
    statefulset,
    resourceClaim,
    resourcequota,
    ...(clusterCIDRs.length === 0 ? [] : [nodeIpam(clusterCIDRs)]),
    nodeLifecycle(),
    taintEviction(),
    deviceTaintEviction(),
    podGarbageCollector(),
    podAutoscaler(),
    disruption,
    persistentvolumeBinder,
    storageProvisioner,
    ephemeralVolume,
    attachDetach(),
    volumeExpander,
    pvcProtection,
    pvProtection,
    vacProtection,
    ttl(),
    ttlAfterFinished,
  ]
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
