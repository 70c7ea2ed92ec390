// Lines of the log, in both forms.
import { expect } from 'chai'
import { newNotFound } from './apimachinery/errors.ts'
import { Logger, type LoggerOptions } from './logging.ts'

describe('Logger', () => {
  const now = new Date(2026, 0, 2, 3, 4, 5, 67).getTime()

  function written(options: LoggerOptions, log: (logger: Logger) => void): string[] {
    const lines: string[] = []
    log(new Logger({ ...options, write: (line) => void lines.push(line), now: () => now }))
    return lines
  }

  it('prints lines as the components of a cluster do', () => {
    const lines = written({ verbosity: 3 }, (logger) => logger.info(3, 'HTTP', { verb: 'GET', URI: '/a"b', resp: 200 }))
    const head = `I0102 03:04:05.067000 ${String(process.pid).padStart(7)} kubeling]`
    expect(lines).to.deep.equal([`${head} "HTTP" verb="GET" URI="/a\\"b" resp=200`])
  })

  it('prints JSON, a line each', () => {
    const lines = written({ verbosity: 3, format: 'json' }, (logger) =>
      logger.info(3, 'HTTP', { verb: 'GET', resp: 200 }),
    )
    expect(lines.map((line) => JSON.parse(line) as object)).to.deep.equal([
      { ts: now, caller: 'kubeling', msg: 'HTTP', v: 3, verb: 'GET', resp: 200 },
    ])
  })

  it('leaves out what nobody wants to know', () => {
    expect(written({ verbosity: 2 }, (logger) => logger.info(3, 'HTTP'))).to.deep.equal([])
    expect(written({}, (logger) => logger.info(0, 'ready'))).to.have.length(1)
  })

  it('tells of a refusal in a sentence, and of a defect where it comes from', () => {
    const refusal = newNotFound({ group: '', resource: 'pods' }, 'a')
    const [first, second] = written({ format: 'json' }, (logger) => {
      logger.error('no pod', refusal)
      logger.error('a defect', new TypeError('undefined is not a function'))
    }).map((line) => JSON.parse(line) as { err: string })
    expect(first).to.deep.equal({ ts: now, caller: 'kubeling', msg: 'no pod', err: 'pods "a" not found' })
    expect(second!.err).to.match(/^TypeError: undefined is not a function\n +at /)
  })
})
