// Creating and deleting the pods of an owner, with the events that tell of it.
// Source: kubernetes pkg/controller/controller_utils, RealPodControl (v1.36)
import type * as core from '../api/core.ts'
import { isNotFound, type StatusError } from '../apimachinery/errors.ts'
import type { Frozen, KubeObject, OwnerReference, Stored } from '../apimachinery/types.ts'
import { create, event, remove, type CreateAction, type DeleteAction } from '../client/action.ts'
import type { EventSubject } from '../client/events.ts'
import type { Pod } from './pod-status.ts'

/** A pod from the template of `owner`, to be named by the server after `owner`. */
export function podFromTemplate(
  owner: Frozen<Stored<KubeObject>>,
  template: Frozen<core.PodTemplateSpec>,
  controller: OwnerReference,
): Frozen<core.Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  const { namespace, name } = owner.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controller],
    },
    ...(template.spec === undefined ? {} : { spec: template.spec }),
  }
}

export function createPod(subject: EventSubject, pod: Frozen<core.Pod>): CreateAction {
  return create('pods', pod, ({ object, error }) => {
    if (object !== undefined)
      return [event(subject, 'Normal', 'SuccessfulCreate', `Created pod: ${object.metadata.name}`)]
    if (isNamespaceTerminating(error)) return []
    return [event(subject, 'Warning', 'FailedCreate', `Error creating: ${error.message}`)]
  })
}

export function deletePod(subject: EventSubject, pod: Pod): DeleteAction {
  return remove('pods', pod, {
    then: ({ error }) => {
      if (error === undefined)
        return [event(subject, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)]
      return isNotFound(error) ? [] : [event(subject, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`)]
    },
  })
}

/** Whether a creation was refused because the namespace is going away: nothing to report, nothing to try again. */
export function isNamespaceTerminating(error: StatusError | undefined): boolean {
  return error?.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true
}
