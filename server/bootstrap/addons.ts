// The add-ons of a fresh cluster: kube-proxy on every node, CoreDNS, and storage for claims that name no class.
// Source: cmd/kubeadm, phases/addons/proxy and phases/addons/dns (v1.36)
import type { DaemonSet, Deployment } from '../api/apps.ts'
import type { ConfigMap, Service, ServiceAccount } from '../api/core.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../api/rbac.ts'
import type { StorageClass } from '../api/storage.ts'
import type { AnyObject, KubeObject } from '../apimachinery/types.ts'
import { kubernetesVersion } from '../version.ts'
import type { ControlPlaneOptions } from './control-plane.ts'

export const CLUSTER_DOMAIN = 'cluster.local'
const COREDNS_VERSION = 'v1.14.2'
const namespace = 'kube-system'
const rbac = 'rbac.authorization.k8s.io'

/** In an order in which they may be created. */
export function addonObjects(options: ControlPlaneOptions): AnyObject[] {
  const objects: KubeObject[] = [
    serviceAccount('kube-proxy'),
    serviceAccount('coredns'),
    ...proxyRoles(),
    ...dnsRoles(),
    proxyConfig(options),
    dnsConfig(),
    dnsService(options),
    proxyDaemonSet(),
    dnsDeployment(),
    ...storage(),
  ]
  return objects as AnyObject[]
}

/** A default class, as the small clusters people learn with have it, and the rights of its provisioner. */
function storage(): KubeObject[] {
  const defaultClass: StorageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubeling.local/hostpath',
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    volumeBindingMode: 'Immediate',
  }
  const binding: ClusterRoleBinding = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'storage-provisioner' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:persistent-volume-provisioner' },
    subjects: [{ kind: 'ServiceAccount', name: 'storage-provisioner', namespace }],
  }
  const resizer: ClusterRole = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'storage-resizer' },
    rules: [
      { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['persistentvolumeclaims/status'], verbs: ['patch'] },
    ],
  }
  const resizerBinding: ClusterRoleBinding = {
    ...binding,
    metadata: { name: 'storage-resizer' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'storage-resizer' },
  }
  return [serviceAccount('storage-provisioner'), binding, resizer, resizerBinding, defaultClass]
}

/** The tenth address of the service range is the cluster's DNS. */
export function dnsAddress(serviceCIDR: string): string {
  const [base = ''] = serviceCIDR.split('/')
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + 10
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

function serviceAccount(name: string): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }
}

function proxyRoles(): (ClusterRoleBinding | Role | RoleBinding)[] {
  const apiVersion = `${rbac}/v1`
  return [
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'kubeadm:node-proxier' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:node-proxier' },
      subjects: [{ kind: 'ServiceAccount', name: 'kube-proxy', namespace }],
    },
    {
      apiVersion,
      kind: 'Role',
      metadata: { name: 'kube-proxy', namespace },
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-proxy'], verbs: ['get'] }],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: 'kube-proxy', namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'kube-proxy' },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'system:bootstrappers:kubeadm:default-node-token' }],
    },
  ]
}

function dnsRoles(): (ClusterRole | ClusterRoleBinding)[] {
  const apiVersion = `${rbac}/v1`
  const verbs = ['list', 'watch']
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
      ],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
    },
  ]
}

function proxyConfig({ node, port, podCIDR }: ControlPlaneOptions): ConfigMap {
  const mounted = '/var/run/secrets/kubernetes.io/serviceaccount'
  const config = [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
    'bindAddress: 0.0.0.0',
    'clientConnection:',
    '  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf',
    `clusterCIDR: ${podCIDR}`,
    'kind: KubeProxyConfiguration',
    'mode: iptables',
  ]
  const kubeconfig = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- cluster:',
    `    certificate-authority: ${mounted}/ca.crt`,
    `    server: https://${node.name}:${port}`,
    '  name: default',
    'contexts:',
    '- context:',
    '    cluster: default',
    '    namespace: default',
    '    user: default',
    '  name: default',
    'current-context: default',
    'users:',
    '- name: default',
    '  user:',
    `    tokenFile: ${mounted}/token`,
  ]
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-proxy', namespace, labels: { app: 'kube-proxy' } },
    data: { 'config.conf': config.join('\n'), 'kubeconfig.conf': kubeconfig.join('\n') },
  }
}

function proxyDaemonSet(): DaemonSet {
  const labels = { 'k8s-app': 'kube-proxy' }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-proxy', namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical',
          hostNetwork: true,
          serviceAccountName: 'kube-proxy',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: 'kube-proxy',
              image: `registry.k8s.io/kube-proxy:${kubernetesVersion}`,
              imagePullPolicy: 'IfNotPresent',
              command: [
                '/usr/local/bin/kube-proxy',
                '--config=/var/lib/kube-proxy/config.conf',
                '--hostname-override=$(NODE_NAME)',
              ],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              securityContext: { privileged: true },
              volumeMounts: [
                { name: 'kube-proxy', mountPath: '/var/lib/kube-proxy' },
                { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
                { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
          ],
        },
      },
    },
  }
}

function dnsConfig(): ConfigMap {
  const corefile = [
    '.:53 {',
    '    errors',
    '    health {',
    '       lameduck 5s',
    '    }',
    '    ready',
    `    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {`,
    '       pods insecure',
    '       fallthrough in-addr.arpa ip6.arpa',
    '       ttl 30',
    '    }',
    '    prometheus :9153',
    '    forward . /etc/resolv.conf {',
    '       max_concurrent 1000',
    '    }',
    '    cache 30 {',
    `       disable success ${CLUSTER_DOMAIN}`,
    `       disable denial ${CLUSTER_DOMAIN}`,
    '    }',
    '    loop',
    '    reload',
    '    loadbalance',
    '}',
    '',
  ]
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace },
    data: { Corefile: corefile.join('\n') },
  }
}

function dnsService({ serviceCIDR }: ControlPlaneOptions): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace,
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      clusterIP: dnsAddress(serviceCIDR),
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  }
}

function dnsDeployment(): Deployment {
  const labels = { 'k8s-app': 'kube-dns' }
  const like = { labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace, labels },
    spec: {
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-cluster-critical',
          serviceAccountName: 'coredns',
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 100, podAffinityTerm: { ...like, topologyKey: 'kubernetes.io/hostname' } },
              ],
            },
          },
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
          ],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          containers: [
            {
              name: 'coredns',
              image: `registry.k8s.io/coredns/coredns:${COREDNS_VERSION}`,
              imagePullPolicy: 'IfNotPresent',
              args: ['-conf', '/etc/coredns/Corefile'],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              ports: [
                { containerPort: 53, name: 'dns', protocol: 'UDP' },
                { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
                { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
                { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
                { containerPort: 8181, name: 'readiness-probe', protocol: 'TCP' },
              ],
              livenessProbe: {
                httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
                initialDelaySeconds: 60,
                timeoutSeconds: 5,
                successThreshold: 1,
                failureThreshold: 5,
              },
              readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
            },
          ],
          dnsPolicy: 'Default',
          volumes: [
            { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
          ],
        },
      },
    },
  }
}
