// What the columns of Tables are about. Most are described by the member of the object that they show: its text is read
// from the installed packages when a kind's first Table is made. Others are counted or derived: what a real server's
// Tables say of them stands here.
// Source: kubernetes pkg/printers/internalversion, AddHandlers (v1.36), for which column shows which member
import { installedDescriptions } from './documents/descriptions.ts'

/** By resource and name of the column: the member, under the name of its type without `io.k8s.api.` */
const members: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'certificatesigningrequests.certificates.k8s.io': {
    RequestedDuration: 'certificates.v1.CertificateSigningRequestSpec.expirationSeconds',
  },
  'clusterrolebindings.rbac.authorization.k8s.io': { Role: 'rbac.v1.ClusterRoleBinding.roleRef' },
  // Of the Scale itself, whatever is scaled.
  scales: {
    Desired: 'autoscaling.v1.ScaleSpec.replicas',
    Available: 'autoscaling.v1.ScaleStatus.replicas',
  },
  configmaps: { Data: 'core.v1.ConfigMap.data' },
  'controllerrevisions.apps': { Revision: 'apps.v1.ControllerRevision.revision' },
  'cronjobs.batch': {
    Schedule: 'batch.v1.CronJobSpec.schedule',
    Timezone: 'batch.v1.CronJobSpec.timeZone',
    Suspend: 'batch.v1.CronJobSpec.suspend',
    Active: 'batch.v1.CronJobStatus.active',
    'Last Schedule': 'batch.v1.CronJobStatus.lastScheduleTime',
    Selector: 'batch.v1.JobSpec.selector',
  },
  'csidrivers.storage.k8s.io': {
    AttachRequired: 'storage.v1.CSIDriverSpec.attachRequired',
    PodInfoOnMount: 'storage.v1.CSIDriverSpec.podInfoOnMount',
    StorageCapacity: 'storage.v1.CSIDriverSpec.storageCapacity',
    TokenRequests: 'storage.v1.CSIDriverSpec.tokenRequests',
    RequiresRepublish: 'storage.v1.CSIDriverSpec.requiresRepublish',
    Modes: 'storage.v1.CSIDriverSpec.volumeLifecycleModes',
  },
  'daemonsets.apps': {
    Desired: 'apps.v1.DaemonSetStatus.desiredNumberScheduled',
    Current: 'apps.v1.DaemonSetStatus.currentNumberScheduled',
    Ready: 'apps.v1.DaemonSetStatus.numberReady',
    'Up-to-date': 'apps.v1.DaemonSetStatus.updatedNumberScheduled',
    Available: 'apps.v1.DaemonSetStatus.numberAvailable',
    'Node Selector': 'core.v1.PodSpec.nodeSelector',
    Selector: 'apps.v1.DaemonSetSpec.selector',
  },
  'deployments.apps': {
    'Up-to-date': 'apps.v1.DeploymentStatus.updatedReplicas',
    Available: 'apps.v1.DeploymentStatus.availableReplicas',
    Selector: 'apps.v1.DeploymentSpec.selector',
  },
  endpoints: { Endpoints: 'core.v1.Endpoints.subsets' },
  'endpointslices.discovery.k8s.io': {
    AddressType: 'discovery.v1.EndpointSlice.addressType',
    Ports: 'discovery.v1.EndpointSlice.ports',
    Endpoints: 'discovery.v1.EndpointSlice.endpoints',
  },
  events: {
    'Last Seen': 'core.v1.Event.lastTimestamp',
    Type: 'core.v1.Event.type',
    Reason: 'core.v1.Event.reason',
    Object: 'core.v1.Event.involvedObject',
    Subobject: 'core.v1.ObjectReference.fieldPath',
    Source: 'core.v1.Event.source',
    Message: 'core.v1.Event.message',
    'First Seen': 'core.v1.Event.firstTimestamp',
    Count: 'core.v1.Event.count',
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': {
    PriorityLevel: 'flowcontrol.v1.PriorityLevelConfigurationReference.name',
    MatchingPrecedence: 'flowcontrol.v1.FlowSchemaSpec.matchingPrecedence',
    DistinguisherMethod: 'flowcontrol.v1.FlowSchemaSpec.distinguisherMethod',
  },
  'horizontalpodautoscalers.autoscaling': {
    Reference: 'autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef',
    Targets: 'autoscaling.v2.HorizontalPodAutoscalerSpec.metrics',
    MinPods: 'autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas',
    MaxPods: 'autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas',
    Replicas: 'autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas',
  },
  'ipaddresses.networking.k8s.io': { ParentRef: 'networking.v1.IPAddressSpec.parentRef' },
  'jobs.batch': { Completions: 'batch.v1.JobStatus.succeeded', Selector: 'batch.v1.JobSpec.selector' },
  'leases.coordination.k8s.io': { Holder: 'coordination.v1.LeaseSpec.holderIdentity' },
  'networkpolicies.networking.k8s.io': { 'Pod-Selector': 'networking.v1.NetworkPolicySpec.podSelector' },
  nodes: {
    Version: 'core.v1.NodeSystemInfo.kubeletVersion',
    'Internal-IP': 'core.v1.NodeStatus.addresses',
    'External-IP': 'core.v1.NodeStatus.addresses',
    'OS-Image': 'core.v1.NodeSystemInfo.osImage',
    'Kernel-Version': 'core.v1.NodeSystemInfo.kernelVersion',
    'Container-Runtime': 'core.v1.NodeSystemInfo.containerRuntimeVersion',
  },
  persistentvolumeclaims: {
    Status: 'core.v1.PersistentVolumeClaimStatus.phase',
    Volume: 'core.v1.PersistentVolumeClaimSpec.volumeName',
    Capacity: 'core.v1.PersistentVolumeClaimStatus.capacity',
    'Access Modes': 'core.v1.PersistentVolumeClaimStatus.accessModes',
    VolumeMode: 'core.v1.PersistentVolumeClaimSpec.volumeMode',
  },
  persistentvolumes: {
    Capacity: 'core.v1.PersistentVolumeSpec.capacity',
    'Access Modes': 'core.v1.PersistentVolumeSpec.accessModes',
    'Reclaim Policy': 'core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy',
    Status: 'core.v1.PersistentVolumeStatus.phase',
    Claim: 'core.v1.PersistentVolumeSpec.claimRef',
    Reason: 'core.v1.PersistentVolumeStatus.reason',
    VolumeMode: 'core.v1.PersistentVolumeSpec.volumeMode',
  },
  pods: {
    IP: 'core.v1.PodStatus.podIP',
    Node: 'core.v1.PodSpec.nodeName',
    'Nominated Node': 'core.v1.PodStatus.nominatedNodeName',
    'Readiness Gates': 'core.v1.PodSpec.readinessGates',
  },
  'priorityclasses.scheduling.k8s.io': {
    Value: 'scheduling.v1.PriorityClass.value',
    'Global-Default': 'scheduling.v1.PriorityClass.globalDefault',
    PreemptionPolicy: 'scheduling.v1.PriorityClass.preemptionPolicy',
  },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    Type: 'flowcontrol.v1.PriorityLevelConfigurationSpec.type',
    NominalConcurrencyShares: 'flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares',
    Queues: 'flowcontrol.v1.QueuingConfiguration.queues',
    HandSize: 'flowcontrol.v1.QueuingConfiguration.handSize',
    QueueLengthLimit: 'flowcontrol.v1.QueuingConfiguration.queueLengthLimit',
  },
  'replicasets.apps': {
    Desired: 'apps.v1.ReplicaSetSpec.replicas',
    Current: 'apps.v1.ReplicaSetStatus.replicas',
    Ready: 'apps.v1.ReplicaSetStatus.readyReplicas',
    Selector: 'apps.v1.ReplicaSetSpec.selector',
  },
  replicationcontrollers: {
    Desired: 'core.v1.ReplicationControllerSpec.replicas',
    Current: 'core.v1.ReplicationControllerStatus.replicas',
    Ready: 'core.v1.ReplicationControllerStatus.readyReplicas',
    Selector: 'core.v1.ReplicationControllerSpec.selector',
  },
  'resourceslices.resource.k8s.io': {
    Node: 'resource.v1.ResourceSliceSpec.nodeName',
    Driver: 'resource.v1.ResourceSliceSpec.driver',
    Pool: 'resource.v1.ResourcePool.name',
  },
  'rolebindings.rbac.authorization.k8s.io': { Role: 'rbac.v1.RoleBinding.roleRef' },
  secrets: { Type: 'core.v1.Secret.type', Data: 'core.v1.Secret.data' },
  'servicecidrs.networking.k8s.io': { CIDRs: 'networking.v1.ServiceCIDRSpec.cidrs' },
  services: {
    Type: 'core.v1.ServiceSpec.type',
    'Cluster-IP': 'core.v1.ServiceSpec.clusterIP',
    'External-IP': 'core.v1.ServiceSpec.externalIPs',
    'Port(s)': 'core.v1.ServiceSpec.ports',
    Selector: 'core.v1.ServiceSpec.selector',
  },
  'storageclasses.storage.k8s.io': {
    Provisioner: 'storage.v1.StorageClass.provisioner',
    ReclaimPolicy: 'storage.v1.StorageClass.reclaimPolicy',
    VolumeBindingMode: 'storage.v1.StorageClass.volumeBindingMode',
    AllowVolumeExpansion: 'storage.v1.StorageClass.allowVolumeExpansion',
  },
  'volumeattachments.storage.k8s.io': {
    Attacher: 'storage.v1.VolumeAttachmentSpec.attacher',
    PV: 'storage.v1.VolumeAttachmentSource.persistentVolumeName',
    Node: 'storage.v1.VolumeAttachmentSpec.nodeName',
    Attached: 'storage.v1.VolumeAttachmentStatus.attached',
  },
  'volumeattributesclasses.storage.k8s.io': { DriverName: 'storage.v1.VolumeAttributesClass.driverName' },
}

