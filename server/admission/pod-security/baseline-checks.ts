// The baseline Pod Security Standard: no known way to take over a node.
// Source: k8s.io/pod-security-admission/policy (v0.36), one function here for each of its checks
import type { LifecycleHandler, Probe } from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { badContainers, containersOf, naming, plural, quoted, setters, sortedSet } from './pod-view.ts'
import type { Check, PodView, Violation } from './pod-view.ts'

export const appArmorProfile: Check = (pod) => {
  const allowed = (type: string) => type === 'RuntimeDefault' || type === 'Localhost'
  const own = pod.spec.securityContext?.appArmorProfile?.type
  const ofContainer = (container: { securityContext?: { appArmorProfile?: { type: string } } }) =>
    container.securityContext?.appArmorProfile?.type
  const bad = badContainers(pod, (container) => !allowed(ofContainer(container) ?? 'Localhost'))
  const badPod = own !== undefined && !allowed(own)
  const annotations = Object.entries(pod.annotations)
    .filter(
      ([name, value]) =>
        name.startsWith('container.apparmor.security.beta.kubernetes.io/') &&
        !/^($|runtime\/default$|localhost\/)/.test(value),
    )
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .sort()
  const types = containersOf(pod).flatMap((container) => ofContainer(container) ?? [])
  const values = [
    ...sortedSet([...(own === undefined ? [] : [own]), ...types].filter((type) => !allowed(type))),
    ...annotations,
  ]
  if (!badPod && bad.length === 0 && annotations.length === 0) return undefined
  const named = [
    setters(badPod, bad),
    ...(annotations.length > 0 ? [plural('annotation', annotations.length)] : []),
  ].filter((one) => one !== '')
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${named.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

export const capabilitiesBaseline: Check = (pod) => {
  const added = (container: { securityContext?: { capabilities?: { add?: readonly string[] } } }) =>
    (container.securityContext?.capabilities?.add ?? []).filter((one) => !defaultCapabilities.has(one))
  const bad = badContainers(pod, (container) => added(container).length > 0)
  if (bad.length === 0) return undefined
  const capabilities = sortedSet(containersOf(pod).flatMap(added))
  return {
    reason: 'non-default capabilities',
    detail: `${naming('container', bad)} must not include ${quoted(capabilities)} in securityContext.capabilities.add`,
  }
}

export const hostNamespaces: Check = ({ spec }) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true)
  return set.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: set.map((name) => `${name}=true`).join(', ') }
}

export const hostPathVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map(({ name }) => name)
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: naming('volume', bad) }
}

export const hostPorts: Check = (pod) => {
  const portsOf = (container: { ports?: readonly { hostPort?: number }[] }) =>
    (container.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]))
  const bad = badContainers(pod, (container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sortedSet(containersOf(pod).flatMap(portsOf))
  const use = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${naming('container', bad)} ${use} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  }
}

export const hostProbesAndHostLifecycle: Check = (pod) => {
  const hosts = (handler: Frozen<Probe> | Frozen<LifecycleHandler> | undefined) =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => host !== undefined && host !== '') as string[]
  const hostsOf = ({
    livenessProbe,
    readinessProbe,
    startupProbe,
    lifecycle,
  }: ReturnType<typeof containersOf>[number]) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hosts)
  const bad = sortedSet(badContainers(pod, (container) => hostsOf(container).length > 0))
  if (bad.length === 0) return undefined
  const forbidden = sortedSet(containersOf(pod).flatMap(hostsOf))
  const use = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'probe or lifecycle host',
    detail: `${naming('container', bad)} ${use} ${naming('probe or lifecycle host', forbidden)}`,
  }
}

