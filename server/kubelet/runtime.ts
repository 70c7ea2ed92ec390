// The container runtime behind the kubelet: images, and what the programs in them do. Containers are simulated.
import { createHash } from 'node:crypto'
import type { Container } from '../api/core.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { imageHandlers } from './images/index.ts'
import type { PodObject } from './stage.ts'

/** What a container's program does. */
export interface Program {
  /** From start to end; absent: it runs until it is stopped. */
  readonly runsSeconds?: number
  /** Exit code when it ends by itself. */
  readonly exitCode: number
  /** From the signal TERM to its end, and the exit code then. */
  readonly stopSeconds: number
  readonly stopExitCode: number
}

export interface ProgramContext {
  readonly pod: PodObject
  readonly container: Frozen<Container>
  /** Whether it is an init container that the pod waits for. */
  readonly initializes: boolean
  /** How often it was restarted before. */
  readonly restartCount: number
}

/** A simulated image: which names it answers to and what its program does. */
export interface ImageHandler {
  readonly name: string
  matches(image: ImageName): boolean
  program(context: ProgramContext): Program
}

/** An image reference taken apart, with defaults filled in: `nginx` is docker.io/library/nginx:latest. */
export interface ImageName {
  readonly registry: string
  readonly repository: string
  readonly tag: string
  readonly digest?: string
}

export interface PulledImage {
  /** `docker.io/library/nginx:latest` */
  readonly image: string
  /** `docker.io/library/nginx@sha256:…` */
  readonly imageID: string
  readonly sizeBytes: number
}

/** What a kubelet asks of the runtime on its node. */
export interface ContainerRuntime {
  image(reference: string): PulledImage
  isPresent(reference: string): boolean
  /** Notes that the image is on the node now. */
  pulled(reference: string): void
  program(context: ProgramContext): Program
  /** `containerd://<64 hex digits>` */
  newContainerID(): string
  /** The images on the node, as the Node's status lists them. */
  images(): readonly PulledImage[]
}

/** Images a node lists at most. Source: kubelet configuration, nodeStatusMaxImages */
const MAX_LISTED_IMAGES = 50

export class SimulatedRuntime implements ContainerRuntime {
  readonly #random: () => number
  readonly #handlers: readonly ImageHandler[]
  readonly #present = new Map<string, PulledImage>()

  constructor(random: () => number, handlers: readonly ImageHandler[] = imageHandlers) {
    this.#random = random
    this.#handlers = handlers
  }

  image(reference: string): PulledImage {
    return this.#present.get(reference) ?? describeImage(reference)
  }

  isPresent(reference: string): boolean {
    return this.#present.has(reference)
  }

  pulled(reference: string): void {
    if (!this.#present.has(reference)) this.#present.set(reference, describeImage(reference))
  }

  program(context: ProgramContext): Program {
    const name = parseImageName(context.container.image ?? '')
    const handler = this.#handlers.find((one) => one.matches(name))
    // The last handler of the list answers to every name.
    if (handler === undefined) throw new Error(`no image handler for ${context.container.image}`)
    return handler.program(context)
  }

  newContainerID(): string {
    let id = ''
    while (id.length < 64)
      id += Math.floor(this.#random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0')
    return `containerd://${id}`
  }

  images(): readonly PulledImage[] {
    return [...this.#present.values()].slice(0, MAX_LISTED_IMAGES)
  }
}

/** Source: github.com/distribution/reference, ParseDockerRef */
export function parseImageName(reference: string): ImageName {
  const [named = '', digest] = reference.split('@', 2)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const path = hasTag ? named.slice(0, colon) : named
  const tag = hasTag ? named.slice(colon + 1) : 'latest'
  const slash = path.indexOf('/')
  const first = slash < 0 ? '' : path.slice(0, slash)
  const withDigest = digest === undefined ? {} : { digest }
  if (first !== '' && (/[.:]/.test(first) || first === 'localhost')) {
    return { registry: first, repository: path.slice(slash + 1), tag, ...withDigest }
  }
  return { registry: 'docker.io', repository: slash < 0 ? `library/${path}` : path, tag, ...withDigest }
}

/** Digest and size come from the name, so that the same image is the same everywhere. */
function describeImage(reference: string): PulledImage {
  const { registry, repository, tag, digest } = parseImageName(reference)
  const name = `${registry}/${repository}`
  const hash = createHash('sha256').update(`${name}:${tag}`).digest()
  const sizeBytes = 4_000_000 + (hash.readUInt32BE(0) % 90_000_000)
  return {
    image: digest === undefined ? `${name}:${tag}` : `${name}@${digest}`,
    imageID: `${name}@${digest ?? `sha256:${hash.toString('hex')}`}`,
    sizeBytes,
  }
}
