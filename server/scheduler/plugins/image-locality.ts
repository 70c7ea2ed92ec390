// Prefers nodes that have the pod's images already, the more of them and the larger; images that few nodes have count less.
// Source: pkg/scheduler/framework/plugins/imagelocality (v1.36)
import { MAX_NODE_SCORE, type PodObject, type ScorePlugin } from '../framework.ts'

const MB = 1024 * 1024
/** Less than this is not worth a preference; more of it per container makes no difference. */
const LEAST = 23 * MB
const MOST_PER_CONTAINER = 1000 * MB

export function imageLocality(weight: number): ScorePlugin {
  return {
    name: 'ImageLocality',
    weight,
    prepare({ pod }, cluster) {
      const { names, containers } = imagesOf(pod)
      const shares = names
        .map((name) => ({ name, share: cluster.nodesWithImage(name) / cluster.nodes.length }))
        .filter(({ share }) => share > 0)
      if (shares.length === 0) return undefined
      const most = MOST_PER_CONTAINER * containers
      return {
        score({ images }) {
          let sum = 0
          for (const { name, share } of shares) sum += Math.trunc((images.get(name) ?? 0) * share)
          const within = Math.min(Math.max(sum, LEAST), most)
          return Math.trunc((MAX_NODE_SCORE * (within - LEAST)) / (most - LEAST))
        },
      }
    },
  }
}

function imagesOf({ spec }: PodObject): { names: string[]; containers: number } {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const names = containers.map(({ image = '' }) => withTag(image))
  for (const { image } of spec?.volumes ?? []) if (image !== undefined) names.push(withTag(image.reference ?? ''))
  return { names, containers: containers.length }
}

/** As nodes tell of images: with a tag, `latest` unless another is said. */
function withTag(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