export const privileged: Check = (pod) => {
  const bad = badContainers(pod, (container) => container.securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${naming('container', bad)} must not set securityContext.privileged=true` }
}

export const procMount: Check = (pod, minor) =>
  minor >= 35 && pod.spec.hostUsers === false ? undefined : procMountAlways(pod)

export function procMountAlways(pod: PodView): Violation | undefined {
  const bad = badContainers(pod, ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default')
  if (bad.length === 0) return undefined
  const types = sortedSet(
    containersOf(pod)
      .flatMap(({ securityContext }) => securityContext?.procMount ?? [])
      .filter((type) => type !== 'Default'),
  )
  return {
    reason: 'procMount',
    detail: `${naming('container', bad)} must not set securityContext.procMount to ${quoted(types)}`,
  }
}

interface SELinuxOptions {
  readonly type?: string
  readonly user?: string
  readonly role?: string
}

export const seLinuxOptions: Check = (pod, minor) => {
  const types = [
    '',
    'container_t',
    'container_init_t',
    'container_kvm_t',
    ...(minor >= 31 ? ['container_engine_t'] : []),
  ]
  const isBad = (options: SELinuxOptions | undefined) =>
    options !== undefined &&
    (!types.includes(options.type ?? '') || (options.user ?? '') !== '' || (options.role ?? '') !== '')
  const own = pod.spec.securityContext?.seLinuxOptions
  const bad = badContainers(pod, ({ securityContext }) => isBad(securityContext?.seLinuxOptions))
  if (!isBad(own) && bad.length === 0) return undefined
  const all: SELinuxOptions[] = [
    own,
    ...containersOf(pod).map(({ securityContext }) => securityContext?.seLinuxOptions),
  ].flatMap((one) => one ?? [])
  const badTypes = sortedSet(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
  const problems = [
    ...(badTypes.length > 0 ? [naming('type', badTypes)] : []),
    ...(all.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
    ...(all.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${setters(isBad(own), bad)} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`,
  }
}

export function isValidSeccomp(type: string): boolean {
  return type === 'Localhost' || type === 'RuntimeDefault'
}

export const seccompProfileBaseline: Check = (pod, minor) =>
  minor >= 19 ? seccompFields(pod) : seccompAnnotations(pod)

/** Types that are named and not allowed; what is not named passes. */
export function seccompFields(pod: PodView): Violation | undefined {
  const own = pod.spec.securityContext?.seccompProfile?.type
  const badPod = own !== undefined && !isValidSeccomp(own)
  const bad = badContainers(
    pod,
    ({ securityContext }) => !isValidSeccomp(securityContext?.seccompProfile?.type ?? 'Localhost'),
  )
  if (!badPod && bad.length === 0) return undefined
  const types = [
    ...(own === undefined ? [] : [own]),
    ...containersOf(pod).flatMap(({ securityContext }) => securityContext?.seccompProfile?.type ?? []),
  ]
  const values = sortedSet(types.filter((type) => !isValidSeccomp(type)))
  return {
    reason: 'seccompProfile',
    detail: `${setters(badPod, bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  }
}

function seccompAnnotations(pod: PodView): Violation | undefined {
  const names = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...containersOf(pod).map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ]
  const forbidden = sortedSet(
    names.flatMap((name) => {
      const value = pod.annotations[name]
      if (value === undefined || /^(runtime\/default$|docker\/default$|localhost\/)/.test(value)) return []
      return [`${name}=${JSON.stringify(value)}`]
    }),
  )
  if (forbidden.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', forbidden.length)} ${forbidden.join(', ')}`,
  }
}

/** Safe sysctls, with the minor version from which on they are allowed. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}

export const sysctls: Check = ({ spec }, minor) => {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name)
  const bad = names.filter((name) => !Object.hasOwn(safeSysctls, name) || safeSysctls[name]! > minor)
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
}

export const windowsHostProcess: Check = (pod) => {
  const badPod = pod.spec.securityContext?.windowsOptions?.hostProcess === true
  const bad = badContainers(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true)
  if (!badPod && bad.length === 0) return undefined
  return {
    reason: 'hostProcess',
    detail: `${setters(badPod, bad)} must not set securityContext.windowsOptions.hostProcess=true`,
  }
}
