// The restricted Pod Security Standard: hardened pods only.
// Source: k8s.io/pod-security-admission/policy (v0.36), one function here for each of its checks
import { isValidSeccomp, procMountAlways, seccompFields } from './baseline-checks.ts'
import { badContainers, containersOf, naming, plural, quoted, setters, sortedSet } from './pod-view.ts'
import type { Check, PodView } from './pod-view.ts'

/** From 1.25 on, pods for Windows need not set what only Linux has. */
function isExempt({ spec }: PodView, minor: number): boolean {
  return minor >= 25 && spec.os?.name === 'windows'
}

/** From 1.35 on, pods in a user namespace of their own may run as root. */
function hasOwnUsers({ spec }: PodView, minor: number): boolean {
  return minor >= 35 && spec.hostUsers === false
}

export const allowPrivilegeEscalation: Check = (pod, minor) => {
  if (isExempt(pod, minor)) return undefined
  const bad = badContainers(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${naming('container', bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

export const capabilitiesRestricted: Check = (pod, minor) => {
  if (isExempt(pod, minor)) return undefined
  const keeping = badContainers(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const forbiddenOf = (container: { securityContext?: { capabilities?: { add?: readonly string[] } } }) =>
    (container.securityContext?.capabilities?.add ?? []).filter((one) => one !== 'NET_BIND_SERVICE')
  const adding = badContainers(pod, (container) => forbiddenOf(container).length > 0)
  const details = []
  if (keeping.length > 0)
    details.push(`${naming('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`)
  if (adding.length > 0) {
    const forbidden = sortedSet(containersOf(pod).flatMap(forbiddenOf))
    details.push(
      `${naming('container', adding)} must not include ${quoted(forbidden)} in securityContext.capabilities.add`,
    )
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

export const procMountRestricted: Check = (pod) => procMountAlways(pod)

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]
const knownVolumes =
  'hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos'.split(
    ' ',
  )

export const restrictedVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.some((type) => Object.hasOwn(volume, type)))
  if (bad.length === 0) return undefined
  const types = sortedSet(bad.map((volume) => knownVolumes.find((type) => Object.hasOwn(volume, type)) ?? 'unknown'))
  const names = bad.map(({ name }) => name)
  const use = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${naming('volume', names)} ${use} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

export const runAsNonRoot: Check = (pod, minor) => {
  if (hasOwnUsers(pod, minor)) return undefined
  const own = pod.spec.securityContext?.runAsNonRoot
  const explicit = badContainers(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false)
  const reason = 'runAsNonRoot != true'
  if (own === false || explicit.length > 0) {
    return { reason, detail: `${setters(own === false, explicit)} must not set securityContext.runAsNonRoot=false` }
  }
  const implicit =
    own === true ? [] : badContainers(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (implicit.length === 0) return undefined
  return { reason, detail: `pod or ${naming('container', implicit)} must set securityContext.runAsNonRoot=true` }
}

export const runAsUser: Check = (pod, minor) => {
  if (hasOwnUsers(pod, minor)) return undefined
  const own = pod.spec.securityContext?.runAsUser === 0
  const bad = badContainers(pod, ({ securityContext }) => securityContext?.runAsUser === 0)
  if (!own && bad.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${setters(own, bad)} must not set runAsUser=0` }
}

export const seccompProfileRestricted: Check = (pod, minor) => {
  if (isExempt(pod, minor)) return undefined
  const explicit = seccompFields(pod)
  if (explicit !== undefined) return explicit
  const own = pod.spec.securityContext?.seccompProfile?.type
  if (own !== undefined && isValidSeccomp(own)) return undefined
  const implicit = badContainers(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined)
  if (implicit.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${naming('container', implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}
