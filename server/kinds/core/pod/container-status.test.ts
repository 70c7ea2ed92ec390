// What the status of a pod may say of devices, extended resources and users.
import { expect } from 'chai'
import type { ContainerStatus, PodSpec } from '../../../api/core.ts'
import { field, type FieldError } from '../../../apimachinery/field.ts'
import { validateAllocatedResources, validateContainerUsers, validateExtendedClaimStatus } from './container-status.ts'

const spec: PodSpec = {
  containers: [
    { name: 'c', resources: { requests: { 'example.com/gpu': '1' }, claims: [{ name: 'disk', request: 'fast' }] } },
  ],
}
const path = field('status')
const texts = (errors: readonly FieldError[]): string[] => errors.map((error) => `${error.field}: ${error.message}`)

describe('validateExtendedClaimStatus', () => {
  const mapping = { containerName: 'c', resourceName: 'example.com/gpu', requestName: 'r' }

  it('accepts a mapping of what a container requests', () => {
    const status = { resourceClaimName: 'claim', requestMappings: [mapping] }
    expect(validateExtendedClaimStatus(status, spec, path)).to.deep.equal([])
  })

  it('asks for a mapping and for the name of the claim', () => {
    const status = { resourceClaimName: '', requestMappings: [] }
    expect(texts(validateExtendedClaimStatus(status, spec, path))).to.deep.equal([
      'status.requestMappings: Required value: at least one request mapping is required',
      'status.resourceClaimName: Required value',
    ])
  })

  it('refuses a mapping that is there twice', () => {
    const status = { resourceClaimName: 'claim', requestMappings: [mapping, mapping] }
    expect(texts(validateExtendedClaimStatus(status, spec, path))).to.deep.equal([
      'status.requestMappings[1].containerName: Duplicate value: "c"',
      'status.requestMappings[1].resourceName: Duplicate value: "example.com/gpu"',
      'status.requestMappings[1].requestName: Duplicate value: "r"',
    ])
  })
})

const statusWith = (more: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'c',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...more,
})

describe('validateAllocatedResources', () => {
  const healthy = { resourceID: 'a', health: 'Healthy' }

  it('knows requests, and claims with their request', () => {
    const allocatedResourcesStatus = [
      { name: 'example.com/gpu', resources: [healthy] },
      { name: 'claim:disk/fast', resources: [healthy] },
    ]
    const statuses = [statusWith({ allocatedResourcesStatus })]
    expect(validateAllocatedResources(statuses, spec.containers, path)).to.deep.equal([])
  })

  it('refuses others, unknown states of health and devices told twice', () => {
    const allocatedResourcesStatus = [{ name: 'cpu', resources: [healthy, { resourceID: 'a', health: 'Fine' }] }]
    const statuses = [statusWith({ allocatedResourcesStatus })]
    expect(texts(validateAllocatedResources(statuses, spec.containers, path))).to.deep.equal([
      `status[0].allocatedResourcesStatus[0].name: Invalid value: "cpu": must match one of the container's resource requests`,
      'status[0].allocatedResourcesStatus[0].resources[1].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
      'status[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "a"',
    ])
  })
})

describe('validateContainerUsers', () => {
  const statuses = [statusWith({ user: { linux: { uid: -1, gid: 0 } } })]

  it('judges ids on Linux', () => {
    expect(texts(validateContainerUsers(statuses, undefined, path))).to.deep.equal([
      'status[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ])
  })

  it('refuses Linux users on Windows', () => {
    expect(texts(validateContainerUsers(statuses, 'windows', path))).to.deep.equal([
      'status[0].user.linux: Forbidden: cannot be set for a windows pod',
    ])
  })
})
