// Quantities: their canonical form and their arithmetic.
import { expect } from 'chai'
import fc from 'fast-check'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  newMilliQuantity,
  newQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityToNumber,
  quantityValue,
  roundUpQuantity,
  subtractQuantities,
} from './quantity.ts'

// What ParseQuantity and String of k8s.io/apimachinery v0.36.3 give.
const canonical: [string | number, string][] = [
  ['0', '0'],
  ['00', '0'],
  ['-0', '0'],
  ['0Mi', '0'],
  [0.5, '500m'],
  ['0.25', '250m'],
  ['.5', '500m'],
  [2, '2'],
  ['1000', '1k'],
  ['100000', '100k'],
  ['1e3', '1e3'],
  ['1E3', '1E3'],
  ['1e19', '10e18'],
  ['1e400', '10e399'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Mi', '512Ki'],
  ['0.1Mi', '104857600m'],
  ['+.5Mi', '512Ki'],
  ['100Ei', '9223372036854775807'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['1e-10', '1e-9'],
  ['1.0000000001', '1000000001n'],
  // The text is kept where nothing has to be computed.
  ['1.125', '1.125'],
  ['+5', '+5'],
  ['05', '05'],
]

describe('canonicalQuantity', () => {
  for (const [text, expected] of canonical) {
    it(`makes ${expected} of ${JSON.stringify(text)}`, () => expect(canonicalQuantity(text)).to.equal(expected))
  }

  const regex = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const refused: [string, string][] = [
    ['', regex],
    ['abc', regex],
    ['1 ', regex],
    ['5i', "unable to parse quantity's suffix"],
    ['1ee5', "unable to parse quantity's suffix"],
    ['1e99999999999999999999', "unable to parse quantity's suffix"],
    ['Pi', 'unable to parse numeric part of quantity'],
  ]
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => parseQuantity(text)).to.throw(message))
  }

  it('is idempotent, and keeps the number', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E-2')
    const text = fc
      .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(999), suffix)
      .map(([whole, part, unit]) => `${whole}.${part}${unit}`)
    fc.assert(
      fc.property(text, (one) => {
        const printed = canonicalQuantity(one)
        expect(canonicalQuantity(printed)).to.equal(printed)
        expect(compareQuantities(parseQuantity(printed), parseQuantity(one))).to.equal(0)
      }),
    )
  })
})

describe('quantity arithmetic', () => {
  it('adds and subtracts without loss, in the format of the first', () => {
    expect(formatQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('512Mi')))).to.equal('1536Mi')
    expect(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Gi')))).to.equal('1Gi')
    expect(formatQuantity(subtractQuantities(parseQuantity('1'), parseQuantity('100m')))).to.equal('900m')
    expect(formatQuantity(subtractQuantities(parseQuantity('100m'), parseQuantity('1')))).to.equal('-900m')
  })

  it('rounds away from zero', () => {
    expect(quantityValue(parseQuantity('100m'))).to.equal(1n)
    expect(quantityValue(parseQuantity('-100m'))).to.equal(-1n)
    expect(quantityMilliValue(parseQuantity('1.0001'))).to.equal(1001n)
    expect(formatQuantity(roundUpQuantity(parseQuantity('0.0001'), -3))).to.equal('1m')
  })

  it('saturates where Go overflows', () => {
    expect(quantityValue(parseQuantity('1e400'))).to.equal((1n << 63n) - 1n)
    expect(quantityMilliValue(parseQuantity('9Ei'))).to.equal((1n << 63n) - 1n)
  })

  it('compares across formats and sizes', () => {
    const sorted = ['-1', '0', '1n', '999m', '1', '1k', '1Ki', '1Mi', '1e9', '1e400']
    for (const [at, text] of sorted.entries()) {
      for (const [other, bigger] of sorted.entries()) {
        expect(Math.sign(compareQuantities(parseQuantity(text), parseQuantity(bigger))), `${text} ${bigger}`).to.equal(
          Math.sign(at - other),
        )
      }
    }
  })

  it('agrees with bigints', () => {
    const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    fc.assert(
      fc.property(big, big, (a, b) => {
        expect(addQuantities(newQuantity(a), newQuantity(b)).unscaled).to.equal(a + b)
        expect(Math.sign(compareQuantities(newQuantity(a), newQuantity(b)))).to.equal(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })

  it('gives a number for estimates', () => {
    expect(quantityToNumber(newMilliQuantity(1500))).to.equal(1.5)
    expect(quantityToNumber(parseQuantity('1Gi'))).to.equal(1073741824)
  })
})
