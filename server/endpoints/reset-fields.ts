// Which fields a write through a resource or subresource cannot change, whatever it sends.
// Source: GetResetFields of the strategies in pkg/registry (v1.36). Those of resize and ephemeralcontainers are not in force there:
// their storage does not hand them on, so that who sends other fields of a pod that way comes to own them.
import { excluding, type FieldFilter } from '../apimachinery/managed-fields/filter.ts'
import { printGroupResource } from '../apimachinery/errors.ts'
import type { ResourceFacts } from '../../openapi/schema.ts'

const specAndMetadata = excluding('spec', 'metadata')

/** By resource and subresource, where it is not as most have it. */
const exceptions: Readonly<Record<string, FieldFilter>> = {
  'certificatesigningrequests.certificates.k8s.io': excluding('spec', 'status'),
  'certificatesigningrequests.certificates.k8s.io/status': excluding('spec', 'status.conditions'),
  'certificatesigningrequests.certificates.k8s.io/approval': excluding('spec', 'status.certificate'),
  'deployments.apps/status': excluding('spec', 'metadata.labels'),
  'pods/status': excluding('spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'),
  'namespaces/finalize': excluding('status'),
  'servicecidrs.networking.k8s.io/status': specAndMetadata,
  'resourceclaims.resource.k8s.io/status': specAndMetadata,
  'volumeattachments.storage.k8s.io/status': specAndMetadata,
  'flowschemas.flowcontrol.apiserver.k8s.io/status': specAndMetadata,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status': specAndMetadata,
  'validatingadmissionpolicies.admissionregistration.k8s.io/status': specAndMetadata,
  'apiservices.apiregistration.k8s.io/status': specAndMetadata,
}

const status = excluding('status')
const spec = excluding('spec')

/** @param isCustom custom resources keep all metadata in an update of their status */
export function resetFilter(facts: ResourceFacts, subresource: string, isCustom: boolean): FieldFilter | undefined {
  const name = printGroupResource({ group: facts.group, resource: facts.resource })
  const exception = exceptions[subresource === '' ? name : `${name}/${subresource}`]
  if (exception !== undefined) return exception
  if (subresource === 'status') return isCustom ? specAndMetadata : spec
  if (subresource === '' && facts.subresources.some((one) => one.name === 'status')) return status
  return undefined
}
