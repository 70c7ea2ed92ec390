// What the columns of Tables are about. Most are described by the member of the object that they show: its text is read
// from the installed packages when a kind's first Table is made. Others are counted or derived, and described here.
// Source: kubernetes pkg/printers/internalversion, AddHandlers (v1.36), for which column shows which member
import { installedDescriptions } from './documents/descriptions.ts'

/** By resource and name of the column: the member, under the name of its type without `io.k8s.api.` */
const members: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'certificatesigningrequests.certificates.k8s.io': {
    SignerName: 'certificates.v1.CertificateSigningRequestSpec.signerName',
    Requestor: 'certificates.v1.CertificateSigningRequestSpec.request',
    RequestedDuration: 'certificates.v1.CertificateSigningRequestSpec.expirationSeconds',
    Condition: 'certificates.v1.CertificateSigningRequestStatus.conditions',
  },
  'clusterrolebindings.rbac.authorization.k8s.io': { Role: 'rbac.v1.ClusterRoleBinding.roleRef' },
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

/** Columns that no member stands for. */
const derived: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'apiservices.apiregistration.k8s.io': {
    Service: 'Service that answers for this version of the group, or Local',
    Available: 'Whether requests for this version of the group are answered',
  },
  'clusterrolebindings.rbac.authorization.k8s.io': bound(),
  componentstatuses: {
    Status: 'Whether the component is healthy',
    Message: 'Answer of its health check',
    Error: 'Why its health check failed',
  },
  'controllerrevisions.apps': { Controller: 'Owner that the revision belongs to' },
  'cronjobs.batch': templated(),
  'csinodes.storage.k8s.io': { Drivers: 'Number of CSI drivers on the node' },
  'daemonsets.apps': templated(),
  'deployments.apps': { Ready: 'Ready pods, of those wanted', ...templated() },
  'flowschemas.flowcontrol.apiserver.k8s.io': { MissingPL: 'Whether its priority level does not exist' },
  'ingressclasses.networking.k8s.io': {
    Controller: 'Who serves the ingresses of this class',
    Parameters: 'Object that holds further settings of the class',
  },
  'ingresses.networking.k8s.io': {
    Class: 'Name of the IngressClass',
    Hosts: 'Host names that have rules',
    Address: 'Where the load balancer is reached',
    Ports: '80, and 443 where TLS is configured',
  },
  'jobs.batch': {
    Status: 'Whether the job runs, is suspended, complete or failed',
    Duration: 'From its start to its end, or until now',
    ...templated(),
  },
  'mutatingadmissionpolicies.admissionregistration.k8s.io': {
    Mutations: 'Number of mutations',
    ParamKind: 'Kind of its parameters',
  },
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': binding(),
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { Webhooks: 'Number of webhooks' },
  namespaces: { Status: 'Active or Terminating' },
  nodes: {
    Status: 'Ready or not, and whether pods may be scheduled here',
    Roles: 'Its roles, as its labels name them',
  },
  persistentvolumeclaims: {
    StorageClass: 'Name of its storage class',
    VolumeAttributesClass: 'Name of its attributes class',
  },
  persistentvolumes: {
    StorageClass: 'Name of its storage class',
    VolumeAttributesClass: 'Name of its attributes class',
  },
  'poddisruptionbudgets.policy': {
    'Min Available': 'Pods that must stay available',
    'Max Unavailable': 'Pods that may be unavailable',
    'Allowed Disruptions': 'Pods that may be evicted now',
  },
  pods: {
    Ready: 'Containers that are ready, of all',
    Status: 'Phase of the pod, or what its containers are waiting for or ended with',
    Restarts: 'Restarts of its containers, and how long ago the last one was',
  },
  podtemplates: { ...templated(), 'Pod Labels': 'Labels of the pods' },
  replicationcontrollers: templated(),
  'replicasets.apps': templated(),
  'resourceclaims.resource.k8s.io': { State: 'Whether devices are allocated and reserved' },
  resourcequotas: { Request: 'Requests and counts in use, of those allowed', Limit: 'Limits in use, of those allowed' },
  'rolebindings.rbac.authorization.k8s.io': bound(),
  'statefulsets.apps': { Ready: 'Ready pods, of those wanted', ...templated() },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    Validations: 'Number of validations',
    ParamKind: 'Kind of its parameters',
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': binding(),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { Webhooks: 'Number of webhooks' },
}

function templated() {
  return { Containers: 'Names of the containers of its pods', Images: 'Images of the containers of its pods' }
}

function bound() {
  return {
    Users: 'Users bound to the role',
    Groups: 'Groups bound to the role',
    ServiceAccounts: 'Service accounts bound to the role',
  }
}

function binding() {
  return { PolicyName: 'Name of the policy', ParamRef: 'Parameters it gives to the policy' }
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
