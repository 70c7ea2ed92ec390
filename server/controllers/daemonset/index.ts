// DaemonSets: one pod on each node that it belongs on.
// Source: kubernetes pkg/controller/daemon (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { isNotFound, type StatusError } from '../../apimachinery/errors.ts'
import { batch, event, requeueAfter, retry, updateStatus, type Action, type Outcome } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { nonZero } from '../conditions.ts'
import { claimRevisions, REVISIONS } from '../history.ts'
import { claim, controllerOf, indexOrphans, ownerKeys, selectorOf } from '../owner.ts'
import { createPod, deletePod, isNamespaceTerminating } from '../pod-control.ts'
import { isPodAvailable, isPodReady, type Pod } from '../pod-status.ts'
import { cleanUpHistory, historyOf, syncHistory } from './history.ts'
import type { Node } from './node-fit.ts'
import { fitOf, placement, rollingUpdate, type Plan, type World } from './plan.ts'
import { byAge, isUpdated, KIND, podForNode, podsByNode, REVISION_HASH, type DaemonSet } from './pods.ts'

const RESOURCE = 'daemonsets.apps'
/** Pods created or deleted in one go, at most. */
const BURST_REPLICAS = 250

export function daemonset(): Controller {
  const backoff = new FailedPodBackoff()
  return defineController({
    name: 'daemonset-controller',
    serviceAccount: 'daemon-set-controller',
    watches: [
      { resource: RESOURCE, enqueue: 'self' },
      { resource: REVISIONS, enqueue: { owner: KIND.kind }, indexes: { orphans: indexOrphans } },
      {
        resource: 'pods',
        enqueue: (each, listers) =>
          ownerKeys(each, KIND.kind, listers.of<apps.DaemonSet>(RESOURCE), (owner) => selectorOf(owner.spec?.selector)),
        indexes: { orphans: indexOrphans },
      },
      { resource: 'nodes', enqueue: keysOfNode },
    ],
    reconcile: (key, listers, now) => reconcileDaemonSet(key, listers, now, backoff),
  })
}

/**
 * Where daemons belong depends on names, labels and taints of nodes. A set is looked at when the node lacks a pod of it,
 * or has one that must go or may belong there again; not for one that stays though it would not be put there any more.
 * Source: DaemonSetsController.syncNodeUpdate
 */
function keysOfNode({ type, object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const [before, node] = [old as Node | undefined, object as Node]
  const isSame =
    type === 'MODIFIED' &&
    deepEqual(before?.metadata.labels, node.metadata.labels) &&
    deepEqual(before?.spec?.taints, node.spec?.taints)
  if (isSame || type === 'DELETED') return []
  const pods = listers.of<core.Pod>('pods').byIndex('node', node.metadata.name)
  const owners = new Set(pods.map((pod) => controllerOf(pod)?.uid))
  return listers
    .of<apps.DaemonSet>(RESOURCE)
    .list()
    .filter((set) => {
      const fit = fitOf(set, node)
      if (!owners.has(set.metadata.uid)) return fit.run
      return !fit.stay || (set.status?.numberMisscheduled ?? 0) > 0
    })
    .map(keyOf)
}

function reconcileDaemonSet(key: string, listers: Listers, now: number, backoff: FailedPodBackoff): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const set = listers.of<apps.DaemonSet>(RESOURCE).get(namespace, name)
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return []
  const selector = selectorOf(set.spec?.selector)
  const subject = subjectOf(set, KIND)
  if (selector.empty) {
    return [
      event(
        subject,
        'Warning',
        'SelectingAll',
        'This daemon set is selecting all pods. A non-empty selector is required.',
      ),
    ]
  }
  const claimedRevisions = claimRevisions(set, KIND, selector, listers)
  const history = historyOf(set, claimedRevisions.claimed)
  const revised = syncHistory(set, history, listers)
  if (revised !== undefined) return [...claimedRevisions.actions, revised]

  const pods = listers.of<core.Pod>('pods')
  const candidates = [...pods.byIndex('owner', set.metadata.uid), ...pods.byIndex('orphans', namespace)]
  const { claimed, actions } = claim('pods', set, KIND, selector, candidates)
  const hash = history.current?.metadata.labels?.[REVISION_HASH] ?? ''
  const nodes = listers.of<core.Node>('nodes').list()
  const world: World = { set, hash, nodes, pods: podsByNode(claimed), now }
  const replacements = new Replacements(set, backoff, now)
  const placed = placement(world, (pod, node) => replacements.mayReplace(pod, node))
  const isPlaced = placed.create.length === 0 && placed.delete.length === 0
  const plan = isPlaced && set.spec?.updateStrategy?.type !== 'OnDelete' ? rollingUpdate(world) : placed
  return [
    ...claimedRevisions.actions,
    ...actions,
    ...replacements.actions,
    ...carryOut(plan, world),
    ...cleanUpHistory(set, history, claimed),
  ]
}

