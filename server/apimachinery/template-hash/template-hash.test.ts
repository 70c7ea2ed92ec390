// Hashes of templates and revisions against those of a real cluster.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { copy } from '../equality.ts'
import { printQuantity } from './go-quantity.ts'
import { printForHash } from './go-print.ts'
import { computeHash, hashControllerRevision } from './template-hash.ts'

interface Vector {
  template: { spec: { containers: { resources: { requests?: Record<string, string> } }[] } }
  collisionCount?: number
  hash: string
  printed?: string
}

const vectors = JSON.parse(readFileSync(new URL('testdata/vectors.json', import.meta.url), 'utf8')) as Vector[]
// The last one was hashed in the process that made it, where this quantity was `0.25`. Stored, it would be `250m`.
vectors.at(-1)!.template.spec.containers[0]!.resources.requests!['cpu'] = '0.25'

describe('computeHash', () => {
  for (const [at, { template, collisionCount, hash }] of vectors.entries()) {
    it(`gives the hash of a real controller: ${at} ${hash}`, () => {
      expect(computeHash(template, collisionCount)).to.equal(hash)
    })
  }

  it('prints what a real controller prints', () => {
    const { template, printed } = vectors.at(-1)!
    expect(printForHash('v1.PodTemplateSpec', template)).to.equal(printed)
  })

  it('takes empty lists and maps for absent ones', () => {
    const template = copy(vectors[5]!.template) as Record<string, Record<string, unknown>>
    template['metadata']!['annotations'] = {}
    template['spec']!['volumes'] = []
    expect(computeHash(template)).to.equal(vectors[5]!.hash)
  })

  it('tells a collision count of 0 from none', () => {
    const { template, hash } = vectors[5]!
    expect(computeHash(template, 0)).not.to.equal(hash)
  })
})

describe('printQuantity', () => {
  const int64 = (value: string, scale: number, text: string, format: string) =>
    `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${text} Format:(resource.Format)${format}}`
  const decimal = (sign: boolean, words: string, scale: number, format: string) =>
    `{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)${sign} abs:(big.nat)[${words}]} scale:(inf.Scale)${scale}}} s:(string) Format:(resource.Format)${format}}`
  // Each one as k8s.io/utils/dump prints what ParseQuantity returns.
  const cases: [string, string][] = [
    ['0', int64('0', 0, '0', 'DecimalSI')],
    ['250m', int64('250', -3, '250m', 'DecimalSI')],
    ['-1', int64('-1', 0, '-1', 'DecimalSI')],
    ['1k', int64('1', 3, '1k', 'DecimalSI')],
    ['128Mi', int64('134217728', 0, '', 'BinarySI')],
    ['1Gi', int64('1073741824', 0, '1Gi', 'BinarySI')],
    ['1Pi', decimal(false, '2882303761517117440 61035', 9, 'BinarySI')],
    ['-100Ti', decimal(true, '8568098291072368640 5960', 9, 'BinarySI')],
    ['9223372036854775807', decimal(false, '18446744072709551616 499999999', 9, 'DecimalSI')],
    ['100Ei', decimal(false, '9223372036854775807', 0, 'BinarySI')],
  ]
  for (const [text, printed] of cases) {
    it(`prints ${text}`, () => expect(printQuantity(text)).to.equal(printed))
  }
})

describe('hashControllerRevision', () => {
  it('gives what HashControllerRevision gives', () => {
    expect(hashControllerRevision('{"a":1}')).to.equal('69966c9df7')
    expect(hashControllerRevision('{"a":1}', 3)).to.equal('d55c4ff5b')
  })
})
