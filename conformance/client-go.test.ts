// Stock client-go, with the Go on PATH, against a whole cluster: conformance/clients/go, one test for each of its tests.
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from './command.ts'

const module = join(import.meta.dirname, 'clients/go')
/** For what a machine that has never built client-go does first. A build that is stopped goes on from there next time. */
const fetchLimitMs = 90_000
const buildLimitMs = 240_000
const testLimitMs = 60_000

const tests = readdirSync(module)
  .filter((name) => name.endsWith('_test.go'))
  .flatMap((name) => [...readFileSync(join(module, name), 'utf8').matchAll(/^func (Test\w+)\(/gm)])
  .map(([, name]) => name!)

describe('client-go', function () {
  this.timeout(fetchLimitMs + buildLimitMs + testLimitMs)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-client-go-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const program = join(folder, process.platform === 'win32' ? 'client-go.exe' : 'client-go')
  let command: Command | undefined

  function go(args: readonly string[], limitMs: number): { failure: string | undefined; isStopped: boolean } {
    const { error, status, stderr } = spawnSync('go', args, {
      cwd: module,
      encoding: 'utf8',
      env: { ...process.env, GOWORK: 'off' },
      maxBuffer: 2 ** 26,
      timeout: limitMs,
      killSignal: 'SIGINT',
    })
    const isStopped = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'
    return { failure: error?.message ?? (status === 0 ? undefined : stderr), isStopped }
  }

  before(async function () {
    if (go(['version'], fetchLimitMs).failure !== undefined) {
      console.log('  client-go: skipped, there is no Go on PATH')
      this.skip()
    }
    const { failure: notFetched } = go(['list', '-deps', '-test', '.'], fetchLimitMs)
    if (notFetched !== undefined) {
      console.log(`  client-go: skipped, its modules cannot be fetched: ${notFetched.trim().split('\n').at(-1)}`)
      this.skip()
    }
    const built = go(['test', '-c', '-vet=off', '-ldflags=-s -w', '-o', program, '.'], buildLimitMs)
    if (built.isStopped) {
      console.log(`  client-go: skipped, not built within ${buildLimitMs / 1000} s`)
      this.skip()
    }
    expect(built.failure, 'go test -c').to.equal(undefined)
    command = new Command(['up', '--in-memory', '--port', '0', '--bare', '--nodes', '3', '--kubeconfig', kubeconfig])
    await command.ready()
  })

  after(async () => {
    await command?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  for (const name of tests) {
    it(name, () => {
      const { status, stdout, stderr } = spawnSync(program, [`-test.run=^${name}$`, `-test.timeout=${testLimitMs}ms`], {
        cwd: module,
        encoding: 'utf8',
        env: { ...process.env, KUBECONFIG: kubeconfig },
      })
      expect(status, stdout + stderr).to.equal(0)
      expect(stdout).to.equal('PASS\n')
    })
  }
})
