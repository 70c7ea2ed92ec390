// What users are told of a pod: events, and its condition PodScheduled.
// Source: pkg/scheduler, handleSchedulingFailure and updatePod (v1.36)
import { formatTime, type Clock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import { subjectOf } from '../client/events.ts'
import { EventSeriesRecorder } from './event-series.ts'
import type { PodObject } from './framework.ts'

/** Longest text of an event. */
const MESSAGE_LIMIT = 1024

export class Announcer {
  readonly #client: Client
  readonly #clock: Clock
  /** By name of the scheduler: each profile speaks for itself. */
  readonly #recorders: ReadonlyMap<string, EventSeriesRecorder>

  constructor(client: Client, clock: Clock, schedulerNames: readonly string[]) {
    this.#client = client
    this.#clock = clock
    this.#recorders = new Map(
      schedulerNames.map((controller) => [controller, new EventSeriesRecorder({ client, clock, controller })]),
    )
  }

  recorder({ spec }: PodObject): EventSeriesRecorder | undefined {
    return this.#recorders.get(spec?.schedulerName ?? '')
  }

  bound(pod: PodObject, nodeName: string): void {
    const { namespace, name } = pod.metadata
    this.recorder(pod)?.event(subjectOf(pod, { apiVersion: 'v1', kind: 'Pod' }), {
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    })
  }

  /**
   * Says in an event and in the pod's condition why it has no node.
   * @param nomination node where room is being made; null to say that there is none any more
   */
  async failed(
    pod: PodObject,
    reason: 'Unschedulable' | 'SchedulerError',
    message: string,
    nomination?: string | null,
  ): Promise<void> {
    const { generation } = pod.metadata
    this.recorder(pod)?.event(subjectOf(pod, { apiVersion: 'v1', kind: 'Pod' }), {
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      note: truncate(message),
    })
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    const isSaid = before?.status === 'False' && before.reason === reason && before.message === message
    const isNominated = nomination === undefined || (nomination ?? '') === (pod.status?.nominatedNodeName ?? '')
    if (isSaid && isNominated) return
    const now = formatTime(this.#clock.now())
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? (before.lastTransitionTime ?? now) : now,
      reason,
      message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    await this.patchStatus(pod, {
      ...(isSaid ? {} : { conditions: [condition] }),
      ...(isNominated ? {} : { nominatedNodeName: nomination }),
    })
  }

  async patchStatus({ metadata }: PodObject, status: Record<string, unknown>): Promise<void> {
    const { namespace, name, uid } = metadata
    // The uid: a pod of the same name that came after this one is not meant.
    const patch = { metadata: { uid }, status }
    try {
      await this.#client.patch('pods', namespace, name, 'application/strategic-merge-patch+json', patch, {
        subresource: 'status',
      })
    } catch {
      // The pod is gone or the server is away; the next attempt tells again.
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.close()))
  }
}

function truncate(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 4)} ...`
}