const metadata = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Columns that mean the same wherever they occur. */
const common: Readonly<Record<string, string>> = {
  Name: 'name',
  Age: 'creationTimestamp',
  'Created At': 'creationTimestamp',
}

const templated = {
  Containers: 'Names of each container in the template.',
  Images: 'Images referenced by each container in the template.',
}

/** Columns that no member of the installed packages stands for, in the words that clients get from a real server. */
const derived: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'apiservices.apiregistration.k8s.io': {
    Service: 'The reference to the service that hosts this API endpoint.',
    Available: 'Whether this service is available.',
  },
  'certificatesigningrequests.certificates.k8s.io': {
    SignerName:
      'Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it\'s a kubelet client certificate, it is assigned\n    "kubernetes.io/kube-apiserver-client-kubelet".\n 2. If it\'s a kubelet serving certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.',
    Requestor: 'Base64-encoded PKCS#10 CSR data',
    Condition: 'Conditions applied to the request, such as approval or denial.',
  },
  'clusterrolebindings.rbac.authorization.k8s.io': {
    Users: 'Users in the clusterRoleBinding',
    Groups: 'Groups in the clusterRoleBinding',
    ServiceAccounts: 'ServiceAccounts in the clusterRoleBinding',
  },
  componentstatuses: {
    Status: 'Status of the component conditions',
    Message: 'Message of the component conditions',
    Error: 'Error of the component conditions',
  },
  'controllerrevisions.apps': { Controller: 'Controller of the object' },
  'cronjobs.batch': { ...templated },
  'csinodes.storage.k8s.io': { Drivers: 'Drivers indicates the number of CSI drivers registered on the node' },
  'daemonsets.apps': { ...templated },
  'deployments.apps': { Ready: 'Number of the pod with ready state', ...templated },
  'flowschemas.flowcontrol.apiserver.k8s.io': {
    MissingPL: 'references a broken or non-existent PriorityLevelConfiguration',
  },
  'ingressclasses.networking.k8s.io': {
    Controller: 'Controller that is responsible for handling this class',
    Parameters: 'A reference to a resource with additional parameters',
  },
  'ingresses.networking.k8s.io': {
    Class: 'The name of the IngressClass resource that should be used for additional configuration',
    Hosts: 'Hosts that incoming requests are matched against before the ingress rule',
    Address: 'Address is a list containing ingress points for the load-balancer',
    Ports: 'Ports of TLS configurations that open',
  },
  'jobs.batch': { Status: 'Status of the job.', Duration: 'Time required to complete the job.', ...templated },
  'mutatingadmissionpolicies.admissionregistration.k8s.io': {
    Mutations: 'Mutation indicates the number of mutations rules defined in this configuration',
    ParamKind: 'ParamKind specifies the kind of resources used to parameterize this policy',
  },
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': {
    PolicyName: 'PolicyName indicates the policy definition which the policy binding binded to',
    ParamRef: 'ParamRef indicates the param resource which sets the configuration param',
  },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': {
    Webhooks: 'Webhooks indicates the number of webhooks registered in this configuration',
  },
  namespaces: { Status: 'The status of the namespace' },
  nodes: { Status: 'The status of the node', Roles: 'The roles of the node' },
  persistentvolumeclaims: {
    StorageClass: 'StorageClass of the pvc',
    VolumeAttributesClass: 'VolumeAttributesClass of the pvc',
  },
  persistentvolumes: {
    StorageClass: 'StorageClass of the pv',
    VolumeAttributesClass: 'VolumeAttributesClass of the pv',
  },
  'poddisruptionbudgets.policy': {
    'Min Available': 'The minimum number of pods that must be available.',
    'Max Unavailable': 'The maximum number of pods that may be unavailable.',
    'Allowed Disruptions': 'Calculated number of pods that may be disrupted at this time.',
  },
  pods: {
    Ready: 'The aggregate readiness state of this pod for accepting traffic.',
    Status: 'The aggregate status of the containers in this pod.',
    Restarts:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  },
  podtemplates: { 'Pod Labels': 'The labels for the pod template.', ...templated },
  'replicasets.apps': { ...templated },
  replicationcontrollers: { ...templated },
  'resourceclaims.resource.k8s.io': { State: 'A summary of the current state (allocated, pending, reserved, etc.).' },
  resourcequotas: {
    Request: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    Limit:
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
  },
  'rolebindings.rbac.authorization.k8s.io': {
    Users: 'Users in the roleBinding',
    Groups: 'Groups in the roleBinding',
    ServiceAccounts: 'ServiceAccounts in the roleBinding',
  },
  'statefulsets.apps': { Ready: 'Number of the pod with ready state', ...templated },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    Validations: 'Validations indicates the number of validation rules defined in this configuration',
    ParamKind: 'ParamKind specifies the kind of resources used to parameterize this policy',
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    PolicyName: 'PolicyName indicates the policy definition which the policy binding binded to',
    ParamRef: 'ParamRef indicates the param resource which sets the configuration param',
  },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': {
    Webhooks: 'Webhooks indicates the number of webhooks registered in this configuration',
  },
}

