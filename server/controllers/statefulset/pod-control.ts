// Creating, mending and deleting the pods of a StatefulSet and their claims, with the events that tell of it.
// Source: kubernetes pkg/controller/statefulset, StatefulPodControl (v1.36)
import type * as core from '../../api/core.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { create, event, remove, update, type Action, type EventAction } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'
import {
  claimName,
  hasIdentity,
  hasStorage,
  KIND,
  ordinalOf,
  withIdentity,
  withStorage,
  type AnyPod,
  type NewPod,
  type StatefulSet,
} from './identity.ts'
import {
  belongsToFormerPod,
  hasOtherController,
  hasRightOwners,
  withRightOwners,
  type VolumeClaim,
} from './retention.ts'
import { joined, type Next } from './steps.ts'

export const CLAIMS = 'persistentvolumeclaims'

/** The set that is worked on, and where its claims are found. */
export interface Scope {
  readonly set: StatefulSet
  readonly listers: Listers
}

type Verb = 'Create' | 'Update' | 'Delete'

function podEvent({ set }: Scope, verb: Verb, pod: AnyPod, error: Error | undefined): EventAction {
  const what = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
  const subject = subjectOf(set, KIND)
  if (error === undefined) return event(subject, 'Normal', `Successful${verb}`, `${what} successful`)
  return event(subject, 'Warning', `Failed${verb}`, `${what} failed error: ${error.message}`)
}

function claimEvent({ set }: Scope, pod: AnyPod, claim: string, error: Error | undefined): EventAction {
  const subject = subjectOf(set, KIND)
  const [podName, setName] = [pod.metadata.name, set.metadata.name]
  if (error === undefined) {
    const message = `Create Claim ${claim} Pod ${podName} in StatefulSet ${setName} success`
    return event(subject, 'Normal', 'SuccessfulCreate', message)
  }
  const message = `Create Claim ${claim} for Pod ${podName} in StatefulSet ${setName} failed error: ${error.message}`
  return event(subject, 'Warning', 'FailedCreate', message)
}

/** Ends everything where the namespace is going away: the set will go with it. */
export function createStatefulPod(scope: Scope, pod: NewPod, next: Next): readonly Action[] {
  return createClaims(scope, pod, (claimError, created) => {
    if (claimError !== undefined) return [podEvent(scope, 'Create', pod, claimError), ...next(claimError)]
    return [
      create('pods', pod, ({ error }) => {
        if (isAlreadyExists(error)) return next(error)
        if (isNamespaceTerminating(error)) return []
        return setOwners(scope, pod, created, (ownerError) => {
          if (ownerError !== undefined) return [podEvent(scope, 'Update', pod, ownerError), ...next(ownerError)]
          return [podEvent(scope, 'Create', pod, error), ...next(error)]
        })
      }),
    ]
  })
}

/** A pod that is gone already counts as deleted. */
export function deleteStatefulPod(scope: Scope, pod: AnyPod, next: Next): readonly Action[] {
  return [
    remove('pods', pod, {
      then: ({ error }) => {
        const failure = isNotFound(error) ? undefined : error
        return [podEvent(scope, 'Delete', pod, failure), ...next(failure)]
      },
    }),
  ]
}

/** Gives a pod back what makes it a member of the set: labels, volumes, and claims with the right owners. */
export function mendStatefulPod(scope: Scope, pod: Pod, next: Next): readonly Action[] {
  const { set } = scope
  const lacksStorage = !hasStorage(set, pod)
  const lacksOwners = !claimsHaveRightOwners(scope, pod)
  if (hasIdentity(set, pod) && !lacksStorage && !lacksOwners) return next()
  const named = hasIdentity(set, pod) ? pod : withIdentity(pod)
  const mended = lacksStorage ? withStorage(set, named) : named
  const fail: Next = (error) => [podEvent(scope, 'Update', pod, error), ...next(error)]
  const write = (): readonly Action[] => [
    update('pods', mended, ({ error }) => {
      // The pod has changed meanwhile: this is done again with what it is now.
      if (isConflict(error)) return next(error)
      return [podEvent(scope, 'Update', pod, error), ...next(error)]
    }),
  ]
  const own = (created: readonly VolumeClaim[]): readonly Action[] =>
    lacksOwners ? setOwners(scope, pod, created, (error) => (error === undefined ? write() : fail(error))) : write()
  if (!lacksStorage) return own([])
  return createClaims(scope, pod, (error, created) => (error === undefined ? own(created) : fail(error)))
}

/** A pod cannot be scheduled without its claims: creates those that somebody deleted. */
export function provideClaims(scope: Scope, pod: Pod, next: Next): readonly Action[] {
  return createClaims(scope, pod, (error, created) => {
    if (error !== undefined) return next(error)
    return setOwners(scope, pod, created, (ownerError) => {
      return ownerError === undefined ? next() : [podEvent(scope, 'Update', pod, ownerError), ...next(ownerError)]
    })
  })
}

