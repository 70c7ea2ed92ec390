// What a real Kubernetes 1.36 API server answered, asked of this one: conformance/recordings/. The server runs as the
// recorded one did: nothing but the API server, without the ServiceAccount admission plugin.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster, type Cluster } from '../server/index.ts'
import { readRecordings } from './replay/case-file.ts'
import { comparedHeadersOf } from './replay/reduce.ts'
import { Replayer } from './replay/run.ts'

/** Recordings that are known to pass; new ones are added as they do. */
const passing = ['discovery/groups', 'discovery/misc', 'discovery/openapi', 'discovery/resources']

describe('recorded conversations', function () {
  this.timeout(20_000)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-recordings-'))
  let cluster: Cluster
  let replayer: Replayer

  before(async () => {
    const tokenAuthFile = join(folder, 'tokens.csv')
    writeFileSync(tokenAuthFile, 'recorded-admin,admin,1,system:masters\n')
    cluster = await startCluster({
      bare: true,
      disable: ['controllers', 'scheduler', 'kubelet'],
      disableAdmissionPlugins: ['ServiceAccount'],
      tokenAuthFile,
    })
    const { url, kubeconfigOptions } = cluster
    replayer = new Replayer({ url, authority: kubeconfigOptions.authority, token: 'recorded-admin' })
  })

  after(async () => {
    replayer[Symbol.dispose]()
    await cluster.close()
    rmSync(folder, { recursive: true })
  })

  for (const { name, cases, golden } of readRecordings(join(import.meta.dirname, 'recordings'))) {
    if (!passing.includes(name)) continue
    describe(name, () => {
      for (const recorded of cases) {
        it(recorded.name, async () => {
          const answers = await replayer.run(recorded)
          const wanted = golden[recorded.name]!.map((answer) =>
            answer.headers === undefined ? answer : { ...answer, headers: comparedHeadersOf(answer.headers) },
          )
          expect(answers).to.deep.equal(wanted)
        })
      }
    })
  }
})