/** Both groups of events print the same. */
const sameAs: Readonly<Record<string, string>> = { 'events.events.k8s.io': 'events' }

/** What has been read, so that no file is read for the same text again. */
const texts = new Map<string, string>()

/**
 * Descriptions of the columns of one resource, in their order; '' where there is none.
 * @param resource `pods`, `deployments.apps`
 */
export function columnDescriptions(resource: string, columns: readonly string[]): string[] {
  const key = sameAs[resource] ?? resource
  let installed: ReturnType<typeof installedDescriptions> | undefined
  const read = (type: string, member: string): string => {
    const path = `${type}.${member}`
    let text = texts.get(path)
    if (text === undefined) {
      installed ??= installedDescriptions()
      text = asPrinted(installed.property(type, member) ?? '')
      texts.set(path, text)
    }
    return text
  }
  return columns.map((column) => {
    const member = members[key]?.[column]
    if (member !== undefined) {
      const dot = member.lastIndexOf('.')
      return read(`io.k8s.api.${member.slice(0, dot)}`, member.slice(dot + 1))
    }
    const shared = common[column]
    return derived[key]?.[column] ?? (shared === undefined ? '' : read(metadata, shared))
  })
}

/**
 * Printers do not list the values of enumerations, as the packages do below the text; and they describe the role of a
 * binding in the words of v1beta1, which did not yet say what v1 adds.
 */
function asPrinted(text: string): string {
  const at = text.indexOf('\n\nPossible enum values:')
  return (at < 0 ? text : text.slice(0, at)).replace(/^(RoleRef .*) This field is immutable\.$/, '$1')
}
