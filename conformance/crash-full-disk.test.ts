// A whole server whose disk is full: it says so, goes on to answer reads, and has lost nothing when there is room again.
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, sources } from './command.ts'
import { BareClient, tokenFileText } from './soak/client.ts'
import { configMaps, listStored } from './soak/writer.ts'

/** Of every file the server writes; 512 bytes or 1 KiB each, as the shell has it. */
const fileLimitBlocks = 2048

const configMap = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { soak: 'yes' } },
  data: { filler: 'x'.repeat(100_000) },
})

const onUnix = process.platform === 'win32' ? describe.skip : describe

onUnix('a server whose disk is full', function () {
  this.timeout(60_000)

  it('refuses writes, answers reads, and keeps what it acknowledged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeling-full-'))
    const tokens = join(folder, 'tokens.csv')
    writeFileSync(tokens, tokenFileText)
    const args = ['up', '--port', '0', '--bare', '--disable=controllers,scheduler,kubelet']
    args.push('--data-dir', join(folder, 'data'), '--token-auth-file', tokens)
    try {
      const acknowledged = await fill(args)
      await using server = new Command(args)
      using client = new BareClient(await server.ready())
      const { stored } = await listStored(client)
      // The write that was refused may have got there all the same.
      expect([...stored.keys()]).to.include.members(acknowledged)
      expect(stored.size).to.be.at.most(acknowledged.length + 1)
      expect((await client.ask('POST', configMaps, configMap('room'))).status).to.equal(201)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Writes until the server refuses. @returns the names that were acknowledged */
async function fill(args: readonly string[]): Promise<string[]> {
  // A write beyond the limit fails as it does on a full disk.
  const limited = ['-c', `ulimit -f ${fileLimitBlocks}; exec "$0" "$@"`, process.execPath, sources, ...args]
  const child = spawn('bash', limited, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  try {
    child.stdout.setEncoding('utf8')
    for await (const text of child.stdout as AsyncIterable<string>) {
      stdout += text
      if (stdout.includes('Ctrl-C')) break
    }
    using client = new BareClient(/https:\/\/[^\s,]+/.exec(stdout)![0])
    const watch = await client.watch(`${configMaps}?watch=1`)
    const names: string[] = []
    let answer = await client.ask('POST', configMaps, configMap('full-0'))
    while (answer.status === 201) {
      names.push(`full-${names.length}`)
      answer = await client.ask('POST', configMaps, configMap(`full-${names.length}`))
    }
    const readOnly = /^Internal error occurred: a write to the store failed, it is read-only now: /
    expect(answer.status).to.equal(500)
    expect((JSON.parse(answer.body) as { message: string }).message).to.match(readOnly)
    // Watches end, with all that was acknowledged told.
    const told: string[] = []
    for await (const { type, object } of watch) if (type === 'ADDED') told.push(object.metadata.name)
    expect(told.filter((name) => name.startsWith('full-'))).to.deep.equal(names)
    expect((await client.ask('GET', '/readyz')).body).to.contain('[-]etcd failed')
    expect((await client.ask('DELETE', `${configMaps}/full-0`)).body).to.contain('it is read-only now')
    expect([...(await listStored(client)).stored.keys()].sort()).to.deep.equal(names.toSorted())
    expect((await client.ask('GET', `${configMaps}/full-0`)).status).to.equal(200)
    expect(stderr.split('\n').filter((line) => line !== '')).to.have.length(2)
    return names
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