/** The plan, then the status, then what failed. */
function carryOut(plan: Plan, world: World): readonly Action[] {
  const { set, hash } = world
  const subject = subjectOf(set, KIND)
  const creations = plan.create.slice(0, BURST_REPLICAS).map((node) => createPod(subject, podForNode(set, node, hash)))
  const deletions = plan.delete.slice(0, BURST_REPLICAS).map((pod) => deletePod(subject, pod))
  const finish = (error: StatusError | undefined): readonly Action[] => [
    ...status(world),
    ...(error === undefined ? [] : [retry(error)]),
  ]
  if (creations.length === 0 && deletions.length === 0) return finish(undefined)
  return [
    batch(creations, {
      slowStart: true,
      then: (created) => [batch(deletions, { then: (deleted) => finish(firstError([...created, ...deleted])) })],
    }),
  ]
}

function firstError(outcomes: readonly Outcome[]): StatusError | undefined {
  return outcomes.find(({ error }) => error !== undefined && !isNotFound(error) && !isNamespaceTerminating(error))
    ?.error
}

function status(world: World): readonly Action[] {
  const { set } = world
  const { minReadySeconds = 0 } = set.spec ?? {}
  const counted = calculateStatus(world)
  const waits = minReadySeconds > 0 && counted.numberReady !== (counted.numberAvailable ?? 0)
  return [updateStatus(RESOURCE, { ...set, status: counted }), ...(waits ? [requeueAfter(minReadySeconds * 1000)] : [])]
}

export function calculateStatus({ set, hash, nodes, pods, now }: World): Frozen<apps.DaemonSetStatus> {
  const { collisionCount, conditions } = set.status ?? {}
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const [pod] = (pods.get(node.metadata.name) ?? []).toSorted(byAge)
    if (!fitOf(set, node).run) {
      if (pod !== undefined) count.misscheduled++
      continue
    }
    count.desired++
    if (pod === undefined) continue
    count.current++
    if (isPodReady(pod)) count.ready++
    if (isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) count.available++
    if (isUpdated(set, pod, hash)) count.updated++
  }
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...nonZero({
      observedGeneration: set.metadata.generation ?? 0,
      updatedNumberScheduled: count.updated,
      numberAvailable: count.available,
      numberUnavailable: count.desired - count.available,
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  }
}

/** Decides on, and tells of, the replacement of pods that came to their end. */
class Replacements {
  readonly actions: Action[] = []
  readonly #set: DaemonSet
  readonly #backoff: FailedPodBackoff
  readonly #now: number

  constructor(set: DaemonSet, backoff: FailedPodBackoff, now: number) {
    this.#set = set
    this.#backoff = backoff
    this.#now = now
  }

  mayReplace(pod: Pod, node: Node): boolean {
    const subject = subjectOf(this.#set, KIND)
    const which = `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node.metadata.name}`
    if (pod.status?.phase === 'Succeeded') {
      this.actions.push(
        event(subject, 'Normal', 'SucceededDaemonPod', `Found succeeded ${which}, will try to delete it`),
      )
      return true
    }
    const key = `${this.#set.metadata.uid}/${this.#set.status?.observedGeneration ?? 0}/${node.metadata.name}`
    const waitMs = this.#backoff.wait(key, this.#now)
    if (waitMs > 0) {
      this.actions.push(requeueAfter(waitMs))
      return false
    }
    this.actions.push(event(subject, 'Warning', 'FailedDaemonPod', `Found failed ${which}, will try to kill it`))
    return true
  }
}

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 15 * 60_000

/** Failed pods of one node are replaced at once, then after 1 s, 2 s, 4 s, …; forgotten when it was long quiet. */
export class FailedPodBackoff {
  readonly #entries = new Map<string, { delayMs: number; lastMs: number }>()

  /** Milliseconds still to wait; 0 counts as a replacement. */
  wait(key: string, now: number): number {
    const entry = this.#entries.get(key)
    const known = entry !== undefined && now - entry.lastMs <= 2 * MAX_BACKOFF_MS ? entry : undefined
    const leftMs = known === undefined ? 0 : known.lastMs + known.delayMs - now
    if (leftMs > 0) return leftMs
    this.#forgetQuiet(now)
    this.#entries.delete(key)
    this.#entries.set(key, {
      delayMs: known === undefined ? FIRST_BACKOFF_MS : Math.min(known.delayMs * 2, MAX_BACKOFF_MS),
      lastMs: now,
    })
    return 0
  }

  /** Entries stand in the order of their last replacement. */
  #forgetQuiet(now: number): void {
    for (const [key, { lastMs }] of this.#entries) {
      if (now - lastMs <= 2 * MAX_BACKOFF_MS) return
      this.#entries.delete(key)
    }
  }

  get size(): number {
    return this.#entries.size
  }
}
