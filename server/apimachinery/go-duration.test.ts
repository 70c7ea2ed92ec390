// Durations as Go reads and writes them.
import { expect } from 'chai'
import { parseDuration, parseNanoseconds, printNanoseconds } from './go-duration.ts'

describe('parseDuration', () => {
  const good: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['5s', 5000],
    ['-1.5m', -90_000],
    ['1h2m3s4ms', 3_723_004],
    ['.5s', 500],
    ['1.s', 1000],
  ]
  for (const [text, milliseconds] of good) {
    it(`reads ${text}`, () => expect(parseDuration(text)).to.equal(milliseconds))
  }

  const bad: readonly (readonly [string, string])[] = [
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
    ['5', 'time: missing unit in duration "5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['5s x', 'time: unknown unit "s x" in duration "5s x"'],
    ['9999999999h', 'time: invalid duration "9999999999h"'],
  ]
  for (const [text, problem] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => parseDuration(text)).to.throw(RangeError, problem))
  }
})

describe('printNanoseconds', () => {
  for (const text of ['0s', '1ns', '1.5µs', '300ms', '1.5s', '1m0s', '-2m3.000000004s', '1h30m0s', '100h0m1s']) {
    it(`prints what reads as ${text}`, () => expect(printNanoseconds(parseNanoseconds(text))).to.equal(text))
  }
})
