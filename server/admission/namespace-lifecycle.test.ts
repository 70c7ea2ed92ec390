// What may be made in which namespace, and which namespaces may not go.
import { expect } from 'chai'
import { FakeReader, pod, request } from './fake-cluster.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'

const reader = new FakeReader({
  namespaces: [{ metadata: { name: 'ns' } }, { metadata: { name: 'going' }, status: { phase: 'Terminating' } }],
})
const admit = (more: object) => () => namespaceLifecycle.admit!(request(pod('a'), more), reader)
const validate = (more: object) => () =>
  namespaceLifecycle.validate!(request(undefined, { operation: 'DELETE', resource: 'namespaces', ...more }), reader)

describe('NamespaceLifecycle', () => {
  it('lets things be made in a namespace that is there', () => expect(admit({})).not.to.throw())

  it('refuses a namespace that is missing', () => {
    expect(admit({ namespace: 'no' }))
      .to.throw('namespaces "no" not found')
      .with.property('code', 404)
  })

  it('refuses creations in a namespace that is going, with its cause', () => {
    expect(admit({ namespace: 'going' }))
      .to.throw('pods "a" is forbidden: unable to create new content in namespace going because it is being terminated')
      .with.nested.property('status.details')
      .that.deep.equals({
        name: 'a',
        kind: 'pods',
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace going is being terminated',
            field: 'metadata.namespace',
          },
        ],
      })
  })

  it('lets things be changed in a namespace that is going', () => {
    expect(admit({ namespace: 'going', operation: 'UPDATE' })).not.to.throw()
  })

  it('keeps the immortal namespaces', () => {
    expect(validate({ name: 'kube-system' })).to.throw(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    )
    expect(validate({ name: 'ns' })).not.to.throw()
  })
})
