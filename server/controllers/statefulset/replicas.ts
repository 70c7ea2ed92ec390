// The steps that bring the pods of a StatefulSet to what is asked for: create, mend, scale down, update.
// Source: kubernetes pkg/controller/statefulset, updateStatefulSet, processReplica, processCondemned (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { isPodAvailable, isPodTerminal, type Pod } from '../pod-status.ts'
import {
  isInOrdinalRange,
  ordinalOf,
  podWithOrdinal,
  revisionOf,
  startOrdinal,
  type NewPod,
  type StatefulSet,
} from './identity.ts'
import {
  createStatefulPod,
  deleteStatefulPod,
  isWaitingForClaims,
  mendOwnersOfClaims,
  mendStatefulPod,
  provideClaims,
  type Scope,
} from './pod-control.ts'
import { templateOf, type Revisions } from './revisions.ts'
import { countPods, isRunningAndReady, type Counts } from './status.ts'
import { forAll, type Done } from './steps.ts'

/** The place of one ordinal, with the pod that has it or is to get it. */
type Replica = { readonly exists: true; readonly pod: Pod } | { readonly exists: false; readonly pod: NewPod }

interface World extends Scope {
  readonly now: number
  readonly revisions: Revisions
  /** By ordinal, from the first to the last that is asked for. */
  readonly replicas: readonly Replica[]
  /** Beyond what is asked for, the highest ordinal first. */
  readonly condemned: readonly Pod[]
  /** Whether pods come and go one by one. */
  readonly ordered: boolean
}

type Finish = (counts: Counts, error?: Error) => readonly Action[]

/** @param pods all of the set; `finish` gets what they count, as seen before anything was done */
export function syncReplicas(
  scope: Scope,
  pods: readonly Pod[],
  revisions: Revisions,
  now: number,
  finish: Finish,
): readonly Action[] {
  const { set } = scope
  if (set.metadata.deletionTimestamp !== undefined) return finish(countPods(set, pods, revisions, now))
  const world = worldOf(scope, pods, revisions, now)
  const { replicas, condemned, ordered } = world
  const existing = [...replicas.flatMap((replica) => (replica.exists ? [replica.pod] : [])), ...condemned]
  const counts = countPods(set, existing, revisions, now)
  const doomed = firstUnavailable(world)
  return forAll(
    replicas,
    ordered,
    (replica, done) => processReplica(world, replica, done),
    (wait, error) => {
      if (wait) return finish(counts, error)
      const mendOwners = (pod: Pod, done: Done) => mendOwnersOfClaims(world, pod, (failure) => done(false, failure))
      return forAll(condemned, ordered, mendOwners, (mendWait, mendError) => {
        if (mendWait) return finish(counts, mendError)
        return forAll(
          condemned,
          ordered,
          (pod, done) => processCondemned(world, pod, doomed, done),
          (deleteWait, deleteError) => {
            if (deleteWait || set.spec?.updateStrategy?.type === 'OnDelete') return finish(counts, deleteError)
            return rollingUpdate(world, counts, finish)
          },
        )
      })
    },
  )
}

function worldOf(scope: Scope, pods: readonly Pod[], revisions: Revisions, now: number): World {
  const { set } = scope
  const first = startOrdinal(set)
  const byOrdinal = new Map<number, Pod>()
  const condemned: Pod[] = []
  for (const pod of pods) {
    const ordinal = ordinalOf(pod)
    if (isInOrdinalRange(set, pod)) byOrdinal.set(ordinal, pod)
    else if (ordinal >= 0) condemned.push(pod)
  }
  const templates = { current: templateOf(revisions.current), update: templateOf(revisions.update) }
  const replicas = Array.from({ length: set.spec?.replicas ?? 0 }, (_, index): Replica => {
    const pod = byOrdinal.get(first + index)
    return pod === undefined ? { exists: false, pod: newPod(set, revisions, templates, index) } : { exists: true, pod }
  })
  return {
    ...scope,
    now,
    revisions,
    replicas,
    condemned: condemned.toSorted((a, b) => ordinalOf(b) - ordinalOf(a)),
    ordered: set.spec?.podManagementPolicy !== 'Parallel',
  }
}

/** Source: newVersionedStatefulSetPod */
function newPod(
  set: StatefulSet,
  { current, update }: Revisions,
  templates: Record<'current' | 'update', Frozen<core.PodTemplateSpec>>,
  index: number,
): NewPod {
  const { type, rollingUpdate: rolling } = set.spec?.updateStrategy ?? {}
  // Without a partition, as many as there are of the current revision stay with it.
  const currentReplicas = type === 'RollingUpdate' ? (set.status?.currentReplicas ?? 0) : 0
  const isOld = index < (rolling === undefined ? currentReplicas : (rolling.partition ?? 0))
  const ordinal = startOrdinal(set) + index
  return isOld
    ? podWithOrdinal(set, templates.current, current.metadata.name, ordinal)
    : podWithOrdinal(set, templates.update, update.metadata.name, ordinal)
}

function isAvailable({ set, now }: World, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

function isUnavailable(world: World, replica: Replica): boolean {
  return !replica.exists || !isAvailable(world, replica.pod) || isTerminating(replica.pod)
}

/** The pod, if it is a condemned one, that may go although it is not available. */
function firstUnavailable(world: World): Pod | undefined {
  const first = world.replicas.find((replica) => isUnavailable(world, replica))
  if (first !== undefined) return first.exists ? first.pod : undefined
  return world.condemned.findLast((pod) => isUnavailable(world, { exists: true, pod }))
}

function processReplica(world: World, { exists, pod }: Replica, done: Done): readonly Action[] {
  if (!exists) {
    if (isWaitingForClaims(world, pod)) return done(true)
    return createStatefulPod(world, pod, (error) => done(true, error))
  }
  if (isPodTerminal(pod)) {
    // Whatever its exit code was: it is started again, once it is gone.
    return isTerminating(pod) ? done(true) : deleteStatefulPod(world, pod, (error) => done(true, error))
  }
  const mend = (): readonly Action[] => {
    if (world.ordered && (isTerminating(pod) || !isRunningAndReady(pod) || !isAvailable(world, pod))) return done(true)
    return mendStatefulPod(world, pod, (error) => done(false, error))
  }
  if (pod.status?.phase !== 'Pending') return mend()
  return provideClaims(world, pod, (error) => (error === undefined ? mend() : done(true, error)))
}

function processCondemned(world: World, pod: Pod, doomed: Pod | undefined, done: Done): readonly Action[] {
  if (isTerminating(pod)) return done(true)
  const isHealthy = isRunningAndReady(pod) && isAvailable(world, pod)
  if (world.ordered && !isHealthy && pod !== doomed) return done(true)
  return deleteStatefulPod(world, pod, (error) => done(true, error))
}

/** Deletes the pod with the highest ordinal that is not of the new revision, once those above it are available. */
function rollingUpdate(world: World, counts: Counts, finish: Finish): readonly Action[] {
  const { set, replicas, revisions } = world
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  for (const replica of replicas.slice(partition).toReversed()) {
    const { exists, pod } = replica
    const isOld = revisionOf(pod) !== revisions.update.metadata.name
    if (isOld && !(exists && isTerminating(pod))) {
      return deleteStatefulPod(world, pod, (error) => {
        if (error !== undefined) return finish(counts, error)
        // Upstream counts below zero when the pod was of a third revision, and has its status refused.
        return finish({ ...counts, currentReplicas: Math.max(0, counts.currentReplicas - 1) })
      })
    }
    if (isUnavailable(world, replica)) return finish(counts)
  }
  return finish(counts)
}
