// How the kinds differ in what they make of metadata: how often it is judged, by which rules, what a status update keeps.
// All kinds' metadata is judged by the registry; most kinds judge it once more by their own rules, some never, and clients
// see each finding as often as it was made.
// Source: apiserver/pkg/registry/rest, BeforeCreate, validateCommonFields; the Validate and ValidateUpdate of the strategies
// in pkg/registry (v1.36)
import type { FieldError } from '../apimachinery/field.ts'
import type { Frozen, ObjectMeta } from '../apimachinery/types.ts'
import {
  nameIsPathSegment,
  validateObjectMeta,
  validateObjectMetaUpdate,
  type NameValidator,
} from '../apimachinery/validation.ts'
import { copy } from '../apimachinery/equality.ts'
import { printGroupResource, type GroupResource } from '../apimachinery/errors.ts'
import { resourceFacts } from '../../openapi/index.ts'
import type { KindDefinition } from './kind.ts'

/** How often the kind's own validation judges metadata, beyond the registry's. */
interface Judgements {
  /** Of a creation. */
  readonly created: 0 | 1
  /** Of an update, by the rules for a creation. */
  readonly whole: 0 | 1 | 2
  /** Of an update, by the rules for a change. */
  readonly changed: 0 | 1
  /** Finalizers are to be standard ones or to have a domain. */
  readonly strictFinalizers: boolean
}

const usual: Judgements = { created: 1, whole: 1, changed: 1, strictFinalizers: true }
const onlyChanges = { whole: 0, changed: 1 } as const
const lenient: Judgements = { ...usual, strictFinalizers: false }
const onlyChanged: Judgements = { ...usual, ...onlyChanges }
const onlyWhole: Judgements = { ...usual, changed: 0 }
const lenientlyChanged: Judgements = { ...onlyChanged, strictFinalizers: false }
const lenientlyWhole: Judgements = { ...onlyWhole, strictFinalizers: false }
const none: Judgements = { created: 0, whole: 0, changed: 0, strictFinalizers: false }

/** By resource. */
const judgements: Readonly<Record<string, Judgements>> = {
  events: none,
  limitranges: onlyWhole,
  persistentvolumes: { ...onlyWhole, whole: 2 },
  podtemplates: onlyChanged,
  replicationcontrollers: onlyChanged,
  resourcequotas: onlyChanged,
  services: onlyChanged,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': lenientlyWhole,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': lenientlyWhole,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': lenientlyWhole,
  'validatingadmissionpolicies.admissionregistration.k8s.io': lenientlyWhole,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': lenientlyWhole,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': lenientlyWhole,
  'customresourcedefinitions.apiextensions.k8s.io': lenientlyChanged,
  'apiservices.apiregistration.k8s.io': lenient,
  'daemonsets.apps': onlyChanged,
  'deployments.apps': onlyChanged,
  'replicasets.apps': onlyChanged,
  'statefulsets.apps': onlyChanged,
  'horizontalpodautoscalers.autoscaling': onlyChanged,
  'cronjobs.batch': onlyChanged,
  'leases.coordination.k8s.io': lenientlyChanged,
  'endpointslices.discovery.k8s.io': onlyWhole,
  'events.events.k8s.io': onlyChanged,
  'flowschemas.flowcontrol.apiserver.k8s.io': onlyWhole,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': onlyWhole,
  'networkpolicies.networking.k8s.io': onlyChanged,
  'servicecidrs.networking.k8s.io': onlyChanged,
  'runtimeclasses.node.k8s.io': lenient,
  'poddisruptionbudgets.policy': none,
  'resourceslices.resource.k8s.io': onlyChanged,
  'priorityclasses.scheduling.k8s.io': onlyChanged,
  'csidrivers.storage.k8s.io': onlyChanged,
  'csinodes.storage.k8s.io': onlyWhole,
  'volumeattachments.storage.k8s.io': onlyWhole,
}

/** By resource and subresource, where it is not as most subresources have it. */
const subresourceJudgements: Readonly<Record<string, Judgements>> = {
  'pods/ephemeralcontainers': usual,
  'pods/resize': usual,
  'cronjobs.batch/status': none,
  'poddisruptionbudgets.policy/status': none,
  'certificatesigningrequests.certificates.k8s.io/status': usual,
  'certificatesigningrequests.certificates.k8s.io/approval': usual,
  'volumeattachments.storage.k8s.io/status': onlyWhole,
}

