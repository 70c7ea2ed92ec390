// Evicting a pod that has to make room for a more important one.
// Source: pkg/scheduler/framework/preemption, Executor.PreemptPod (v1.36)
import { isNotFound } from '../apimachinery/errors.ts'
import type { Client } from '../client/client.ts'
import { subjectOf } from '../client/events.ts'
import type { EventSeriesRecorder } from './event-series.ts'
import type { PodObject } from './framework.ts'

export interface Evictor {
  readonly client: Client
  readonly recorder: EventSeriesRecorder | undefined
  readonly schedulerName: string
  /** RFC 3339. */
  readonly now: string
}

/** @throws StatusError if the server will not have it; a victim that is gone already is as good */
export async function evict(
  victim: PodObject,
  preemptor: PodObject,
  nodeName: string,
  { client, recorder, schedulerName, now }: Evictor,
): Promise<void> {
  const { namespace, name, uid, generation } = victim.metadata
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'PreemptionByScheduler',
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } }
    await client.patch('pods', namespace, name, 'application/strategic-merge-patch+json', patch, {
      subresource: 'status',
    })
    await client.delete('pods', namespace, name, { preconditions: { uid } })
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  recorder?.event(subjectOf(victim, { apiVersion: 'v1', kind: 'Pod' }), {
    type: 'Normal',
    reason: 'Preempted',
    action: 'Preempting',
    note: `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`,
  })
}
