// What a real Kubernetes 1.36 API server answered, asked of this one: conformance/recordings/. The server runs as the
// recorded one did: nothing but the API server, without the ServiceAccount admission plugin; cases that are tagged need more.
import { expect } from 'chai'
import { join } from 'node:path'
import { knownFailures } from './known-failures.ts'
import { readRecordings, type Answer, type RecordedCase } from './replay/case-file.ts'
import { differences } from './replay/compare.ts'
import { LookAhead } from './replay/look-ahead.ts'
import { Servers } from './replay/servers.ts'

const casesAtOnce = 24
const shownDifferences = 10
/** Seconds. The recorded server was slower: where a retry of a case has not succeeded by then, it will not. */
const patience = { retrySeconds: 5 }
const patienceWithKnownFailures = { retrySeconds: 1 }

interface ReplayedCase {
  /** `discovery/misc/version` */
  readonly name: string
  readonly recorded: RecordedCase
  readonly golden: readonly Answer[]
}

describe('recorded conversations', function () {
  // Of a single case, with all those that have to end before it.
  this.timeout(60_000)
  const servers = new Servers()
  const recordings = readRecordings(join(import.meta.dirname, 'recordings'))
  const casesOf = ({ name, cases, golden }: (typeof recordings)[number]): ReplayedCase[] =>
    cases.map((recorded) => ({
      name: `${name}/${recorded.name}`,
      recorded,
      golden: golden[recorded.name] ?? [],
    }))
  const byFile = recordings.map((recording) => ({ name: recording.name, cases: casesOf(recording) }))
  const results = new LookAhead({
    jobs: byFile.flatMap(({ cases }) => cases),
    isAlone: ({ recorded }) => recorded.serial === true,
    atOnce: casesAtOnce,
    async run({ name, recorded, golden }: ReplayedCase) {
      const replayer = await servers.replayer(recorded.tags)
      const isKnown = Object.hasOwn(knownFailures, name)
      return differences(golden, await replayer.run(recorded, isKnown ? patienceWithKnownFailures : patience))
    },
  })

  after(async () => {
    await results.stop()
    await servers[Symbol.asyncDispose]()
  })

  for (const { name, cases } of byFile) {
    describe(name, () => {
      for (const one of cases) {
        const reason = knownFailures[one.name]
        if (reason === undefined) {
          it(one.recorded.name, async () => {
            const found = await results.result(one)
            if (found.length > 0) expect.fail(found.slice(0, shownDifferences).join('\n'))
          })
        } else {
          it(`${one.recorded.name}: fails as long as ${reason}`, async () => {
            if ((await results.result(one)).length === 0)
              expect.fail('it passes now: known-failures.ts need not name it')
          })
        }
      }
    })
  }

  it('has no case twice, and knows all those that are said to fail', () => {
    const names = byFile.flatMap(({ cases }) => cases.map((one) => one.name))
    expect(names).to.have.length(new Set(names).size)
    expect(names).to.include.members(Object.keys(knownFailures))
  })
})
