// How often metadata is judged, and what a status update keeps of it.
import { expect } from 'chai'
import type { ObjectMeta } from '../apimachinery/types.ts'
import { resourceFacts } from '../../openapi/index.ts'
import { metadataRulesOf, type MetadataRules } from './metadata-rules.ts'

function rulesOf(group: string, version: string, resource: string, asGroup = group): MetadataRules {
  const facts = resourceFacts(group, version, resource)!
  return metadataRulesOf({ group, version, kind: facts.kind, facts }, { group: asGroup, resource })
}

const meta = (more: ObjectMeta = {}): ObjectMeta => ({
  name: 'a',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
})

/** How many findings each part has. */
function counts(rules: MetadataRules, changed: ObjectMeta, subresource = ''): number[] {
  const { byRegistry, whole, changed: change } = rules.validateUpdate(meta(changed), meta(), subresource)
  return [byRegistry.length, whole.length, change.length]
}

describe('metadata of an update', () => {
  const badLabel = { labels: { 'a b': 'x' } }
  const badFinalizer = { finalizers: ['plain'] }

  it('is judged by the registry, and by most kinds once more', () => {
    expect(counts(rulesOf('', 'v1', 'configmaps'), badLabel)).to.deep.equal([2, 1, 1])
  })

  it('is judged by some kinds only as a change, by some only as a whole, by some not at all', () => {
    expect(counts(rulesOf('', 'v1', 'services'), badLabel)).to.deep.equal([2, 0, 1])
    expect(counts(rulesOf('', 'v1', 'limitranges'), badLabel)).to.deep.equal([2, 1, 0])
    expect(counts(rulesOf('', 'v1', 'persistentvolumes'), { ...badLabel, namespace: '' }).slice(1)).to.deep.equal([
      2, 0,
    ])
    expect(counts(rulesOf('', 'v1', 'events'), badLabel)).to.deep.equal([2, 0, 0])
  })

  it('may have finalizers without a domain where the kind is lenient', () => {
    expect(counts(rulesOf('', 'v1', 'configmaps'), badFinalizer)).to.deep.equal([0, 1, 1])
    expect(counts(rulesOf('coordination.k8s.io', 'v1', 'leases'), badFinalizer)).to.deep.equal([0, 0, 0])
  })

  it('follows the group that the request names', () => {
    expect(counts(rulesOf('', 'v1', 'events', 'events.k8s.io'), badFinalizer)).to.deep.equal([0, 0, 1])
    expect(counts(rulesOf('', 'v1', 'events'), badFinalizer)).to.deep.equal([0, 0, 0])
  })

  it('is judged as a change when the status is written', () => {
    expect(counts(rulesOf('apps', 'v1', 'deployments'), badLabel, 'status')).to.deep.equal([2, 0, 1])
    expect(counts(rulesOf('batch', 'v1', 'cronjobs'), badLabel, 'status')).to.deep.equal([2, 0, 0])
  })
})

describe('metadata of a status update', () => {
  const sent = (): ObjectMeta => meta({ labels: { a: 'sent' }, annotations: { a: 'sent' }, finalizers: ['sent/a'] })
  const old = meta({ labels: { a: 'old' } })

  it('is taken as it is sent', () => {
    const metadata = sent()
    rulesOf('', 'v1', 'nodes').keepInStatus(metadata, old)
    expect(metadata).to.deep.equal(sent())
  })

  it('stays as it was, or a part of it, where the kind says so', () => {
    const claim = sent()
    rulesOf('resource.k8s.io', 'v1', 'resourceclaims').keepInStatus(claim, old)
    expect(claim).to.deep.equal(old)
    const deployment = sent()
    rulesOf('apps', 'v1', 'deployments').keepInStatus(deployment, old)
    expect(deployment).to.deep.equal({ ...sent(), labels: { a: 'old' } })
  })
})
