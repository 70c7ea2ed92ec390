// What the status of a pod says of its containers' users, of the health of their devices, and of claims made for them.
// Source: pkg/apis/core/validation, validatePodExtendedResourceClaimStatus, validateContainerStatusUsers,
// validateContainerStatusAllocatedResourcesStatus (v1.36)
import type { Container, ContainerStatus, PodSpec, PodStatus } from '../../../api/core.ts'
import type { FieldError, FieldPath } from '../../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts'
import { byteLength, isValidUserID, nameIsDNSSubdomain } from '../../../apimachinery/formats.ts'
import { invalids, validateDNS1123Label } from '../../metadata/field-formats.ts'

/** The claim that was made for extended resources which containers request. */
export function validateExtendedClaimStatus(
  status: PodStatus['extendedResourceClaimStatus'],
  spec: PodSpec,
  path: FieldPath,
): FieldError[] {
  if (status === undefined) return []
  const { requestMappings, resourceClaimName = '' } = status
  const mappings = requestMappings ?? []
  const containers = new Map(
    [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((container) => [container.name, container]),
  )
  const mappingsPath = path.child('requestMappings')
  const errors: FieldError[] = []
  if (mappings.length === 0) errors.push(required(mappingsPath, 'at least one request mapping is required'))
  const seen = new Set<string>()
  for (const [at, { containerName = '', resourceName = '', requestName = '' }] of mappings.entries()) {
    const here = mappingsPath.index(at)
    const container = containers.get(containerName)
    if (container === undefined) {
      const detail = 'must match the name of an entry in spec.initContainers.name or spec.containers.name'
      errors.push(invalid(here.child('containerName'), containerName, detail))
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      const detail =
        'must match the extended resource name of an entry in spec.initContainers.resources.requests or ' +
        'spec.containers.resources.requests'
      errors.push(invalid(here.child('resourceName'), resourceName, detail))
    }
    // Without the index, as upstream has it.
    errors.push(...validateDNS1123Label(requestName, path.child('requestName')))
    const key = JSON.stringify([containerName, resourceName, requestName])
    if (seen.has(key)) {
      errors.push(
        duplicate(here.child('containerName'), containerName),
        duplicate(here.child('resourceName'), resourceName),
        duplicate(here.child('requestName'), requestName),
      )
    }
    seen.add(key)
  }
  const namePath = path.child('resourceClaimName')
  if (resourceClaimName === '') return [...errors, required(namePath)]
  return [...errors, ...invalids(namePath, resourceClaimName, nameIsDNSSubdomain(resourceClaimName, false))]
}

type Statuses = readonly ContainerStatus[] | undefined

/** @param os of the pod; Linux if it names none */
export function validateContainerUsers(statuses: Statuses, os: string | undefined, path: FieldPath): FieldError[] {
  return (statuses ?? []).flatMap(({ user }, at) => {
    const linux = user?.linux
    if (linux === undefined) return []
    const here = path.index(at).child('user', 'linux')
    if (os === 'windows') return [forbidden(here, 'cannot be set for a windows pod')]
    if ((os ?? 'linux') !== 'linux') return []
    const { uid = 0, gid = 0, supplementalGroups = [] } = linux
    return [
      ...invalids(here.child('uid'), uid, isValidUserID(uid)),
      ...invalids(here.child('gid'), gid, isValidUserID(gid)),
      ...supplementalGroups.flatMap((id, groupAt) =>
        invalids(here.child('supplementalGroups').index(groupAt), id, isValidUserID(id)),
      ),
    ]
  })
}

const healths = ['Healthy', 'Unhealthy', 'Unknown']
const healthMessageMaxBytes = 1024

type AllocatedResource = NonNullable<ContainerStatus['allocatedResourcesStatus']>[number]

/** The health of devices: of resources the container requests, or of its claims. */
export function validateAllocatedResources(
  statuses: Statuses,
  containers: readonly Container[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (statuses ?? []).flatMap(({ name: containerName, allocatedResourcesStatus = [] }, at) => {
    const container = (containers ?? []).find(({ name }) => name === containerName)
    return allocatedResourcesStatus.flatMap((resource, resourceAt) => {
      const here = path.index(at).child('allocatedResourcesStatus').index(resourceAt)
      return [...validateResourceOf(container, resource.name ?? '', here), ...validateHealths(resource, here)]
    })
  })
}

const claimPrefix = 'claim:'

/** @param container undefined if the spec has none of that name, which nobody minds */
function validateResourceOf(container: Container | undefined, name: string, path: FieldPath): FieldError[] {
  if (container === undefined) return []
  const { claims = [], requests = {} } = container.resources ?? {}
  if (!name.startsWith(claimPrefix)) {
    if (requests[name] !== undefined) return []
    return [invalid(path.child('name'), name, "must match one of the container's resource requests")]
  }
  const known = claims.map((claim) => (claim.request ? `${claim.name}/${claim.request}` : claim.name))
  if (known.includes(name.slice(claimPrefix.length))) return []
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or " +
    "'claim:<claimName>' if request is empty"
  return [invalid(path.child('name'), name, detail)]
}

function validateHealths({ resources = [] }: AllocatedResource, path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return resources.flatMap(({ resourceID = '', health = '', message }, at) => {
    const here = path.child('resources').index(at)
    const errors: FieldError[] = []
    if (!healths.includes(health)) errors.push(notSupported(here.child('health'), health, healths))
    if (message === '') errors.push(required(here.child('message'), 'must be non-empty if specified'))
    else if (byteLength(message ?? '') > healthMessageMaxBytes)
      errors.push(tooLong(here.child('message'), healthMessageMaxBytes))
    if (seen.has(resourceID)) errors.push(duplicate(here.child('resourceID'), resourceID))
    seen.add(resourceID)
    return errors
  })
}

/** Ephemeral containers have no resources of their own. */
export function validateNoAllocatedResources(statuses: Statuses, path: FieldPath): FieldError[] {
  return (statuses ?? []).flatMap(({ allocatedResourcesStatus = [] }, at) =>
    allocatedResourcesStatus.length === 0
      ? []
      : [forbidden(path.index(at).child('allocatedResourcesStatus'), 'must not be specified in container status')],
  )
}
