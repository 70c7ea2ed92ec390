// Claims of pods: these objects, these actions.
import { expect } from 'chai'
import type { Action } from '../../client/action.ts'
import type { KubeObject } from '../../apimachinery/types.ts'
import { listersOf } from '../../client/controller.ts'
import { resourceClaim } from './index.ts'
import { generateName } from './pod.ts'

const PROTECTION = 'resource.kubernetes.io/delete-protection'
const pod = (more: object = {}, status: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'uid-p', resourceVersion: '1' },
  spec: { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }], ...more },
  status: { phase: 'Pending', ...status },
})
const template = {
  metadata: { name: 't', namespace: 'default', uid: 't', resourceVersion: '1' },
  spec: { metadata: { labels: { a: 'b' } }, spec: { devices: { requests: [] } } },
}
const claim = (status: object = {}, metadata: object = {}) => ({
  metadata: {
    name: 'p-gpu-x',
    namespace: 'default',
    uid: 'c',
    resourceVersion: '1',
    annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'uid-p', controller: true }],
    ...metadata,
  },
  spec: {},
  status,
})
const user = { resource: 'pods', name: 'p', uid: 'uid-p' }

function run(key: string, objects: { pods?: object[]; claims?: object[]; templates?: object[] }): readonly Action[] {
  const { pods = [], claims = [], templates = [template] } = objects
  const listers = listersOf(resourceClaim.definition, {
    pods: pods as KubeObject[],
    'resourceclaims.resource.k8s.io': claims as KubeObject[],
    'resourceclaimtemplates.resource.k8s.io': templates as KubeObject[],
  })
  return resourceClaim.definition.reconcile(key, listers, 0)
}

describe('resourceclaim-controller', () => {
  it('makes a claim from the template, owned by the pod', () => {
    const [made] = run('pod:default/p', { pods: [pod()] })
    expect(made).to.deep.include({ do: 'create' })
    expect((made as { object: object }).object).to.deep.equal({
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: {
        namespace: 'default',
        generateName: 'p-gpu-',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'uid-p', controller: true }],
        annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' },
        labels: { a: 'b' },
      },
      spec: { devices: { requests: [] } },
    })
  })

  it('says so when there is no template, and tries again', () => {
    const [told, again] = run('pod:default/p', { pods: [pod()], templates: [] })
    expect(told).to.deep.include({
      reason: 'FailedResourceClaimCreation',
      message: 'PodResourceClaim gpu: resource claim template "t": resourceclaimtemplate.resource.k8s.io "t" not found',
    })
    expect(again?.do).to.equal('retry')
  })

  it('tells the pod the name of a claim that was made', () => {
    const [told] = run('pod:default/p', { pods: [pod()], claims: [claim()] })
    expect(told).to.deep.include({ do: 'patch', subresource: 'status', applyAs: 'ResourceClaimController' })
    expect((told as { patch: { status: object } }).patch.status).to.deep.equal({
      resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'p-gpu-x' }],
    })
  })

  it('has nothing to do for a pod whose claim is there, and reserves it if the pod has a node already', () => {
    const named = { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'p-gpu-x' }] }
    const allocated = claim({ allocation: {} })
    expect(run('pod:default/p', { pods: [pod({}, named)], claims: [allocated] })).to.deep.equal([])
    const [reserved] = run('pod:default/p', { pods: [pod({ nodeName: 'n' }, named)], claims: [allocated] })
    expect((reserved as unknown as { object: { status: object } }).object.status).to.deep.equal({
      allocation: {},
      reservedFor: [user],
    })
  })

  it('frees the devices of a pod that is done, and deletes a claim made for it', () => {
    const held = claim({ allocation: {}, reservedFor: [user] }, { finalizers: [PROTECTION] })
    const [freed] = run('claim:default/p-gpu-x', { pods: [pod({}, { phase: 'Succeeded' })], claims: [held] })
    expect((freed as unknown as { object: { status: object } }).object.status).to.deep.equal({})
    const next = (freed as { then: (outcome: object) => readonly Action[] }).then({ object: held })
    expect(next.map((action) => action.do)).to.deep.equal(['update', 'delete'])
    expect((next[0] as { object: { metadata: object } }).object.metadata).not.to.have.property('finalizers')
  })

  it('leaves a claim alone that a pod may still use', () => {
    const held = claim({ allocation: {}, reservedFor: [user] }, { finalizers: [PROTECTION] })
    expect(run('claim:default/p-gpu-x', { pods: [pod()], claims: [held] })).to.deep.equal([])
  })

  it('lets go of a claim that is being deleted', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z'
    const leaving = claim({}, { finalizers: [PROTECTION], ownerReferences: [], deletionTimestamp })
    expect(run('claim:default/p-gpu-x', { claims: [leaving] }).map((action) => action.do)).to.deep.equal(['update'])
  })

  it('cuts long names by the same share', () => {
    expect(generateName('p', 'gpu')).to.equal('p-gpu-')
    const long = generateName('a'.repeat(60), 'b'.repeat(60))
    expect(long).to.equal(`${'a'.repeat(28)}-${'b'.repeat(28)}`)
  })
})
