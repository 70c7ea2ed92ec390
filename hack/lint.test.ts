// The layer table of oxlint.config.ts: it names every folder of server/, and the linter refuses what it forbids.
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { layers } from '../oxlint.config.ts'

const root = join(import.meta.dirname, '..')
const folders = readdirSync(join(root, 'server'), { withFileTypes: true })
  .filter((one) => one.isDirectory())
  .map(({ name }) => name)

/** Lints these files, in a project with our folders and our configuration, and returns what the linter says. */
function lint(files: Readonly<Record<string, string>>): { exitCode: number | null; output: string } {
  const project = mkdtempSync(join(tmpdir(), 'kubeling-lint-'))
  try {
    for (const name of ['oxlint.config.ts', 'package.json', 'tsconfig.json'])
      cpSync(join(root, name), join(project, name))
    for (const name of folders) mkdirSync(join(project, 'server', name), { recursive: true })
    writeFileSync(join(project, 'server/cluster.ts'), 'export const cluster = 1\n')
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, path)), { recursive: true })
      writeFileSync(join(project, path), text)
    }
    // One line a finding, without colours: the default format depends on where it runs (CI=1 colours it).
    const linter = join(root, 'node_modules/oxlint/bin/oxlint')
    const { status, stdout, stderr } = spawnSync(process.execPath, [linter, '--format=unix'], {
      cwd: project,
      encoding: 'utf8',
    })
    return { exitCode: status, output: stdout + stderr }
  } finally {
    rmSync(project, { recursive: true })
  }
}

describe('layers', function () {
  this.timeout(20_000)

  it('has every folder of server/ in its table, and no other', () => {
    expect(Object.keys(layers).sort()).to.deep.equal([...folders].sort())
  })

  it('lets pass what goes down', () => {
    const { exitCode, output } = lint({
      'server/registry/store.ts': `import { x } from '../storage/store.ts'\nexport const y = x\n`,
      'server/kinds/core/pod/index.ts': `import { x } from '../../../registry/kind.ts'\nexport const y = x\n`,
      'server/kinds/index.ts': `export { x } from './storage/csinode.ts'\n`,
    })
    expect(output).to.equal('')
    expect(exitCode).to.equal(0)
  })

  const planted: { name: string; path: string; text: string }[] = [
    {
      name: 'an import of a higher layer',
      path: 'storage/a.ts',
      text: `import { x } from '../registry/b.ts'\nexport const y = x\n`,
    },
    {
      name: 'a type of a higher layer',
      path: 'storage/a.ts',
      text: `import type { X } from '../registry/b.ts'\nexport type Y = X\n`,
    },
    { name: 'a re-export', path: 'api/a.ts', text: `export { x } from '../kinds/b.ts'\n` },
    { name: 'a dynamic import', path: 'scheduler/a.ts', text: `export const x = await import('../kubelet/b.ts')\n` },
    {
      name: 'an import from a sub-folder',
      path: 'kinds/core/pod/a.ts',
      text: `import { x } from '../../../storage/b.ts'\nexport const y = x\n`,
    },
    {
      name: 'the composition root',
      path: 'http/filters/a.ts',
      text: `import { x } from '../../cluster.ts'\nexport const y = x\n`,
    },
    { name: 'the command line', path: 'http/a.ts', text: `import { x } from '../cli/up.ts'\nexport const y = x\n` },
    {
      name: 'a tool of the project',
      path: 'client/a.ts',
      text: `import { x } from '../../hack/build.ts'\nexport const y = x\n`,
    },
    {
      name: 'a package outside its home',
      path: 'endpoints/a.ts',
      text: `import Koa from 'koa'\nexport const y = new Koa()\n`,
    },
    {
      name: 'a package for tests',
      path: 'endpoints/a.ts',
      text: `import { expect } from 'chai'\nexport const y = expect\n`,
    },
  ]

  it('refuses what goes up or sideways, in every form of import', () => {
    const files = Object.fromEntries(
      planted.map(({ path, text }, at) => [`server/${path.replace('a.ts', `a${at}.ts`)}`, text]),
    )
    const { exitCode, output } = lint(files)
    const passed = planted.filter(({ path }, at) => !output.includes(`server/${path.replace('a.ts', `a${at}.ts`)}:`))
    expect(passed.map(({ name }) => name)).to.deep.equal([])
    expect(exitCode).to.not.equal(0)
  })

  it('refuses a cycle', () => {
    const { exitCode, output } = lint({
      'server/api/a.ts': `import { b } from './b.ts'\nexport const a = (): unknown => b\n`,
      'server/api/b.ts': `import { a } from './a.ts'\nexport const b = (): unknown => a\n`,
    })
    expect(output).to.contain('import(no-cycle)')
    expect(exitCode).to.not.equal(0)
  })

  it('refuses a folder that is not in the table', () => {
    const { exitCode, output } = lint({ 'server/newcomer/a.ts': 'export const a = 1\n' })
    expect(output).to.contain('not in the layer table of oxlint.config.ts: newcomer')
    expect(exitCode).to.not.equal(0)
  })
})
