// Which pods belong together when nobody says how to spread them: those of the same services and the same controller.
// Source: pkg/scheduler/framework/plugins/helper, DefaultSelector (v1.36)
import {
  labelSelectorAsSelector,
  nothing,
  Selector,
  selectorFromSet,
  type LabelRequirement,
} from '../apimachinery/selectors.ts'
import type { ReplicaSet, StatefulSet } from '../api/apps.ts'
import type { ReplicationController, Service } from '../api/core.ts'
import type { Lister } from '../client/informers.ts'
import type { PodObject } from './framework.ts'

export interface SpreadListers {
  readonly services: Lister<Service>
  readonly replicationControllers: Lister<ReplicationController>
  readonly replicaSets: Lister<ReplicaSet>
  readonly statefulSets: Lister<StatefulSet>
}

/** Empty if nothing selects the pod. */
export function defaultSelector(listers: SpreadListers, { metadata }: PodObject): Selector {
  const { namespace = '', labels } = metadata
  const wanted: Record<string, string> = {}
  for (const service of listers.services.byIndex('namespace', namespace)) {
    const selector = service.spec?.selector
    if (selector !== undefined && selectorFromSet(selector).matches(labels)) Object.assign(wanted, selector)
  }
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true)
  let more: readonly LabelRequirement[] = []
  switch (owner?.kind) {
    case 'ReplicationController':
      Object.assign(wanted, listers.replicationControllers.get(namespace, owner.name)?.spec?.selector)
      break
    case 'ReplicaSet':
      more = requirementsOf(listers.replicaSets.get(namespace, owner.name)?.spec?.selector)
      break
    case 'StatefulSet':
      more = requirementsOf(listers.statefulSets.get(namespace, owner.name)?.spec?.selector)
      break
    case undefined:
      break
  }
  return new Selector([...selectorFromSet(wanted).requirements, ...more])
}

function requirementsOf(selector: Parameters<typeof labelSelectorAsSelector>[0]): readonly LabelRequirement[] {
  try {
    return (selector === undefined ? nothing : labelSelectorAsSelector(selector)).requirements
  } catch {
    return []
  }
}