type MetadataMember = 'generateName' | 'labels' | 'annotations' | 'finalizers' | 'ownerReferences' | 'deletionTimestamp'

const allMembers: readonly MetadataMember[] = [
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'deletionTimestamp',
]

/** Metadata that an update of the status leaves as it is, whatever is sent. By resource; most take all of it. */
const keptByStatus: Readonly<Record<string, readonly MetadataMember[]>> = {
  pods: ['ownerReferences', 'deletionTimestamp'],
  'validatingadmissionpolicies.admissionregistration.k8s.io': allMembers,
  'apiservices.apiregistration.k8s.io': ['labels', 'annotations', 'finalizers', 'ownerReferences'],
  'deployments.apps': ['labels'],
  'flowschemas.flowcontrol.apiserver.k8s.io': ['generateName', ...allMembers],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': ['generateName', ...allMembers],
  'servicecidrs.networking.k8s.io': allMembers,
  'resourceclaims.resource.k8s.io': allMembers,
  'volumeattachments.storage.k8s.io': allMembers,
}

/** In the order in which clients see them: the kind's findings about the rest follow those of `whole` and `changed`. */
export interface UpdateFindings {
  readonly byRegistry: readonly FieldError[]
  /** By the kind's rules for a creation. */
  readonly whole: readonly FieldError[]
  /** By the kind's rules for a change. */
  readonly changed: readonly FieldError[]
}

const nothing: UpdateFindings = { byRegistry: [], whole: [], changed: [] }

/** What the registry asks of the metadata of one kind. */
export interface MetadataRules {
  /** By the kind's own rules. */
  validateCreation(meta: Frozen<ObjectMeta>): FieldError[]
  /** By the rules of all kinds, once the kind has found nothing. */
  validateAnyCreation(meta: Frozen<ObjectMeta>): FieldError[]
  /** @param subresource '' for the resource itself */
  validateUpdate(meta: Frozen<ObjectMeta>, old: Frozen<ObjectMeta>, subresource: string): UpdateFindings
  /** Puts back what an update of the status may not change. */
  keepInStatus(meta: ObjectMeta, old: Frozen<ObjectMeta>): void
}

/** @param groupResource as the request names them: several groups may share a kind */
export function metadataRulesOf(kind: KindDefinition, groupResource: GroupResource): MetadataRules {
  const { group, resource, version, namespaced } = kind.facts
  const name = printGroupResource(groupResource)
  const isCustom = resourceFacts(group, version, resource) === undefined
  const own = judgements[name] ?? (isCustom ? lenientlyChanged : usual)
  const kept = keptByStatus[name] ?? (isCustom ? allMembers : [])
  const nameValidator = kind.validateName?.bind(kind)
  const judge = (meta: Frozen<ObjectMeta>, strictFinalizers: boolean, names: NameValidator | undefined): FieldError[] =>
    validateObjectMeta(meta, { namespaced, strictFinalizers, nameValidator: names })
  return {
    validateCreation: (meta) => (own.created === 0 ? [] : judge(meta, own.strictFinalizers, nameValidator)),
    validateAnyCreation: (meta) => judge(meta, false, nameIsPathSegment),
    validateUpdate(meta, old, subresource) {
      const by =
        subresource === '' ? own : (subresourceJudgements[`${name}/${subresource}`] ?? { ...own, ...onlyChanges })
      const byRegistry = [...judge(meta, false, nameIsPathSegment), ...validateObjectMetaUpdate(meta, old)]
      // What the registry lets pass can only offend by its finalizers, or by a prefix that was not there before.
      if (byRegistry.length === 0 && meta.finalizers === undefined && meta.generateName === old.generateName)
        return nothing
      return {
        byRegistry,
        whole: Array.from({ length: by.whole }, () => judge(meta, by.strictFinalizers, nameValidator)).flat(),
        changed: by.changed > 0 ? validateObjectMetaUpdate(meta, old, { strictFinalizers: by.strictFinalizers }) : [],
      }
    },
    keepInStatus(meta, old) {
      for (const member of kept) {
        if (old[member] === undefined) delete meta[member]
        else Object.assign(meta, { [member]: copy(old[member]) })
      }
    },
  }
}
