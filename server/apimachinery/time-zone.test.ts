// Clocks around the world.
import { expect } from 'chai'
import { formatTimeIn, isTimeZone, localTime } from './time-zone.ts'

describe('time zones', () => {
  it('are known by name, not by offset', () => {
    expect(['UTC', 'Europe/Berlin', 'Etc/GMT+5', 'Not/AZone', '+01:00', ''].filter(isTimeZone)).to.deep.equal([
      'UTC',
      'Europe/Berlin',
      'Etc/GMT+5',
    ])
  })

  it('tell the local time', () => {
    const noon = Date.UTC(2026, 6, 1, 12)
    expect(localTime(noon).toISOString()).to.equal('2026-07-01T12:00:00.000Z')
    expect(localTime(noon, 'Asia/Kolkata').toISOString()).to.equal('2026-07-01T17:30:00.000Z')
    expect(localTime(Date.UTC(2026, 0, 1), 'America/New_York').toISOString()).to.equal('2025-12-31T19:00:00.000Z')
  })

  it('have offsets', () => {
    const times: [zone: string | undefined, text: string][] = [
      [undefined, '2026-07-01T12:00:00Z'],
      ['Etc/UTC', '2026-07-01T12:00:00Z'],
      ['Europe/Berlin', '2026-07-01T14:00:00+02:00'],
      ['America/St_Johns', '2026-07-01T09:30:00-02:30'],
    ]
    for (const [zone, text] of times) expect(formatTimeIn(Date.UTC(2026, 6, 1, 12), zone)).to.equal(text)
  })
})
