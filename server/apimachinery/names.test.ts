// Generated names and the safe alphabet of hashes.
import { expect } from 'chai'
import { generateName, safeEncodeString, seededRandom } from './names.ts'
import {
  compareVersions,
  formatGroupVersion,
  parseGroupVersion,
  parseResourceName,
  printGroupVersionKind,
} from './gvk.ts'

describe('generateName', () => {
  it('adds five safe characters', () => {
    expect(generateName('web-')).to.match(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  it('cuts the base so that the name stays within 63 characters', () => {
    expect(generateName('a'.repeat(80))).to.have.length(63)
  })

  it('repeats itself with the same seed', () => {
    expect(generateName('a-', seededRandom(1))).to.equal(generateName('a-', seededRandom(1)))
    expect(generateName('a-', seededRandom(1))).not.to.equal(generateName('a-', seededRandom(2)))
  })
})

describe('safeEncodeString', () => {
  it('encodes digits as hashes are encoded', () => {
    expect(safeEncodeString('0123456789')).to.equal('456789bcdf')
  })
})

describe('groups, versions, kinds', () => {
  it('reads and prints apiVersions', () => {
    expect(parseGroupVersion('v1')).to.deep.equal({ group: '', version: 'v1' })
    expect(parseGroupVersion('apps/v1')).to.deep.equal({ group: 'apps', version: 'v1' })
    expect(() => parseGroupVersion('a/b/c')).to.throw('unexpected GroupVersion string: a/b/c')
    expect(formatGroupVersion({ group: 'apps', version: 'v1' })).to.equal('apps/v1')
    expect(printGroupVersionKind({ group: '', version: 'v1', kind: 'Pod' })).to.equal('/v1, Kind=Pod')
  })

  it('reads resource names', () => {
    expect(parseResourceName('deployments.apps')).to.deep.equal({ resource: 'deployments', group: 'apps' })
    expect(parseResourceName('ingresses.networking.k8s.io')).to.deep.equal({
      resource: 'ingresses',
      group: 'networking.k8s.io',
    })
    expect(parseResourceName('pods')).to.deep.equal({ resource: 'pods', group: '' })
  })

  it('sorts versions by stability, then by number', () => {
    const sorted = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10']
    expect(sorted.toReversed().sort(compareVersions)).to.deep.equal(sorted)
  })
})
