// Pods of nodes that are gone: nobody else would ever end them.
// Left out: the limit on finished pods (12,500), and nodes that are shut down out of service.
// Source: kubernetes pkg/controller/podgc (v1.36)
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import { patch, remove, requeueAfter, retry, type Action } from '../../client/action.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { disruptionTarget, isPodTerminal, type Pod } from '../pod-status.ts'

/** A node that is missed for so long will not come back. */
const QUARANTINE_MS = 40_000

export function podGarbageCollector(): Controller {
  const missing: MissingNodes = new Map()
  return defineController({
    name: 'pod-garbage-collector-controller',
    serviceAccount: 'pod-garbage-collector',
    watches: [
      { resource: 'nodes', enqueue: ({ type, object }) => (type === 'MODIFIED' ? [] : [object.metadata.name]) },
      {
        resource: 'pods',
        // A pod may outlive its node, or be bound to one that never was.
        enqueue: ({ object }, listers) => {
          const { nodeName = '' } = (object as Pod).spec ?? {}
          return nodeName !== '' && listers.of('nodes').get(undefined, nodeName) === undefined ? [nodeName] : []
        },
      },
    ],
    reconcile: (nodeName, listers, now) => reconcileMissingNode(nodeName, listers, now, missing),
  })
}

/** Since when nodes that pods name are not there, in milliseconds. */
export type MissingNodes = Map<string, number>

export function reconcileMissingNode(
  nodeName: string,
  listers: Listers,
  now: number,
  missing: MissingNodes,
): readonly Action[] {
  const pods = listers.of<core.Pod>('pods').byIndex('node', nodeName)
  if (listers.of<core.Node>('nodes').get(undefined, nodeName) !== undefined || pods.length === 0) {
    missing.delete(nodeName)
    return []
  }
  const since = missing.get(nodeName) ?? now
  missing.set(nodeName, since)
  if (now < since + QUARANTINE_MS) return [requeueAfter(since + QUARANTINE_MS - now)]
  return pods.flatMap((pod) => collect(pod, now))
}

function collect(pod: Pod, now: number): readonly Action[] {
  const deletion = remove('pods', pod, { options: { gracePeriodSeconds: 0 } })
  if (isPodTerminal(pod)) return [deletion]
  const condition = disruptionTarget(pod, 'DeletionByPodGC', 'PodGC: node no longer exists', formatTime(now))
  const body = { metadata: { uid: pod.metadata.uid }, status: { phase: 'Failed', conditions: [condition] } }
  return [
    patch('pods', pod, 'application/strategic-merge-patch+json', body, {
      subresource: 'status',
      then: ({ error }) => (error === undefined || isNotFound(error) ? [deletion] : [retry(error)]),
    }),
  ]
}
