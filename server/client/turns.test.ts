// How writes of this process share the turns of the event loop.
import { expect } from 'chai'
import { Turns, type Urgency } from './turns.ts'

describe('turns', () => {
  let nowMs: number
  let next: (() => void)[]
  let done: string[]
  let turns: Turns

  beforeEach(() => {
    nowMs = 0
    next = []
    done = []
    turns = new Turns(
      () => nowMs,
      (callback) => next.push(callback),
    )
  })

  const ask = (name: string, urgency: Urgency = 'acting', costMs = 3): void => {
    void turns.run(urgency, async () => {
      nowMs += costMs
      done.push(name)
    })
  }
  const turn = (): void => {
    for (const callback of next.splice(0)) callback()
    done.push('|')
  }

  it('starts at once what fits into a slice, and the rest in the turns that follow, in order', () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) ask(name)
    turn()
    ask('h')
    turn()
    expect(done.join('')).to.equal('abcdef|gh|')
  })

  it('gives those who act precedence over those who tell, and these one write in each turn in which anybody acts', () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) ask(name)
    for (const name of ['x', 'y', 'z']) ask(name, 'telling')
    turn()
    turn()
    turn()
    expect(done.join('')).to.equal('abcxde|yf|z|')
  })

  it('hands on results and failures, of what waited too', async () => {
    ask('long', 'acting', 100)
    const answer = turns.run('acting', async () => 'answer')
    const failure = turns.run('acting', () => Promise.reject(new Error('refused')))
    const told = failure.catch((error: Error) => error.message)
    turn()
    expect([await answer, await told]).to.deep.equal(['answer', 'refused'])
  })

  it('is not busy when nothing is asked for', () => {
    ask('a')
    turn()
    turn()
    expect(next).to.have.length(0)
  })
})
