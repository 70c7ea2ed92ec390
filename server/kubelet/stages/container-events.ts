// The events a kubelet tells about a container, in its words.
// Source: pkg/kubelet/images, image_manager; pkg/kubelet/kuberuntime, kuberuntime_container (v1.36)
import type { FrozenContainer } from '../container-status.ts'
import type { PodEvent, PodObject, StageContext } from '../stage.ts'

export function containerEvent(pod: PodObject, container: FrozenContainer, reason: string, message: string): PodEvent {
  const isInit = pod.spec?.initContainers?.some(({ name }) => name === container.name) ?? false
  const list = isInit ? 'initContainers' : 'containers'
  return {
    type: reason === 'BackOff' ? 'Warning' : 'Normal',
    reason,
    message,
    fieldPath: `spec.${list}{${container.name}}`,
  }
}

export function needsPull(container: FrozenContainer, { runtime }: StageContext): boolean {
  return container.imagePullPolicy === 'Always' || !runtime.isPresent(container.image ?? '')
}

/** What is told before the containers start: which images are being pulled. */
export function pullingEvents(
  pod: PodObject,
  containers: readonly FrozenContainer[],
  context: StageContext,
): PodEvent[] {
  return containers
    .filter((container) => needsPull(container, context))
    .map((container) => containerEvent(pod, container, 'Pulling', `Pulling image "${container.image}"`))
}

/** What is told once a container runs; notes that its image is on the node. */
export function startedEvents(pod: PodObject, container: FrozenContainer, context: StageContext): PodEvent[] {
  const { runtime, delays } = context
  const image = container.image ?? ''
  const took = `${Math.round(delays.pullSeconds * 1000)}ms`
  const pulled = needsPull(container, context)
    ? `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${runtime.image(image).sizeBytes} bytes.`
    : `Container image "${image}" already present on machine and can be accessed by the pod`
  runtime.pulled(image)
  return [
    containerEvent(pod, container, 'Pulled', pulled),
    containerEvent(pod, container, 'Created', 'Container created'),
    containerEvent(pod, container, 'Started', 'Container started'),
  ]
}
