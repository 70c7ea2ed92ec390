// Kills the whole server at random moments: what was acknowledged is there, and watches go on where they were.
// $KUBELING_CRASH_ROUNDS says how often, 2 by default.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { Command } from './command.ts'
import { BareClient, tokenFileText } from './soak/client.ts'
import { Witness } from './soak/witness.ts'
import { listStored, Writer } from './soak/writer.ts'

const rounds = Number(process.env['KUBELING_CRASH_ROUNDS'] ?? 2)
const agreeWithinMs = 20_000

describe('a server that is killed', function () {
  this.timeout(30_000 + rounds * 20_000)

  it(`loses no acknowledged write, and no event of a watch that is resumed, in ${rounds} kills`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeling-crash-'))
    const tokens = join(folder, 'tokens.csv')
    writeFileSync(tokens, tokenFileText)
    const args = ['up', '--port', '0', '--bare', '--disable=controllers,scheduler,kubelet']
    args.push('--data-dir', join(folder, 'data'), '--token-auth-file', tokens)
    const writers = Array.from({ length: 8 }, (_, at) => new Writer(`w${at}`, 4))
    const witnesses = Array.from({ length: 3 }, () => new Witness())
    try {
      for (let round = 0; round <= rounds; round++) {
        await using server = new Command(args)
        using client = new BareClient(await server.ready())
        const { stored } = await listStored(client)
        expect(writers.flatMap((writer) => writer.check(stored))).to.deep.equal([])
        const isOver = { value: false }
        const following = witnesses.map((one) => follow(one, client, isOver))
        await until(() => witnesses.every((one) => one.agrees(stored)))
        expect(witnesses.flatMap(({ faults }) => faults)).to.deep.equal([])
        if (round < rounds) await writeUntilKilled(server, client, writers)
        isOver.value = true
        for (const one of witnesses) one.leave()
        await Promise.all(following)
      }
      // Each began with one list, and never had to list again: the history was there.
      expect(witnesses.map(({ lists }) => lists)).to.deep.equal(witnesses.map(() => 1))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Resumes the watch whenever it ends, as clients do, for as long as the server is there. */
async function follow(witness: Witness, client: BareClient, isOver: { readonly value: boolean }): Promise<void> {
  while (!isOver.value) {
    try {
      await witness.follow(client)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      await turn()
    }
  }
}

async function writeUntilKilled(server: Command, client: BareClient, writers: readonly Writer[]): Promise<void> {
  const begun = sum(writers)
  const acknowledgements = begun + 1 + Math.floor(Math.random() * 400)
  const isKilled = { value: false }
  const writing = writers.map(async (writer) => {
    for (;;) {
      try {
        await writer.write(client)
      } catch (error) {
        // Whoever was not answered because of the kill is in doubt; any other failure is one of the server.
        if (isKilled.value && (error as NodeJS.ErrnoException).code !== undefined) return
        throw error
      }
    }
  })
  const killing = (async () => {
    await until(() => sum(writers) >= acknowledgements)
    // Anywhere within a write, not only right after one.
    await delay(Math.random() * 4)
    isKilled.value = true
    server.kill('SIGKILL')
  })()
  await Promise.all([killing, ...writing])
  await server.ended()
}

function sum(writers: readonly Writer[]): number {
  return writers.reduce((total, { acknowledged }) => total + acknowledged, 0)
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + agreeWithinMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come to that in time')
    await delay(1)
  }
}
