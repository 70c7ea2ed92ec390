// Deployments: a ReplicaSet for each revision of the pod template, and the way from one to the next.
//
// A reconcile takes one step and then looks again: what it wrote comes back as an event.
// Source: kubernetes pkg/controller/deployment (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { computeHash } from '../../apimachinery/template-hash/template-hash.ts'
import { create, event, retry, update, updateStatus, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { findCondition } from '../conditions.ts'
import { claim, controllerOf, indexOrphans, newControllerRef, ownerKeys, selectorOf } from '../owner.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import {
  hasTemplateOf,
  maxRevision,
  newAndOldSets,
  newSetAnnotations,
  POD_TEMPLATE_HASH,
  replicasAnnotations,
  REVISION,
  totalReplicas,
  type Deployment,
  type ReplicaSet,
} from './replica-sets.ts'
import { newSetSize, recreateStep, rollingStep } from './rollout.ts'
import { cleanUp, deploymentSubject, isScalingEvent, scale } from './scaling.ts'
import {
  calculateStatus,
  hasProgressDeadline,
  newCondition,
  rolloutStatus,
  setCondition,
  withConditions,
} from './status.ts'

const KIND = { apiVersion: 'apps/v1', kind: 'Deployment' }
const MAX_NAME_LENGTH = 253

export const deployment = defineController({
  name: 'deployment-controller',
  watches: [
    { resource: 'deployments.apps', enqueue: 'self' },
    {
      resource: 'replicasets.apps',
      enqueue: (event, listers) =>
        ownerKeys(event, KIND.kind, listers.of<apps.Deployment>('deployments.apps'), (owner) =>
          selectorOf(owner.spec?.selector),
        ),
      indexes: { orphans: indexOrphans },
    },
    { resource: 'pods', enqueue: keysOfDeletedPod },
  ],
  reconcile,
})

/** A Recreate waits for the last old pod to go; nothing else depends on single pods. */
function keysOfDeletedPod({ type, object }: WatchEvent, listers: Listers): Iterable<string> {
  const set = type === 'DELETED' ? controllerOf(object) : undefined
  if (set?.kind !== 'ReplicaSet') return []
  const { namespace } = object.metadata
  const owner = listers.of<apps.ReplicaSet>('replicasets.apps').get(namespace, set.name)
  const name = owner === undefined ? undefined : controllerOf(owner)?.name
  if (name === undefined) return []
  const found = listers.of<apps.Deployment>('deployments.apps').get(namespace, name)
  return found?.spec?.strategy?.type === 'Recreate' ? [keyOf(found)] : []
}

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const found = listers.of<apps.Deployment>('deployments.apps').get(namespace, name)
  if (found === undefined) return []
  const selector = selectorOf(found.spec?.selector)
  if (selector.empty) return selectsEverything(found)
  const sets = listers.of<apps.ReplicaSet>('replicasets.apps')
  const candidates = [...sets.byIndex('owner', found.metadata.uid), ...sets.byIndex('orphans', namespace)]
  const { claimed, actions } = claim('replicasets.apps', found, KIND, selector, candidates)
  return [...actions, ...step(found, claimed, listers, now)]
}

function selectsEverything(found: Deployment): readonly Action[] {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  const warning = event(deploymentSubject(found), 'Warning', 'SelectingAll', message)
  const { generation = 0 } = found.metadata
  const status = { ...found.status, observedGeneration: generation }
  return [
    warning,
    ...((found.status?.observedGeneration ?? 0) < generation
      ? [updateStatus('deployments.apps', { ...found, status })]
      : []),
  ]
}

function step(found: Deployment, sets: readonly ReplicaSet[], listers: Listers, now: number): readonly Action[] {
  const { newSet, oldSets } = newAndOldSets(found, sets)
  if (found.metadata.deletionTimestamp !== undefined) return plainStatus(found, newSet, oldSets, now)
  const paused = pausedCondition(found, now)
  if (paused !== undefined) return [paused]
  const revision = newSet === undefined ? undefined : syncRevision(found, newSet, oldSets, now)
  if (revision !== undefined) return [revision]
  const all = newSet === undefined ? oldSets : [...oldSets, newSet]
  if (found.spec?.paused === true || isScalingEvent(found, all)) {
    const scaling = scale(found, newSet, oldSets)
    const cleaning = found.spec?.paused === true ? cleanUp(found, oldSets) : []
    return [...scaling, ...cleaning, ...plainStatus(found, newSet, oldSets, now)]
  }
  if (found.spec?.strategy?.type === 'Recreate') return recreate(found, newSet, oldSets, listers, now)
  if (newSet === undefined) return [createNewSet(found, oldSets, listers, now)]
  return [...rollingStep(found, newSet, oldSets), ...rolloutStatus(found, newSet, oldSets, now)]
}

function recreate(
  found: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  listers: Listers,
  now: number,
): readonly Action[] {
  const pods = listers.of<core.Pod>('pods')
  const oldPods = oldSets.flatMap((set) => pods.byIndex('owner', set.metadata.uid))
  const { actions, wait } = recreateStep(found, oldSets, oldPods)
  if (wait) return [...actions, ...rolloutStatus(found, newSet, oldSets, now)]
  if (newSet === undefined) return [createNewSet(found, oldSets, listers, now)]
  return [...rollingStep(found, newSet, oldSets), ...rolloutStatus(found, newSet, oldSets, now)]
}

