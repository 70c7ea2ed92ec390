// What a fresh cluster holds: roles, priority classes, flow schemas, namespaces from the recording; the rest from code.
// Source: pkg/controlplane; pkg/registry/rbac/rest (v1.36)
import { readFileSync } from 'node:fs'
import { formatMicroTime, formatTime } from '../apimachinery/clock.ts'
import type { AnyObject } from '../apimachinery/types.ts'

export interface BootstrapOptions {
  /** Where the API server is reached from inside the cluster. */
  readonly advertiseAddress: string
  readonly port: number
  readonly serviceCIDR: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly hostname: string
  /** PEM: what client certificates are verified with. */
  readonly clientAuthority: string
  /** Hexadecimal, of the API server's identity lease. */
  readonly identity: string
  readonly withControllers: boolean
}

/** Objects with a status as they are to be stored, in an order in which they may be made. */
export function bootstrapObjects(options: BootstrapOptions): AnyObject[] {
  const file = JSON.parse(readFileSync(new URL('./objects.json', import.meta.url), 'utf8'), (_key, value: unknown) =>
    value === '<time>' ? formatTime(options.now) : value,
  ) as { apiserver: AnyObject[]; controllers: AnyObject[] }
  const namespaces = file.apiserver.filter((one) => one.kind === 'Namespace')
  const others = file.apiserver.filter((one) => one.kind !== 'Namespace')
  return [
    ...namespaces,
    ...others,
    ...kubernetesService(options),
    ...ownObjects(options),
    ...(options.withControllers ? file.controllers : []),
  ]
}

/** The first usable address of a range is the API server's own. */
export function firstAddress(cidr: string): string {
  const [base = '', length = ''] = cidr.split('/')
  const size = 2 ** (32 - Number(length))
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const first = Math.floor(value / size) * size + 1
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')
}

function kubernetesService({ advertiseAddress, port, serviceCIDR, now }: BootstrapOptions): AnyObject[] {
  const ip = firstAddress(serviceCIDR)
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
        clusterIP: ip,
        clusterIPs: [ip],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
      status: { loadBalancer: {} },
    },
    addressOf(ip, 'default', 'kubernetes'),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [serviceCIDR] },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            lastTransitionTime: formatTime(now),
            reason: '',
            message: 'Kubernetes default Service CIDR is ready',
          },
        ],
      },
    },
    ...kubernetesEndpoints(advertiseAddress, port),
  ]
}

/** Follow the port of each start: the only bootstrap objects that are written again. */
/** What keeps a cluster IP from being given twice. */
export function addressOf(ip: string, namespace: string, name: string): AnyObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
}

export function kubernetesEndpoints(advertiseAddress: string, port: number): AnyObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        generation: 1,
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
      ports: [{ name: 'https', protocol: 'TCP', port }],
    },
  ]
}

function ownObjects({
  advertiseAddress,
  port,
  hostname,
  identity,
  now,
  clientAuthority,
}: BootstrapOptions): AnyObject[] {
  return [
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: `apiserver-${identity}`,
        namespace: 'kube-system',
        labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': hostname },
        annotations: { 'kubernetes.io/peer-advertise-address': `${advertiseAddress}:${port}` },
      },
      spec: { holderIdentity: `apiserver-${identity}`, leaseDurationSeconds: 3600, renewTime: formatMicroTime(now) },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: formatTime(now).slice(0, 10) },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
      data: { 'client-ca-file': clientAuthority },
    },
  ]
}
