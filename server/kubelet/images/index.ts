// The simulated images, in the order in which they are asked whether a name is theirs. The last one takes every name.
import type { ImageHandler } from '../runtime.ts'
import { anyImage } from './any-image.ts'

export const imageHandlers: readonly ImageHandler[] = [anyImage]
