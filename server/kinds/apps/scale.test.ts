// Scaling through the scale subresource, and what counts for the generation beyond the spec.
import { expect } from 'chai'
import type { AnyObject } from '../../apimachinery/types.ts'
import type { StrategyContext } from '../../registry/kind.ts'
import { deployment } from './deployment.ts'

const context: StrategyContext = { user: { name: 'u', groups: [] }, now: 0, namespace: 'default' }

describe('scale of a deployment', () => {
  it('reads counts and selector, and writes the count', () => {
    const object: AnyObject = {
      spec: { replicas: 3, selector: { matchLabels: { b: '2', a: '1' } } },
      status: { replicas: 2 },
    }
    expect(deployment.scale!.read(object)).to.deep.equal({ specReplicas: 3, statusReplicas: 2, selector: 'a=1,b=2' })
    deployment.scale!.write(object, 5)
    expect(object['spec']).to.have.property('replicas', 5)
  })
})

describe('generation of a deployment', () => {
  it('counts changes of annotations, which replica sets take over', () => {
    const old: AnyObject = { metadata: { generation: 4, annotations: { a: '1' } }, spec: {} }
    const draft: AnyObject = { metadata: { generation: 4, annotations: { a: '2' } }, spec: {} }
    deployment.strategy!.prepareForUpdate!(draft, old, context)
    expect(draft.metadata!.generation).to.equal(5)
  })
})
