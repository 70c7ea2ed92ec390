// Label and field selectors, compiled for a kind.
import { expect } from 'chai'
import { resources as facts } from '../../openapi/index.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { KindDefinition } from './kind.ts'
import { selection } from './selection.ts'

function kindOf(group: string, kind: string, more: Partial<KindDefinition> = {}): KindDefinition {
  const own = facts.find((one) => one.group === group && one.kind === kind)!
  return { group, version: own.version, kind, ...more, facts: own }
}

const pods = kindOf('', 'Pod')

function pod(more: object): AnyObject {
  return { metadata: { name: 'a', namespace: 'n', labels: { app: 'x' } }, ...more }
}

describe('selection', () => {
  it('of nothing is everything', () => {
    const all = selection(pods, '', '')
    expect(all.isAll).to.equal(true)
    expect(all.matches({})).to.equal(true)
  })

  const cases: { labels?: string; fields?: string; object: AnyObject; matches: boolean }[] = [
    { labels: 'app=x', object: pod({}), matches: true },
    { labels: 'app=x,tier', object: pod({}), matches: false },
    { labels: 'app', object: { metadata: { name: 'a' } }, matches: false },
    { labels: '!app', object: { metadata: { name: 'a' } }, matches: true },
    { fields: 'spec.nodeName=n1', object: pod({ spec: { nodeName: 'n1' } }), matches: true },
    { fields: 'spec.nodeName!=n1', object: pod({}), matches: true },
    { fields: 'spec.nodeName=', object: pod({}), matches: true },
    { fields: 'spec.nodeName==n1', object: pod({ spec: { nodeName: 'n2' } }), matches: false },
    { fields: 'metadata.name=a,metadata.namespace=n', object: pod({}), matches: true },
    { fields: 'metadata.name=a', labels: 'app=y', object: pod({}), matches: false },
  ]
  for (const { labels = '', fields = '', object, matches } of cases) {
    it(`${[labels, fields].filter((one) => one !== '').join(' and ')} ${matches ? 'takes' : 'leaves'} ${JSON.stringify(object['spec'] ?? object.metadata)}`, () => {
      const selected = selection(pods, labels, fields)
      expect(selected.isAll).to.equal(false)
      expect(selected.matches(object)).to.equal(matches)
    })
  }

  it('tells what is asked for by equality, for indexes', () => {
    const selected = selection(pods, '', 'metadata.name=a,spec.nodeName==n,status.phase!=Failed')
    expect(selected.name).to.equal('a')
    expect(Object.fromEntries(selected.equalities)).to.deep.equal({ 'metadata.name': 'a', 'spec.nodeName': 'n' })
  })

  it('prefers what the kind says a field is', () => {
    const kind = kindOf('', 'Pod', { selectableFields: { 'status.phase': () => 'computed' } })
    expect(selection(kind, '', 'status.phase=computed').matches(pod({ status: { phase: 'Failed' } }))).to.equal(true)
  })

  const unsupported: [kind: KindDefinition, why: string][] = [
    [kindOf('', 'Pod'), 'field label not supported: spec.x'],
    [kindOf('', 'ConfigMap'), '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    [kindOf('batch', 'Job'), 'field label "spec.x" not supported for Job'],
  ]
  for (const [kind, why] of unsupported) {
    it(`refuses a field that ${kind.kind} does not have`, () => {
      expect(() => selection(kind, '', 'spec.x=1')).to.throw(why)
    })
  }
})
