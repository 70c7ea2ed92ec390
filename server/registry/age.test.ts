// Durations and ages as tables show them.
import { expect } from 'chai'
import { humanDuration, translateTimestampSince } from './age.ts'

describe('humanDuration', () => {
  const second = 1000
  const minute = 60 * second
  const hour = 60 * minute
  const day = 24 * hour
  const cases: [durationMs: number, text: string][] = [
    [-2 * second, '<invalid>'],
    [-1 * second, '0s'],
    [-300, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 30 * minute, '7h30m'],
    [8 * hour + 30 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [800 * day, '2y70d'],
    [365 * 8 * day + 30 * day, '8y'],
  ]
  for (const [durationMs, text] of cases)
    it(`prints ${durationMs} ms as ${text}`, () => expect(humanDuration(durationMs)).to.equal(text))
})

describe('translateTimestampSince', () => {
  it('knows no age without a time', () => expect(translateTimestampSince(undefined, 0)).to.equal('<unknown>'))
  it('counts from the time to now', () => {
    expect(translateTimestampSince('2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1, 0, 3, 20))).to.equal('3m20s')
  })
})
