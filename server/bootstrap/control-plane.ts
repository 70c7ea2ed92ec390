// The control plane that textbooks show in kube-system: mirror pods of the static pods of its node, and the add-ons.
// Source: cmd/kubeadm, phases/controlplane and phases/etcd; pkg/kubelet/pod, CreateMirrorPod (v1.36)
import { createHash } from 'node:crypto'
import type { Container, Pod, Probe, Volume } from '../api/core.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { kubernetesVersion } from '../version.ts'
import { addonObjects, CLUSTER_DOMAIN } from './addons.ts'

export interface ControlPlaneOptions {
  /** The node of the control plane, as it is registered. */
  readonly node: { readonly name: string; readonly uid: string; readonly internalIP: string }
  /** Where the API server listens on that node. */
  readonly port: number
  readonly serviceCIDR: string
  /** Of all nodes' pods together. */
  readonly podCIDR: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

const ETCD_VERSION = '3.6.8-0'
const CERTIFICATES = '/etc/kubernetes/pki'

/** In an order in which they may be created. None of them has a status yet. */
export function controlPlaneObjects(options: ControlPlaneOptions): AnyObject[] {
  const pods = [etcd(options), apiServer(options), controllerManager(options), scheduler(options)].map((part) =>
    mirrorPod(part, options),
  )
  return [...addonObjects(options), ...(pods as unknown as AnyObject[])]
}

/** What a manifest in /etc/kubernetes/manifests says, as far as the components differ. */
interface StaticPod {
  readonly name: string
  readonly container: Omit<Container, 'name'>
  readonly annotations?: Record<string, string>
  /** Path on the host (and in the container) by the volume's name, and whether it is written to. */
  readonly mounts: Record<string, { path: string; type: 'DirectoryOrCreate' | 'FileOrCreate'; writable?: boolean }>
}

function etcd({ node: { name, internalIP } }: ControlPlaneOptions): StaticPod {
  const client = `https://${internalIP}:2379`
  const peer = `https://${internalIP}:2380`
  return {
    name: 'etcd',
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': client },
    container: {
      image: `registry.k8s.io/etcd:${ETCD_VERSION}`,
      command: command('etcd', {
        'advertise-client-urls': client,
        'cert-file': `${CERTIFICATES}/etcd/server.crt`,
        'client-cert-auth': 'true',
        'data-dir': '/var/lib/etcd',
        'feature-gates': 'InitialCorruptCheck=true',
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `${name}=${peer}`,
        'key-file': `${CERTIFICATES}/etcd/server.key`,
        'listen-client-urls': `https://127.0.0.1:2379,${client}`,
        'listen-metrics-urls': 'http://127.0.0.1:2381',
        'listen-peer-urls': peer,
        name,
        'peer-cert-file': `${CERTIFICATES}/etcd/peer.crt`,
        'peer-client-cert-auth': 'true',
        'peer-key-file': `${CERTIFICATES}/etcd/peer.key`,
        'peer-trusted-ca-file': `${CERTIFICATES}/etcd/ca.crt`,
        'snapshot-count': '10000',
        'trusted-ca-file': `${CERTIFICATES}/etcd/ca.crt`,
        'watch-progress-notify-interval': '5s',
      }),
      resources: { requests: { cpu: '100m', memory: '100Mi' } },
      ports: [probePort(2381)],
      ...probes('127.0.0.1', 'HTTP', { live: '/livez', ready: '/readyz', start: '/readyz' }),
    },
    mounts: {
      'etcd-certs': { path: `${CERTIFICATES}/etcd`, type: 'DirectoryOrCreate', writable: true },
      'etcd-data': { path: '/var/lib/etcd', type: 'DirectoryOrCreate', writable: true },
    },
  }
}

function apiServer({ node: { internalIP }, port, serviceCIDR }: ControlPlaneOptions): StaticPod {
  return {
    name: 'kube-apiserver',
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${internalIP}:${port}` },
    container: {
      image: `registry.k8s.io/kube-apiserver:${kubernetesVersion}`,
      command: command('kube-apiserver', {
        'advertise-address': internalIP,
        'allow-privileged': 'true',
        'authorization-mode': 'Node,RBAC',
        'client-ca-file': `${CERTIFICATES}/ca.crt`,
        'enable-admission-plugins': 'NodeRestriction',
        'enable-bootstrap-token-auth': 'true',
        'etcd-cafile': `${CERTIFICATES}/etcd/ca.crt`,
        'etcd-certfile': `${CERTIFICATES}/apiserver-etcd-client.crt`,
        'etcd-keyfile': `${CERTIFICATES}/apiserver-etcd-client.key`,
        'etcd-servers': 'https://127.0.0.1:2379',
        'kubelet-client-certificate': `${CERTIFICATES}/apiserver-kubelet-client.crt`,
        'kubelet-client-key': `${CERTIFICATES}/apiserver-kubelet-client.key`,
        'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
        'proxy-client-cert-file': `${CERTIFICATES}/front-proxy-client.crt`,
        'proxy-client-key-file': `${CERTIFICATES}/front-proxy-client.key`,
        'requestheader-allowed-names': 'front-proxy-client',
        'requestheader-client-ca-file': `${CERTIFICATES}/front-proxy-ca.crt`,
        'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
        'requestheader-group-headers': 'X-Remote-Group',
        'requestheader-username-headers': 'X-Remote-User',
        'secure-port': String(port),
        'service-account-issuer': `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
        'service-account-key-file': `${CERTIFICATES}/sa.pub`,
        'service-account-signing-key-file': `${CERTIFICATES}/sa.key`,
        'service-cluster-ip-range': serviceCIDR,
        'tls-cert-file': `${CERTIFICATES}/apiserver.crt`,
        'tls-private-key-file': `${CERTIFICATES}/apiserver.key`,
      }),
      resources: { requests: { cpu: '250m' } },
      ports: [probePort(port)],
      ...probes(internalIP, 'HTTPS', { live: '/livez', ready: '/readyz', start: '/livez' }),
    },
    mounts: {
      'ca-certs': { path: '/etc/ssl/certs', type: 'DirectoryOrCreate' },
      'k8s-certs': { path: CERTIFICATES, type: 'DirectoryOrCreate' },
    },
  }
}

