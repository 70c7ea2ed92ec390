// What the definition set knows: groups, resources, types, columns, and the order they are listed in.
import { expect } from 'chai'
import { groups, resourceFacts, resources, tableColumns, typeByName, typeNames, typeOfKind } from './index.ts'
import type { StructSchema } from './schema.ts'

const struct = (name: string): StructSchema => typeByName(name) as StructSchema

describe('the definition set', () => {
  it('lists groups as /apis does, after the core group', () => {
    expect(groups.slice(0, 4).map(({ group }) => group)).to.deep.equal([
      '',
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
    ])
    expect(groups.find(({ group }) => group === 'autoscaling')).to.deep.equal({
      group: 'autoscaling',
      versions: ['v2', 'v1'],
      preferredVersion: 'v2',
    })
  })

  it('lists resources in the order of discovery', () => {
    expect(resources).to.have.length(68)
    const core = resources.filter(({ group }) => group === '').map(({ resource }) => resource)
    expect(core.slice(0, 4)).to.deep.equal(['bindings', 'componentstatuses', 'configmaps', 'endpoints'])
  })

  it('knows a resource with its subresources', () => {
    const facts = resourceFacts('apps', 'v1', 'deployments')!
    expect(facts).to.include({
      kind: 'Deployment',
      listKind: 'DeploymentList',
      singular: 'deployment',
      namespaced: true,
    })
    expect(facts.shortNames).to.deep.equal(['deploy'])
    expect(facts.subresources.map(({ name, apiVersion, kind }) => [name, apiVersion, kind])).to.deep.equal([
      ['scale', 'autoscaling/v1', 'Scale'],
      ['status', 'apps/v1', 'Deployment'],
    ])
  })

  it('knows the columns of a table', () => {
    expect(tableColumns('', 'v1', 'configmaps')).to.deep.equal([
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Data', type: 'string', format: '', priority: 0 },
      { name: 'Age', type: 'string', format: '', priority: 0 },
    ])
    expect(tableColumns('', 'v1', 'bindings')).to.deep.equal([])
  })

  it('finds types of objects, lists, options and reviews by kind', () => {
    expect(typeOfKind('v1', 'Pod')!.name).to.equal('io.k8s.api.core.v1.Pod')
    expect(typeOfKind('apps/v1', 'DeploymentList')!.name).to.equal('io.k8s.api.apps.v1.DeploymentList')
    expect(typeOfKind('apps/v1', 'DeleteOptions')!.name).to.equal('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')
    expect(typeOfKind('policy/v1', 'Eviction')!.name).to.equal('io.k8s.api.policy.v1.Eviction')
    expect(typeOfKind('v1', 'Deployment')).to.equal(undefined)
    expect(typeOfKind('nosuch/v1', 'DeleteOptions')).to.equal(undefined)
  })

  it('compiles every type', () => {
    for (const name of typeNames()) {
      const schema = typeByName(name)
      if (schema.form === 'struct')
        for (const field of schema.fields.values()) expect(field.schema).to.have.property('form')
    }
  })

  it('says what is known of a field', () => {
    const ports = struct('io.k8s.api.core.v1.Container').fields.get('ports')!
    expect(ports).to.include({
      required: false,
      omit: true,
      pointer: false,
      patchMergeKey: 'containerPort',
      protoNumber: 6,
    })
    expect(ports.schema).to.include({ form: 'list', listType: 'map', go: '[]v1.ContainerPort' })
    expect(ports.schema).to.have.property('keys').that.deep.equals(['containerPort', 'protocol'])
    expect(ports.protoType).to.equal('repeated ContainerPort')
    expect(struct('io.k8s.api.core.v1.ResourceRequirements').fields.get('limits')!.protoType).to.equal(
      'map<string, .k8s.io.apimachinery.pkg.api.resource.Quantity>',
    )
  })

  it('never omits what Go holds as a struct', () => {
    const pod = struct('io.k8s.api.core.v1.Pod')
    expect(pod.fields.get('spec')!.omit).to.equal(false)
    expect(struct('io.k8s.api.core.v1.ServicePort').fields.get('targetPort')!.omit).to.equal(false)
    expect(struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta').fields.get('creationTimestamp')!.omit).to.equal(
      true,
    )
  })

  it('expands inline members, and knows where protobuf nests them', () => {
    const volume = struct('io.k8s.api.core.v1.Volume')
    expect([...volume.fields.keys()].slice(0, 3)).to.deep.equal(['name', 'hostPath', 'emptyDir'])
    expect(volume.embedded!.map(({ protoNumber, schema }) => [protoNumber, schema.name])).to.deep.equal([
      [2, 'io.k8s.api.core.v1.VolumeSource'],
    ])
    expect(volume.fields.get('hostPath')!.protoNumber).to.equal(1)
  })

  it('lets a field say of its use of a type what the type leaves open', () => {
    const selector = struct('io.k8s.api.core.v1.PodSpec').fields.get('nodeSelector')!
    expect(selector.schema).to.include({ form: 'map', mapType: 'atomic' })
    expect(struct('io.k8s.api.core.v1.ObjectReference').mapType).to.equal('atomic')
    expect(struct('io.k8s.api.core.v1.PersistentVolumeSpec').fields.get('claimRef')!.schema).to.include({
      mapType: 'granular',
    })
  })
})
