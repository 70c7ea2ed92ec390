// Runs the scripts of this folder that make or verify generated files.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Runs every script of this folder that begins with `prefix`, one after the other.
 * @returns whether all succeeded
 */
export function runAll(prefix: 'update-' | 'verify-', args: readonly string[]): boolean {
  const scripts = readdirSync(import.meta.dirname).filter((name) => name.startsWith(prefix) && name.endsWith('.ts'))
  const failed = scripts.sort().filter((name) => {
    const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: 'inherit' })
    return status !== 0
  })
  for (const name of failed) console.error(`hack/${name} failed`)
  return failed.length === 0
}