function controllerManager({ serviceCIDR, podCIDR }: ControlPlaneOptions): StaticPod {
  const kubeconfig = '/etc/kubernetes/controller-manager.conf'
  return {
    name: 'kube-controller-manager',
    container: {
      image: `registry.k8s.io/kube-controller-manager:${kubernetesVersion}`,
      command: command('kube-controller-manager', {
        'allocate-node-cidrs': 'true',
        'authentication-kubeconfig': kubeconfig,
        'authorization-kubeconfig': kubeconfig,
        'bind-address': '127.0.0.1',
        'client-ca-file': `${CERTIFICATES}/ca.crt`,
        'cluster-cidr': podCIDR,
        'cluster-name': 'kubeling',
        'cluster-signing-cert-file': `${CERTIFICATES}/ca.crt`,
        'cluster-signing-key-file': `${CERTIFICATES}/ca.key`,
        controllers: '*,bootstrapsigner,tokencleaner',
        kubeconfig,
        'leader-elect': 'true',
        'requestheader-client-ca-file': `${CERTIFICATES}/front-proxy-ca.crt`,
        'root-ca-file': `${CERTIFICATES}/ca.crt`,
        'service-account-private-key-file': `${CERTIFICATES}/sa.key`,
        'service-cluster-ip-range': serviceCIDR,
        'use-service-account-credentials': 'true',
      }),
      resources: { requests: { cpu: '200m' } },
      ports: [probePort(10257)],
      ...probes('127.0.0.1', 'HTTPS', { live: '/healthz', start: '/healthz' }),
    },
    mounts: {
      'ca-certs': { path: '/etc/ssl/certs', type: 'DirectoryOrCreate' },
      'k8s-certs': { path: CERTIFICATES, type: 'DirectoryOrCreate' },
      kubeconfig: { path: kubeconfig, type: 'FileOrCreate' },
    },
  }
}

function scheduler(_options: ControlPlaneOptions): StaticPod {
  const kubeconfig = '/etc/kubernetes/scheduler.conf'
  return {
    name: 'kube-scheduler',
    container: {
      image: `registry.k8s.io/kube-scheduler:${kubernetesVersion}`,
      command: command('kube-scheduler', {
        'authentication-kubeconfig': kubeconfig,
        'authorization-kubeconfig': kubeconfig,
        'bind-address': '127.0.0.1',
        kubeconfig,
        'leader-elect': 'true',
      }),
      resources: { requests: { cpu: '100m' } },
      ports: [probePort(10259)],
      ...probes('127.0.0.1', 'HTTPS', { live: '/livez', ready: '/readyz', start: '/livez' }),
    },
    mounts: { kubeconfig: { path: kubeconfig, type: 'FileOrCreate' } },
  }
}

/** How a kubelet shows a static pod of its node in the API. */
function mirrorPod({ name, container, annotations, mounts }: StaticPod, { node, now }: ControlPlaneOptions): Pod {
  const entries = Object.entries(mounts)
  const volumes = entries.map(([volume, { path, type }]): Volume => ({ name: volume, hostPath: { path, type } }))
  const volumeMounts = entries.map(([volume, { path, writable }]) => ({
    name: volume,
    mountPath: path,
    ...(writable === true ? {} : { readOnly: true }),
  }))
  const containers = [{ name, imagePullPolicy: 'IfNotPresent', ...container, volumeMounts }]
  const hash = createHash('md5')
    .update(JSON.stringify([node.name, containers]))
    .digest('hex')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${node.name}`,
      namespace: 'kube-system',
      labels: { component: name, tier: 'control-plane' },
      annotations: {
        ...annotations,
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.mirror': hash,
        'kubernetes.io/config.seen': `${new Date(now).toISOString().slice(0, -1)}000000Z`,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }],
    },
    spec: {
      nodeName: node.name,
      hostNetwork: true,
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers,
      volumes,
    },
  }
}

/** Flags in the order in which kubeadm writes them: by name. */
function command(program: string, flags: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(flags).sort()
  return [program, ...names.map((name) => `--${name}=${flags[name]}`)]
}

function probePort(containerPort: number) {
  return { name: 'probe-port', containerPort, protocol: 'TCP' }
}

function probes(
  host: string,
  scheme: 'HTTP' | 'HTTPS',
  paths: { live: string; ready?: string; start: string },
): { livenessProbe: Probe; readinessProbe?: Probe; startupProbe: Probe } {
  const probe = (
    path: string,
    initialDelaySeconds: number,
    failureThreshold: number,
    periodSeconds: number,
  ): Probe => ({
    httpGet: { host, path, port: 'probe-port', scheme },
    ...(initialDelaySeconds === 0 ? {} : { initialDelaySeconds }),
    timeoutSeconds: 15,
    periodSeconds,
    failureThreshold,
  })
  return {
    livenessProbe: probe(paths.live, 10, 8, 10),
    ...(paths.ready === undefined ? {} : { readinessProbe: probe(paths.ready, 0, 3, 1) }),
    startupProbe: probe(paths.start, 10, 24, 10),
  }
}
