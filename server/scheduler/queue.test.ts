// The order of waiting pods, and when they come back.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { cluster, node, pod } from './builders.ts'
import type { PodObject } from './framework.ts'
import { defaultProfile } from './profile.ts'
import { SchedulingQueue } from './queue.ts'

function queueOf(...pods: PodObject[]) {
  const clock = new FakeClock()
  const queue = new SchedulingQueue({
    profileOf: () => defaultProfile(),
    cluster: () => cluster([]),
    clock,
    onWork: () => {},
    initialBackoffMs: 1000,
    maxBackoffMs: 10_000,
  })
  for (const one of pods) queue.put(one)
  return { clock, queue, next: () => queue.pop()?.info.pod.metadata.name }
}

describe('SchedulingQueue', () => {
  it('gives the highest priority first, then the oldest', () => {
    const { next } = queueOf(pod('a'), pod('b'), pod('c', { priority: 5 }))
    expect([next(), next(), next(), next()]).to.deep.equal(['c', 'a', 'b', undefined])
  })

  it('holds gated pods until the last gate is gone', () => {
    const { queue, next } = queueOf(pod('a', { schedulingGates: [{ name: 'wait' }] }))
    expect(next()).to.equal(undefined)
    queue.put(pod('a', {}, { generation: 2 }))
    expect(next()).to.equal('a')
  })

  it('tries a rejected pod again when something happens that may help', () => {
    const { queue, next } = queueOf(pod('a', { nodeSelector: { zone: 'x' } }))
    queue.reject(queue.pop()!, new Set(['NodeAffinity']))
    queue.move([{ kind: 'NodeAdded', node: node('n') }])
    queue.move([{ kind: 'AssignedPodDeleted', pod: pod('other') }])
    expect(next()).to.equal(undefined)
    queue.move([{ kind: 'NodeAdded', node: node('n', {}, { labels: { zone: 'x' } }) }])
    expect(next()).to.equal('a')
  })

  it('tries a rejected pod again when its spec or labels change, but not for its status', () => {
    const { queue, next } = queueOf(pod('a', {}, { generation: 1 }))
    queue.reject(queue.pop()!, new Set(['NodeAffinity']))
    queue.put({ ...pod('a', {}, { generation: 1 }), status: { phase: 'Pending', conditions: [] } })
    expect(next()).to.equal(undefined)
    queue.put(pod('a', {}, { generation: 1, labels: { a: 'b' } }))
    expect(next()).to.equal('a')
  })

  it('waits longer after each error, and does not cut that short', () => {
    const { clock, queue, next } = queueOf(pod('a'))
    queue.fail(queue.pop()!)
    expect(next()).to.equal(undefined)
    clock.step(1000)
    const again = queue.pop()!
    expect(again.attempts).to.equal(1)
    queue.fail(again)
    clock.step(1999)
    expect(next()).to.equal(undefined)
    clock.step(1)
    expect(next()).to.equal('a')
  })

  it('lets no pod wait for one that waits longer', () => {
    const { clock, queue, next } = queueOf(pod('a'))
    for (const waitMs of [1000, 2000, 4000]) {
      queue.fail(queue.pop()!)
      clock.step(waitMs)
    }
    queue.fail(queue.pop()!)
    queue.put(pod('b'))
    queue.fail(queue.pop()!)
    clock.step(1000)
    expect([next(), next()]).to.deep.equal(['b', undefined])
    clock.step(7000)
    expect(next()).to.equal('a')
  })

  it('tries everything again after five minutes', () => {
    const { clock, queue, next } = queueOf(pod('a'))
    queue.reject(queue.pop()!, new Set(['NodeAffinity']))
    clock.step(299_000)
    expect(next()).to.equal(undefined)
    clock.step(60_000)
    expect(next()).to.equal('a')
  })

  it('forgets deleted pods wherever they wait, and leaves no timers when closed', () => {
    const { clock, queue, next } = queueOf(pod('a'), pod('b'), pod('c'))
    queue.delete('uid-a')
    queue.reject(queue.pop()!, new Set())
    queue.delete('uid-b')
    queue.fail(queue.pop()!)
    queue.delete('uid-c')
    clock.step(600_000)
    expect(next()).to.equal(undefined)
    expect(queue.size).to.equal(0)
    queue.close()
    expect(clock.pendingTimers).to.equal(0)
  })
})
