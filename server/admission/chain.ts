// The order in which plugins see a write: first all that change it, then all that judge it.
// Source: pkg/kubeapiserver/options, AllOrderedPlugins and DefaultOffAdmissionPlugins (v1.36)
// Left out of those that are on by default: the webhooks; ClusterTrustBundleAttest and PodGroup…
// concern resources that are not served.
import { systemClock } from '../apimachinery/clock.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/names.ts'
import { makeCertificateApproval, makeCertificateSigning } from './certificate-signers.ts'
import type { IsAuthorized } from './certificate-signers.ts'
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'
import { podResizeValidator } from './pod-resize-validator.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { mutatingAdmissionPolicy } from './policy/mutating-admission-policy.ts'
import { validatingAdmissionPolicy } from './policy/validating-admission-policy.ts'
import { priority } from './priority.ts'
import { makeResourceQuota, type UpdateQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { makeServiceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface AdmissionChain {
  /** The names of the plugins that run, in order. */
  readonly plugins: readonly string[]
  /** Changes `attributes.object`. Answers at once unless a plugin has to wait. @throws StatusError to refuse */
  admit(attributes: Attributes, reader: AdmissionReader): void | Promise<void>
  /** @throws StatusError to refuse */
  validate(attributes: Attributes, reader: AdmissionReader): void | Promise<void>
}

/** What plugins need beyond reading objects. */
export interface ChainDependencies {
  readonly clock?: Clock
  /** For what requests wait for, which the cluster's clock does not stop. Default: the cluster's clock. */
  readonly realTime?: Clock
  readonly random?: Random
  /** Without it CertificateApproval and CertificateSigning let everyone pass. */
  readonly isAuthorized?: IsAuthorized
  /** Without it ResourceQuota does not run. */
  readonly updateQuota?: UpdateQuota
  /** Sees every write after all plugins have changed it, whichever of them run. @throws StatusError to refuse */
  readonly afterAdmit?: Step
}

/** Names that flags may use: every plugin of a real server, in its order. Not all of them exist here. */
export const knownPlugins: readonly string[] = [
  'AlwaysAdmit',
  'NamespaceAutoProvision',
  'NamespaceLifecycle',
  'NamespaceExists',
  'LimitPodHardAntiAffinityTopology',
  'LimitRanger',
  'ServiceAccount',
  'NodeRestriction',
  'TaintNodesByCondition',
  'AlwaysPullImages',
  'ImagePolicyWebhook',
  'PodSecurity',
  'PodNodeSelector',
  'Priority',
  'DefaultTolerationSeconds',
  'PodTolerationRestriction',
  'EventRateLimit',
  'ExtendedResourceToleration',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
  'PodGroupProtection',
  'OwnerReferencesPermissionEnforcement',
  'PersistentVolumeClaimResize',
  'RuntimeClass',
  'CertificateApproval',
  'CertificateSigning',
  'ClusterTrustBundleAttest',
  'CertificateSubjectRestriction',
  'DefaultIngressClass',
  'DenyServiceExternalIPs',
  'PodTopologyLabels',
  'PodGroupWorkloadExists',
  'NodeDeclaredFeatureValidator',
  'JobValidation',
  'PodResizeValidator',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionWebhook',
  'ResourceQuota',
  'AlwaysDeny',
]

/**
 * The plugins that are on by default, without the disabled ones.
 * @throws Error naming the known plugins, for a name that is none of them
 */
export function makeChain(disabled: readonly string[], dependencies: ChainDependencies = {}): AdmissionChain {
  const unknown = disabled.filter((name) => !knownPlugins.includes(name))
  if (unknown.length > 0) {
    throw new Error(`unknown admission plugin: ${unknown.join(', ')} (known: ${knownPlugins.join(', ')})`)
  }
  const { afterAdmit } = dependencies
  const plugins = defaultPlugins(dependencies)
    .filter(({ name }) => !disabled.includes(name))
    .sort((a, b) => knownPlugins.indexOf(a.name) - knownPlugins.indexOf(b.name))
  return {
    plugins: plugins.map(({ name }) => name),
    admit: inTurn([
      ...plugins.flatMap((plugin) => plugin.admit?.bind(plugin) ?? []),
      ...(afterAdmit === undefined ? [] : [afterAdmit]),
    ]),
    validate: inTurn(plugins.flatMap((plugin) => plugin.validate?.bind(plugin) ?? [])),
  }
}

function defaultPlugins({
  clock = systemClock,
  realTime = clock,
  random = Math.random,
  isAuthorized = () => true,
  updateQuota,
}: ChainDependencies): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    makeServiceAccount(realTime, random),
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    makeCertificateApproval(isAuthorized),
    makeCertificateSigning(isAuthorized),
    certificateSubjectRestriction,
    defaultIngressClass,
    podTopologyLabels,
    podResizeValidator,
    mutatingAdmissionPolicy,
    validatingAdmissionPolicy,
    ...(updateQuota === undefined ? [] : [makeResourceQuota(clock, updateQuota)]),
  ]
}

type Step = (attributes: Attributes, reader: AdmissionReader) => void | Promise<void>

/** One after the other; a promise only from the first step on that gives one. */
function inTurn(steps: readonly Step[]): Step {
  const from = (start: number, attributes: Attributes, reader: AdmissionReader): void | Promise<void> => {
    for (let at = start; at < steps.length; at++) {
      const waiting = steps[at]!(attributes, reader)
      if (waiting !== undefined) return waiting.then(() => from(at + 1, attributes, reader))
    }
  }
  return (attributes, reader) => from(0, attributes, reader)
}