export function mendOwnersOfClaims(scope: Scope, pod: Pod, next: Next): readonly Action[] {
  return claimsHaveRightOwners(scope, pod) ? next() : setOwners(scope, pod, [], next)
}

/** Whether a claim of the pod to be created still belongs to the one before. */
export function isWaitingForClaims(scope: Scope, pod: AnyPod): boolean {
  return knownClaims(scope, pod).some((claim) => belongsToFormerPod(scope.set, claim, pod))
}

function claimsHaveRightOwners(scope: Scope, pod: AnyPod): boolean {
  return knownClaims(scope, pod).every((claim) => hasRightOwners(claim, scope.set, pod))
}

function templatesOf({ set }: Scope): readonly Frozen<core.PersistentVolumeClaim>[] {
  return set.spec?.volumeClaimTemplates ?? []
}

function knownClaim({ set, listers }: Scope, name: string): VolumeClaim | undefined {
  return listers.of<core.PersistentVolumeClaim>(CLAIMS).get(set.metadata.namespace, name)
}

/** The claims of a pod that exist; `created` are those that were made just now. */
function knownClaims(scope: Scope, pod: AnyPod, created: readonly VolumeClaim[] = []): readonly VolumeClaim[] {
  return templatesOf(scope).flatMap((template) => {
    const name = claimName(scope.set, template, ordinalOf(pod))
    const claim = created.find(({ metadata }) => metadata.name === name) ?? knownClaim(scope, name)
    return claim === undefined ? [] : [claim]
  })
}

function claimFromTemplate(set: StatefulSet, template: Frozen<core.PersistentVolumeClaim>, ordinal: number) {
  const labels = { ...template.metadata?.labels, ...set.spec?.selector?.matchLabels }
  const { namespace = '' } = set.metadata
  const name = claimName(set, template, ordinal)
  return {
    ...template,
    metadata: { ...template.metadata, name, namespace, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
  }
}

/** Creates the claims that are missing; `next` gets them. */
function createClaims(
  scope: Scope,
  pod: AnyPod,
  next: (error: Error | undefined, created: readonly VolumeClaim[]) => readonly Action[],
): readonly Action[] {
  const { set } = scope
  const errors: Error[] = []
  const missing: ReturnType<typeof claimFromTemplate>[] = []
  for (const template of templatesOf(scope)) {
    const claim = claimFromTemplate(set, template, ordinalOf(pod))
    const known = knownClaim(scope, claim.metadata.name)
    if (known === undefined) missing.push(claim)
    else if (known.metadata.deletionTimestamp !== undefined)
      errors.push(new Error(`pvc ${claim.metadata.name} is being deleted`))
  }
  const createFrom = (at: number, failed: readonly Error[], created: readonly VolumeClaim[]): readonly Action[] => {
    const claim = missing[at]
    if (claim === undefined) return next(joined(failed), created)
    const { name } = claim.metadata
    return [
      create(CLAIMS, claim, ({ object, error }) => {
        if (error === undefined) {
          return [
            claimEvent(scope, pod, name, undefined),
            ...createFrom(at + 1, failed, [...created, object as VolumeClaim]),
          ]
        }
        if (isNamespaceTerminating(error)) return []
        const failure = new Error(`failed to create PVC ${name}: ${error.message}`)
        const told = isAlreadyExists(error) ? [] : [claimEvent(scope, pod, name, error)]
        return [...told, ...createFrom(at + 1, [...failed, failure], created)]
      }),
    ]
  }
  return createFrom(0, errors, [])
}

/** Gives the claims of a pod the owners that the policy asks for. */
function setOwners(scope: Scope, pod: AnyPod, created: readonly VolumeClaim[], next: Next): readonly Action[] {
  const { set } = scope
  const claims = knownClaims(scope, pod, created)
  const setFrom = (at: number): readonly Action[] => {
    const claim = claims[at]
    if (claim === undefined) return next()
    const { name } = claim.metadata
    const warnings = hasOtherController(claim, set, pod) ? [conflictingController(set, name)] : []
    if (hasRightOwners(claim, set, pod)) return [...warnings, ...setFrom(at + 1)]
    return [
      ...warnings,
      update(CLAIMS, withRightOwners(claim, set, pod), ({ error }) => {
        if (error === undefined) return setFrom(at + 1)
        return next(new Error(`could not update claim ${name} for delete policy ownerRefs: ${error.message}`))
      }),
    ]
  }
  return setFrom(0)
}

function conflictingController(set: StatefulSet, claim: string): EventAction {
  const message =
    `PersistentVolumeClaim ${claim} has a conflicting OwnerReference that acts as a manging controller, ` +
    'the retention policy is ignored for this claim'
  return event(subjectOf(set, KIND), 'Warning', 'ConflictingController', message)
}
