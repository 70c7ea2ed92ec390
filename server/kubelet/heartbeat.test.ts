// Heart-beats of many with one timer.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { Heartbeats } from './heartbeat.ts'

function beating() {
  const clock = new FakeClock(0)
  const beats: string[] = []
  const heartbeats = new Heartbeats({ clock, periodMs: 1000, beat: (name) => beats.push(`${name} ${clock.now()}`) })
  return { clock, beats, heartbeats }
}

describe('Heartbeats', () => {
  it('beats each name once per period, from its own offset', () => {
    const { clock, beats, heartbeats } = beating()
    heartbeats.add('b', 600)
    heartbeats.add('a', 200)
    expect(clock.pendingTimers).to.equal(1)
    clock.step(2300)
    expect(beats).to.deep.equal(['a 200', 'b 600', 'a 1200', 'b 1600', 'a 2200'])
  })

  it('does beats that are close together in one go', () => {
    const { clock, beats, heartbeats } = beating()
    heartbeats.add('a', 500)
    heartbeats.add('b', 530)
    clock.step(500)
    expect(beats).to.deep.equal(['a 500', 'b 500'])
  })

  it('forgets names, and stops when closed', () => {
    const { clock, beats, heartbeats } = beating()
    heartbeats.add('a', 100)
    heartbeats.add('b', 100)
    heartbeats.remove('a')
    clock.step(150)
    heartbeats.close()
    clock.step(5000)
    expect(beats).to.deep.equal(['b 100'])
    expect(clock.pendingTimers).to.equal(0)
  })
})
