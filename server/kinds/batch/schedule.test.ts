// Schedules and time zones that can and cannot be read.
import { expect } from 'chai'
import { field } from '../../apimachinery/field.ts'
import { problemOfSchedule, validateSchedule, validateTimeZone } from './schedule.ts'

describe('problemOfSchedule', () => {
  for (const schedule of [
    '0 3 * * 1-5',
    '*/15 * * * *',
    '0 0 1,15 jan-jun MON',
    '@hourly',
    '@every 1h30m',
    '? ? ? ? ?',
    '5/10 * * * *',
  ]) {
    it(`reads ${schedule}`, () => {
      expect(problemOfSchedule(schedule)).to.equal(undefined)
    })
  }

  const wrong: [schedule: string, problem: string][] = [
    ['bad', 'expected exactly 5 fields, found 1: [bad]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['*/2/3 * * * *', 'too many slashes: */2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
  ]
  for (const [schedule, problem] of wrong) {
    it(`explains ${schedule}`, () => {
      expect(problemOfSchedule(schedule)).to.equal(problem)
    })
  }
})

describe('validateSchedule', () => {
  it('takes a time zone only where one was stored, and only once', () => {
    const details = (timeZone: string | undefined, allow: boolean): string[] =>
      validateSchedule('TZ=UTC 0 * * * *', timeZone, allow, field('s')).map(({ message }) => message)
    expect(details(undefined, true)).to.deep.equal([])
    expect(details(undefined, false)).to.have.lengthOf(1)
    expect(details('Etc/UTC', true)[0]).to.match(/cannot use both timeZone field and TZ/)
  })
})

describe('validateTimeZone', () => {
  const problems = (zone: string): string[] => validateTimeZone(zone, field('tz')).map(({ message }) => message)

  it('knows the names of zones', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
      expect(problems(zone)).to.deep.equal([])
  })

  it('refuses offsets, paths and unknown names', () => {
    for (const zone of ['+01:00', '../etc', 'Not/AZone', '-x']) {
      expect(problems(zone)).to.deep.equal([`Invalid value: "${zone}": unknown time zone ${zone}`])
    }
    expect(problems('')).to.deep.equal(['Invalid value: "": timeZone must be nil or non-empty string'])
  })
})
