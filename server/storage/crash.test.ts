// Kills a writing process over and over: what was acknowledged is there, and nothing is there by halves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { openLevelStore } from './leveldb.ts'
import { isWhole, operationAt, stateBefore, writerCount } from './testdata/crash-plan.ts'
import type { Store } from './store.ts'

const rounds = 20
const writerScript = fileURLToPath(new URL('./testdata/crash-writer.ts', import.meta.url))

/** Runs writers from `starts` and kills them once `acknowledgements` lines came. Moves `starts` past what was acknowledged. */
async function writeAndKill(path: string, starts: number[], acknowledgements: number): Promise<number> {
  const child = spawn(process.execPath, [writerScript, path, ...starts.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let count = 0
  let revision = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const words = line.split(' ').map(Number)
    // The kill may cut the last line short: who was about to say it is in doubt.
    if (words.length < 3) continue
    starts[words[0]!] = words[1]! + 1
    revision = Math.max(revision, words[2]!)
    if (++count === acknowledgements) child.kill('SIGKILL')
  }
  expect((await exit)[1], 'the writer must run until it is killed').to.equal('SIGKILL')
  return revision
}

/** Whether the writer's operation at `sequence` has been done, all before it being done for certain. */
function isDone(store: Store, writer: number, sequence: number): boolean {
  const { key, object } = operationAt(writer, sequence)
  return store.get(key)?.object['sequence'] === (object === undefined ? undefined : sequence)
}

describe('crash', function () {
  this.timeout(60_000)

  it(`loses no acknowledged write and tears none, in ${rounds} kills`, async () => {
    const path = await mkdtemp(join(tmpdir(), 'kubeling-crash-'))
    try {
      const starts = Array.from({ length: writerCount }, () => 0)
      let lastRevision = 1
      for (let round = 0; round < rounds; round++) {
        const acknowledged = await writeAndKill(path, starts, 1 + Math.floor(Math.random() * 400))
        const store = await openLevelStore({ path, durability: 'relaxed' })
        try {
          expect(store.revision).to.be.at.least(Math.max(acknowledged, lastRevision))
          lastRevision = store.revision
          for (const entry of store.snapshot().entries('')) expect(isWhole(entry.object), entry.key).to.equal(true)
          for (let writer = 0; writer < writerCount; writer++) {
            // Each writer waits for its acknowledgement, so at most one of its writes is in doubt.
            if (isDone(store, writer, starts[writer]!)) starts[writer]!++
            const found = [...store.snapshot().entries(`/crash/${writer}/`)]
            expect(new Map(found.map(({ key, object }) => [key, object['sequence']]))).to.deep.equal(
              stateBefore(writer, starts[writer]!),
            )
          }
          // Each write took one revision, and none was taken back.
          expect(store.revision).to.equal(1 + starts.reduce((sum, start) => sum + start, 0))
          // History of all rounds can be read, and compaction is part of what must survive.
          if (round % 5 === 4) await store.compact(store.revision - 10)
          const { entries } = await store.list('', { revision: store.revision - 5 })
          for (const entry of entries) expect(isWhole(entry.object), entry.key).to.equal(true)
        } finally {
          await store.close()
        }
      }
    } finally {
      await rm(path, { recursive: true })
    }
  })
})
