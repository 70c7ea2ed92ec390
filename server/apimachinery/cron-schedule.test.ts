// The next times of schedules; expected ones are those of the library that upstream uses.
import { expect } from 'chai'
import { parseSchedule } from './cron-schedule.ts'

/** The next times after one, in UTC to the minute. */
function nextTimes(schedule: string, after: string, count: number, zone?: string): string[] {
  const parsed = parseSchedule(schedule, zone)
  const times: string[] = []
  let time: number | undefined = Date.parse(after)
  for (let at = 0; at < count && time !== undefined; at++) {
    time = parsed.next(time)
    times.push(time === undefined ? 'never' : new Date(time).toISOString().slice(0, 16))
  }
  return times
}

describe('parseSchedule', () => {
  const cases: [name: string, schedule: string, after: string, next: string[], zone?: string][] = [
    ['every minute', '* * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:01', '2026-01-01T00:02']],
    ['within a second', '* * * * *', '2026-01-01T00:00:59.5Z', ['2026-01-01T00:01']],
    ['steps', '*/20 * * * *', '2026-01-01T00:21:00Z', ['2026-01-01T00:40', '2026-01-01T01:00']],
    ['a step from a number on', '50/5 * * * *', '2026-01-01T00:51:00Z', ['2026-01-01T00:55', '2026-01-01T01:50']],
    ['names', '0 0 1 feb,MAR *', '2026-01-01T00:00:00Z', ['2026-02-01T00:00', '2026-03-01T00:00', '2027-02-01T00:00']],
    ['week days', '30 6 * * 1-5', '2026-01-02T06:30:00Z', ['2026-01-05T06:30']],
    [
      'either kind of day',
      '0 0 13 * 5',
      '2026-01-01T00:00:00Z',
      ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-13T00:00'],
    ],
    ['both kinds where one is a star', '0 0 */1 * 5', '2026-01-03T00:00:00Z', ['2026-01-09T00:00']],
    [
      'either kind where a star has a step',
      '0 0 */31 * 5',
      '2026-01-03T00:00:00Z',
      ['2026-01-09T00:00', '2026-01-16T00:00', '2026-01-23T00:00', '2026-01-30T00:00', '2026-02-01T00:00'],
    ],
    ['leap days', '0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00']],
    ['days that never come', '59 23 31 2 *', '2026-01-01T00:00:00Z', ['never']],
    ['descriptors', '@weekly', '2026-01-01T00:00:00Z', ['2026-01-04T00:00']],
    ['intervals', '@every 90m', '2026-01-01T00:00:30Z', ['2026-01-01T01:30', '2026-01-01T03:00']],
    ['zones', '0 3 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T01:00'], 'Europe/Berlin'],
    ['a zone of its own', 'TZ=Asia/Tokyo 0 3 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T18:00'], 'Europe/Berlin'],
    ['an hour that clocks skip', '30 2 * * *', '2026-03-28T02:00:00Z', ['2026-03-30T00:30'], 'Europe/Berlin'],
    [
      'an hour that clocks repeat',
      '30 2 * * *',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-25T01:30', '2026-10-26T01:30'],
      'Europe/Berlin',
    ],
    ['a midnight that clocks skip', '0 0 * * *', '2018-11-03T12:00:00Z', ['2018-11-05T02:00'], 'America/Sao_Paulo'],
  ]
  for (const [name, schedule, after, next, zone] of cases) {
    it(`knows ${name}: ${schedule}`, () => {
      expect(nextTimes(schedule, after, next.length, zone)).to.deep.equal(next)
    })
  }
})
