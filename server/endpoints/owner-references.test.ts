// Owner references that are there twice.
import { expect } from 'chai'
import { dedupOwnerReferences } from './owner-references.ts'

describe('dedupOwnerReferences', () => {
  const owner = (uid: string, name = 'p') => ({ apiVersion: 'v1', kind: 'Pod', name, uid })

  function deduplicated(...references: ReturnType<typeof owner>[]): { kept: unknown; warnings: string[] } {
    const warnings: string[] = []
    const draft = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ownerReferences: references } }
    dedupOwnerReferences(draft, { warn: (text) => void warnings.push(text) })
    return { kept: draft.metadata.ownerReferences, warnings }
  }

  it('keeps one of two that are equal, and warns', () => {
    const { kept, warnings } = deduplicated(owner('u1'), owner('u2'), owner('u1'))
    expect(kept).to.deep.equal([owner('u1'), owner('u2')])
    expect(warnings).to.deep.equal([
      '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u1',
    ])
  })

  it('keeps both of two that differ, though they name one owner', () => {
    expect(deduplicated(owner('u1'), owner('u1', 'q'))).to.deep.equal({
      kept: [owner('u1'), owner('u1', 'q')],
      warnings: [],
    })
  })
})
