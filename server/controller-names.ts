// The names by which `--controllers` knows controllers: all of a real kube-controller-manager, whether they run here or not.
// Source: kubernetes cmd/kube-controller-manager/names and app, aliases and isDisabledByDefault (v1.36)

/** By real name, the older one that is still understood, if any. */
const aliases: Readonly<Record<string, string>> = {
  'bootstrap-signer-controller': 'bootstrapsigner',
  'certificatesigningrequest-approving-controller': 'csrapproving',
  'certificatesigningrequest-cleaner-controller': 'csrcleaner',
  'certificatesigningrequest-signing-controller': 'csrsigning',
  'cloud-node-lifecycle-controller': 'cloud-node-lifecycle',
  'clusterrole-aggregation-controller': 'clusterrole-aggregation',
  'cronjob-controller': 'cronjob',
  'daemonset-controller': 'daemonset',
  'deployment-controller': 'deployment',
  'device-taint-eviction-controller': '',
  'disruption-controller': 'disruption',
  'endpoints-controller': 'endpoint',
  'endpointslice-controller': 'endpointslice',
  'endpointslice-mirroring-controller': 'endpointslicemirroring',
  'ephemeral-volume-controller': 'ephemeral-volume',
  'garbage-collector-controller': 'garbagecollector',
  'horizontal-pod-autoscaler-controller': 'horizontalpodautoscaling',
  'job-controller': 'job',
  'kube-apiserver-serving-clustertrustbundle-publisher-controller': '',
  'legacy-serviceaccount-token-cleaner-controller': 'legacy-service-account-token-cleaner',
  'namespace-controller': 'namespace',
  'node-ipam-controller': 'nodeipam',
  'node-lifecycle-controller': 'nodelifecycle',
  'node-route-controller': 'route',
  'persistentvolume-attach-detach-controller': 'attachdetach',
  'persistentvolume-binder-controller': 'persistentvolume-binder',
  'persistentvolume-expander-controller': 'persistentvolume-expander',
  'persistentvolume-protection-controller': 'pv-protection',
  'persistentvolumeclaim-protection-controller': 'pvc-protection',
  'pod-garbage-collector-controller': 'podgc',
  'podcertificaterequest-cleaner-controller': '',
  'podgroup-protection-controller': '',
  'replicaset-controller': 'replicaset',
  'replicationcontroller-controller': 'replicationcontroller',
  'resourceclaim-controller': 'resource-claim-controller',
  'resourcepoolstatusrequest-controller': '',
  'resourcequota-controller': 'resourcequota',
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
  'selinux-warning-controller': '',
  'service-cidr-controller': '',
  'service-lb-controller': 'service',
  'serviceaccount-controller': 'serviceaccount',
  'serviceaccount-token-controller': 'serviceaccount-token',
  'statefulset-controller': 'statefulset',
  'storage-version-migrator-controller': 'svm',
  'storageversion-garbage-collector-controller': 'storage-version-gc',
  'taint-eviction-controller': '',
  'token-cleaner-controller': 'tokencleaner',
  'ttl-after-finished-controller': 'ttl-after-finished',
  'ttl-controller': 'ttl',
  'validatingadmissionpolicy-status-controller': '',
  'volumeattributesclass-protection-controller': '',
}

/** What makes the volumes of the default StorageClass: in a real cluster a program of its own. */
const ownNames: readonly string[] = ['storage-provisioner-controller']

/** Off unless named. */
const disabledByDefault: ReadonlySet<string> = new Set([
  'bootstrap-signer-controller',
  'selinux-warning-controller',
  'token-cleaner-controller',
])

export const controllerNames: readonly string[] = [...Object.keys(aliases), ...ownNames].toSorted()

const nameOfAlias = new Map(Object.entries(aliases).map(([name, alias]) => [alias, name]))

/**
 * An entry of the list as it is judged later: by the real name.
 * @throws Error for a name that no controller has, with the real text
 * Source: k8s.io/controller-manager/options, GenericControllerManagerConfigurationOptions.Validate (v1.36)
 */
export function controllerEntry(entry: string): string {
  if (entry === '*') return entry
  const sign = entry.startsWith('-') ? '-' : ''
  const given = entry.slice(sign.length)
  const name = nameOfAlias.get(given) ?? given
  if (!controllerNames.includes(name))
    throw new Error(`${JSON.stringify(given)} is not in the list of known controllers`)
  return sign + name
}

/**
 * Whether a list enables a controller: what comes first and names it counts, else `*`.
 * Source: k8s.io/controller-manager/app, IsControllerEnabled (v1.36)
 */
export function isControllerEnabled(name: string, list: readonly string[]): boolean {
  const named = list.find((entry) => entry === name || entry === `-${name}`)
  if (named !== undefined) return named === name
  return list.includes('*') && !disabledByDefault.has(name)
}
