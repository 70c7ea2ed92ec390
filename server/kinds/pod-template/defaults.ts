// Defaults of pod specs that depend on other fields; the plain ones come from openapi/.
// Source: pkg/apis/core/v1, SetDefaults_PodSpec, SetDefaults_Container, SetDefaults_Volume, and the conversions of PodSpec
// and PodTemplateSpec, which keep two names of the service account in step; pkg/api/pod, DropDisabledPodFields (v1.36)
import type { Container, PodSpec, PodTemplateSpec } from '../../api/core.ts'
import type { ObjectMeta } from '../../apimachinery/types.ts'
import { defaultPullPolicy } from './image-name.ts'
import { defaultResourceList, defaultResources } from './resource-lists.ts'

export function defaultPodTemplate(template: PodTemplateSpec): void {
  defaultPodSpec((template.spec ??= { containers: [] }))
  if (template.metadata !== undefined) dropInitContainerAnnotations(template.metadata)
}

export function defaultPodSpec(spec: PodSpec): void {
  spec.securityContext ??= {}
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers]) {
    for (const container of list ?? []) {
      container.imagePullPolicy ||= defaultPullPolicy(container.image)
      defaultResources(container.resources)
    }
  }
  defaultResources(spec.resources)
  defaultResourceList(spec.overhead)
  for (const volume of spec.volumes ?? []) {
    if (Object.keys(volume).every((member) => member === 'name')) volume.emptyDir = {}
    if (volume.image !== undefined) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference)
    defaultResources(volume.ephemeral?.volumeClaimTemplate?.spec.resources)
  }
  syncServiceAccount(spec)
}

/**
 * Fields of features that a server has switched off unless told otherwise: it takes them and forgets them. Who sent
 * them owns them all the same, for which reason this is not done as a default.
 */
export function dropDisabledPodFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return
  delete spec.schedulingGroup
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers]) {
    for (const container of list ?? []) dropStopSignal(container)
  }
  for (const volume of spec.volumes ?? []) {
    for (const source of volume.projected?.sources ?? []) {
      delete source.clusterTrustBundle
      delete source.podCertificate
    }
  }
}

function dropStopSignal(container: Pick<Container, 'lifecycle'>): void {
  if (container.lifecycle?.stopSignal === undefined) return
  delete container.lifecycle.stopSignal
  if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle
}

/** serviceAccount is the old name of serviceAccountName, which wins. */
function syncServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

const initContainerAnnotations = ['beta', 'alpha'].flatMap((stage) => [
  `pod.${stage}.kubernetes.io/init-containers`,
  `pod.${stage}.kubernetes.io/init-container-statuses`,
])

/** What kubelets before initContainers read; servers drop it from pods and templates. */
export function dropInitContainerAnnotations(metadata: ObjectMeta): void {
  if (metadata.annotations === undefined) return
  for (const key of initContainerAnnotations) delete metadata.annotations[key]
  if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations
}
