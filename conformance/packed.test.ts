// What gets published: the packed tarball, installed into an empty folder, starts a cluster by its command and as a library.
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Command, run } from './command.ts'

const root = join(import.meta.dirname, '..')

/** npm is a script for a shell on Windows. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32' })
}

describe('the published package', function () {
  this.timeout(120_000)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-packed-'))
  const installed = join(folder, 'node_modules/kubeling')

  before(async () => {
    await npm(['pack', '--silent', '--pack-destination', folder], root)
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    await npm(
      ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev', join(folder, tarball)],
      folder,
    )
  })

  after(() => rmSync(folder, { recursive: true }))

  it('holds what is needed, and no sources or tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll('\\', '/'),
    )
    expect(files).to.include.members([
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'dist/server/main.js',
      'dist/server/index.d.ts',
    ])
    expect(files.filter((name) => /\.test\.|testdata|(?<!\.d)\.ts$|^conformance|^hack/.test(name))).to.deep.equal([])
  })

  it('starts a cluster by its command', async () => {
    const { bin, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: { kubeling: string }
      version: string
    }
    const script = join(installed, bin.kubeling)
    expect((await run(['version'], script)).stdout).to.contain(`kubeling ${version}\n`)
    await using command = new Command(['up', '--port', '0', '--data-dir', join(folder, 'data')], script)
    const url = await command.ready()
    expect(await readyz(url)).to.equal('ok')
  })

  it('starts a cluster as a library', async () => {
    const script = join(folder, 'library.js')
    writeFileSync(
      script,
      `import { startCluster } from 'kubeling'
       await using cluster = await startCluster()
       const config = await cluster.kubeConfig()
       console.log(cluster.url === config.getCurrentCluster().server, (await cluster.client().list('nodes')).items.length)`,
    )
    const { exitCode, stdout, stderr } = await run([], script)
    expect({ exitCode, stdout, stderr }).to.deep.equal({ exitCode: 0, stdout: 'true 1\n', stderr: '' })
  })
})

async function readyz(url: string): Promise<string> {
  const { get } = await import('node:https')
  return new Promise((resolve, reject) => {
    get(`${url}/readyz`, { rejectUnauthorized: false, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(body))
    }).on('error', reject)
  })
}
