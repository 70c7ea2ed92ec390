// Jobs that end when the test says so.
import { expect } from 'chai'
import { LookAhead } from './look-ahead.ts'

interface Run {
  readonly lookAhead: LookAhead<string, string>
  /** What has begun and not ended. */
  readonly running: Set<string>
  readonly begun: string[]
  end(job: string, error?: Error): void
}

/** Jobs in capitals run alone. */
function run(jobs: string, atOnce: number): Run {
  const begun: string[] = []
  const running = new Set<string>()
  const ends = new Map<string, (error?: Error) => void>()
  const lookAhead = new LookAhead({
    jobs: [...jobs],
    isAlone: (job: string) => job === job.toUpperCase(),
    atOnce,
    run(job: string) {
      begun.push(job)
      running.add(job)
      return new Promise<string>((resolve, reject) => {
        ends.set(job, (error) => {
          running.delete(job)
          if (error === undefined) resolve(`${job}!`)
          else reject(error)
        })
      })
    },
  })
  return { lookAhead, running, begun, end: (job, error) => ends.get(job)!(error) }
}

/** What follows from a result has happened a turn later. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('LookAhead', () => {
  it('begins in order, so many at once', async () => {
    const { lookAhead, running, end } = run('abcdef', 3)
    const a = lookAhead.result('a')
    expect([...running].join('')).to.equal('abc')
    end('b')
    await turn()
    expect([...running].join('')).to.equal('acd')
    end('a')
    expect(await a).to.equal('a!')
    expect(await lookAhead.result('b')).to.equal('b!')
  })

  it('runs a job alone', async () => {
    const { lookAhead, running, end } = run('abCd', 3)
    void lookAhead.result('a')
    expect([...running].join('')).to.equal('ab')
    end('a')
    await turn()
    expect([...running].join('')).to.equal('b')
    end('b')
    await turn()
    expect([...running].join('')).to.equal('C')
    end('C')
    await turn()
    expect([...running].join('')).to.equal('d')
  })

  it('leaves out what nobody asked for', async () => {
    const { lookAhead, begun, end } = run('abcde', 1)
    const c = lookAhead.result('c')
    end('c')
    expect(await c).to.equal('c!')
    await turn()
    expect(begun.join('')).to.equal('cd')
  })

  it('hands failures to who asks, and goes on', async () => {
    const { lookAhead, running, end } = run('abc', 2)
    void lookAhead.result('a')
    end('b', new Error('no'))
    await turn()
    expect([...running].join('')).to.equal('ac')
    const message = await lookAhead.result('b').catch((error: Error) => error.message)
    expect(message).to.equal('no')
  })

  it('stops once what has begun is done', async () => {
    const { lookAhead, begun, end } = run('abc', 1)
    void lookAhead.result('a')
    const stopped = lookAhead.stop()
    end('a')
    await stopped
    await turn()
    expect(begun.join('')).to.equal('a')
  })
})
