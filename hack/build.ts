// Makes dist/, which is what gets published: JavaScript, its types, and the tables that the sources read beside them.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
for (const file of globSync(['server/**/*.json', 'openapi/**/*.json'], {
  cwd: root,
  exclude: (name) => name.includes('testdata'),
})) {
  cpSync(join(root, file), join(dist, file))
}
chmodSync(join(dist, 'server/main.js'), 0o755)
