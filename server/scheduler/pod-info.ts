// What the scheduler derives from a pod, once per version of the pod.
import type { HostPort, PodInfo, PodObject } from './framework.ts'
import { affinityTermsOf, opinionsOf } from './pod-affinity.ts'
import { podRequests } from './resources.ts'

const known = new WeakMap<PodObject, PodInfo>()

export function podInfoOf(pod: PodObject): PodInfo {
  const before = known.get(pod)
  if (before !== undefined) return before
  const affinity = affinityTermsOf(pod)
  const info: PodInfo = {
    pod,
    requests: podRequests(pod),
    nonZeroRequests: podRequests(pod, 'assumed'),
    hostPorts: hostPortsOf(pod),
    priority: pod.spec?.priority ?? 0,
    affinity,
    opinions: opinionsOf(affinity),
  }
  known.set(pod, info)
  return info
}

/** Of a later version of the pod that asks for the same. */
export function renewedInfo(before: PodInfo, pod: PodObject): PodInfo {
  const info = { ...before, pod }
  known.set(pod, info)
  return info
}

/** Sidecars keep their ports as long as the pod runs; other init containers' ports are not counted. */
function hostPortsOf(pod: PodObject): readonly HostPort[] {
  const ports: HostPort[] = []
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...sidecars, ...(pod.spec?.containers ?? [])]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort === undefined || port.hostPort <= 0) continue
      ports.push({ ip: port.hostIP || ANY_ADDRESS, protocol: port.protocol || 'TCP', port: port.hostPort })
    }
  }
  return ports
}

export const ANY_ADDRESS = '0.0.0.0'
