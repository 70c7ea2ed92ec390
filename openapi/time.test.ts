// Times as they are read and as they are printed again.
import { expect } from 'chai'
import { canonicalMicroTime, canonicalTime } from './time.ts'

describe('canonicalTime', () => {
  const cases: [string, string | null][] = [
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z'],
    ['2024-01-01T01:30:00.987654321+02:00', '2023-12-31T23:30:00Z'],
    ['2024-01-01T1:30:00Z', '2024-01-01T01:30:00Z'],
    ['0001-01-01T00:00:00Z', null],
  ]
  for (const [text, printed] of cases) {
    it(`reads ${text}`, () => expect(canonicalTime(text)).to.equal(printed))
  }

  const layout = '"2006-01-02T15:04:05Z07:00"'
  const errors: [string, string][] = [
    ['yesterday', `parsing time "yesterday" as ${layout}: cannot parse "yesterday" as "2006"`],
    ['', `parsing time "" as ${layout}: cannot parse "" as "2006"`],
    ['2024-01-01', `parsing time "2024-01-01" as ${layout}: cannot parse "" as "T"`],
    ['2024-13-01T00:00:00Z', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    ['2023-02-29T00:00:00Z', 'parsing time "2023-02-29T00:00:00Z": day out of range'],
    ['2024-01-01T24:00:00Z', 'parsing time "2024-01-01T24:00:00Z": hour out of range'],
    ['2024-01-01T00:00:00', `parsing time "2024-01-01T00:00:00" as ${layout}: cannot parse "" as "Z07:00"`],
    ['2024-01-01T00:00:00Zx', 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'],
  ]
  for (const [text, message] of errors) {
    it(`refuses ${JSON.stringify(text)} as Go does`, () => expect(() => canonicalTime(text)).to.throw(message))
  }
})

describe('canonicalMicroTime', () => {
  it('prints six digits, in UTC', () => {
    expect(canonicalMicroTime('2024-01-01T01:00:00.120000+01:00')).to.equal('2024-01-01T00:00:00.120000Z')
  })

  it('asks for six digits', () => {
    expect(() => canonicalMicroTime('2024-01-01T00:00:00Z')).to.throw(
      'parsing time "2024-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    )
  })
})
