// `kubeling clock`: the time of a running cluster, to see, stop, step and speed up.
import { resolve } from 'node:path'
import { kubeconfigInUse } from './home.ts'
import { readAnswer, serverAnswer } from './snapshot-download.ts'

export interface ClockFlags {
  readonly kubeconfig?: string
}

/** What the server is asked for, see http/clock.ts. */
export interface ClockChange {
  readonly speed?: number
  /** `5m` */
  readonly step?: string
}

/** Prints what time it is afterwards. A failure is printed, and becomes the exit code 1. */
export async function clock(flags: ClockFlags, change?: ClockChange): Promise<void> {
  try {
    const kubeconfig = resolve(flags.kubeconfig ?? kubeconfigInUse())
    const { url, message } = await serverAnswer(kubeconfig, '/debug/clock', change)
    const text = await readAnswer(message)
    const answer = JSON.parse(text) as { now: string; speed: number; message?: string }
    if (message.statusCode !== 200)
      throw new Error(`the server ${url} says: ${answer.message ?? `status ${message.statusCode}`}`)
    console.log(`${answer.now}, ${describeSpeed(answer.speed)}`)
  } catch (error) {
    console.error(`kubeling: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

function describeSpeed(speed: number): string {
  if (speed === 0) return 'stopped'
  return speed === 1 ? 'real time' : `${speed} times as fast as real time`
}