function plainStatus(
  found: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  now: number,
): readonly Action[] {
  return [updateStatus('deployments.apps', { ...found, status: calculateStatus(found, newSet, oldSets, now) })]
}

/** The time in which a Deployment is paused does not count against its deadline: a condition says when it ends. */
function pausedCondition(found: Deployment, now: number): Action | undefined {
  if (!hasProgressDeadline(found)) return undefined
  const { conditions = [] } = found.status ?? {}
  const current = findCondition(conditions, 'Progressing')
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined
  const paused = found.spec?.paused === true
  if (paused === (current?.reason === 'DeploymentPaused')) return undefined
  const condition = paused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)
  const status = withConditions(found.status ?? {}, setCondition(conditions, condition))
  return updateStatus('deployments.apps', { ...found, status })
}

/** Brings the notes on the new set and on the Deployment up to date; undefined if they are. */
function syncRevision(
  found: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
  now: number,
): Action | undefined {
  const annotations = newSetAnnotations(found, newSet.metadata.annotations, maxRevision(oldSets) + 1)
  const noted = Object.entries(annotations).every(([key, value]) => newSet.metadata.annotations?.[key] === value)
  const minReadySeconds = found.spec?.minReadySeconds ?? 0
  if (!noted || (newSet.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
    const spec = { ...newSet.spec, minReadySeconds }
    return update('replicasets.apps', { ...newSet, metadata: { ...newSet.metadata, annotations }, spec })
  }
  const revision = annotations[REVISION] ?? ''
  const { conditions = [] } = found.status ?? {}
  const unseen = hasProgressDeadline(found) && findCondition(conditions, 'Progressing') === undefined
  if (found.metadata.annotations?.[REVISION] === revision && !unseen) return undefined
  const message = `Found new replica set "${newSet.metadata.name}"`
  const progressing = newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, now)
  const status = withConditions(found.status ?? {}, unseen ? setCondition(conditions, progressing) : conditions)
  return updateStatus('deployments.apps', { ...withRevision(found, revision), status })
}

function withRevision(found: Deployment, revision: string): Deployment {
  return {
    ...found,
    metadata: { ...found.metadata, annotations: { ...found.metadata.annotations, [REVISION]: revision } },
  }
}

/** Source: getNewReplicaSet, the part that creates */
function createNewSet(found: Deployment, oldSets: readonly ReplicaSet[], listers: Listers, now: number): Action {
  const { selector, template, minReadySeconds = 0 } = found.spec ?? {}
  const hash = computeHash(template, found.status?.collisionCount)
  const labels = { ...template?.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  const replicas = newSetSize(found, 0, totalReplicas(oldSets))
  const revision = maxRevision(oldSets) + 1
  const { namespace = '' } = found.metadata
  const name = `${found.metadata.name.slice(0, MAX_NAME_LENGTH - 1 - hash.length)}-${hash}`
  const set = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      ownerReferences: [newControllerRef(found, KIND)],
      labels,
      annotations: { ...newSetAnnotations(found, undefined, revision), ...replicasAnnotations(found) },
    },
    spec: {
      replicas,
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  }
  return create('replicasets.apps', set, ({ error }) => {
    if (error === undefined) {
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`
      const scaled = replicas > 0 ? [event(deploymentSubject(found), 'Normal', 'ScalingReplicaSet', message)] : []
      return [...scaled, createdStatus(found, name, String(revision), now)]
    }
    if (isAlreadyExists(error)) return nameTaken(found, namespace, name, listers, error)
    if (isNamespaceTerminating(error)) return [retry(error)]
    return creationFailed(found, name, error, now)
  })
}

function createdStatus(found: Deployment, name: string, revision: string, now: number): Action {
  const message = `Created new replica set "${name}"`
  const progressing = newCondition('Progressing', 'True', 'NewReplicaSetCreated', message, now)
  const { conditions = [] } = found.status ?? {}
  const status = withConditions(
    found.status ?? {},
    hasProgressDeadline(found) ? setCondition(conditions, progressing) : conditions,
  )
  return updateStatus('deployments.apps', { ...withRevision(found, revision), status })
}

/** Our own set that the lister had not seen yet: look again. Somebody else's: the next hash counts one collision more. */
function nameTaken(
  found: Deployment,
  namespace: string,
  name: string,
  listers: Listers,
  error: Error,
): readonly Action[] {
  const taken = listers.of<apps.ReplicaSet>('replicasets.apps').get(namespace, name)
  if (taken === undefined) return [retry(error)]
  if (controllerOf(taken)?.uid === found.metadata.uid && hasTemplateOf(found, taken)) return [retry(error)]
  const status = { ...found.status, collisionCount: (found.status?.collisionCount ?? 0) + 1 }
  return [updateStatus('deployments.apps', { ...found, status }), retry(error)]
}

function creationFailed(found: Deployment, name: string, error: Error, now: number): readonly Action[] {
  const message = `Failed to create new replica set "${name}": ${error.message}`
  const warning = event(deploymentSubject(found), 'Warning', 'ReplicaSetCreateError', message)
  if (!hasProgressDeadline(found)) return [warning, retry(error)]
  const condition = newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, now)
  const status = withConditions(found.status ?? {}, setCondition(found.status?.conditions ?? [], condition))
  return [warning, updateStatus('deployments.apps', { ...found, status }, () => []), retry(error)]
}
