// An image nobody has written a program for: it serves until it is stopped, and ends well where an end is expected of it.
import type { ImageHandler, Program } from '../runtime.ts'

/**
 * Longer than a client needs from DELETE to its watch: kubectl before 1.33 waits forever for the end of a pod whose
 * StatefulSet has put another one in its place before that.
 */
const stopSeconds = 0.15
const server: Program = { exitCode: 0, stopSeconds, stopExitCode: 0 }
const initializer: Program = { ...server, runsSeconds: 0.01 }
/** A task that is stopped has not done its work: it dies of the signal. */
const task: Program = { ...server, runsSeconds: 0.03, stopExitCode: 143 }

export const anyImage: ImageHandler = {
  name: 'any',
  matches: () => true,
  program({ pod, container, initializes }) {
    if (initializes) return initializer
    const belongsToJob =
      pod.metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Job' && controller === true) ?? false
    // A sidecar runs beside the task and is stopped when that is done.
    return belongsToJob && container.restartPolicy !== 'Always' ? task : server
  },
}
