// Makes openapi/definitions/ again in a temporary folder and compares: `node hack/verify-definitions.ts [API_DIR]`.
// Exits 1 if a file differs, is missing or is too many.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiDirOf, writeDefinitions } from './update-definitions.ts'

const apiDir = apiDirOf(process.argv)
if (!existsSync(join(apiDir, 'fields.json'))) {
  console.log(`verify-definitions: skipped, no recordings at ${apiDir}`)
} else {
  const committed = fileURLToPath(new URL('../openapi/definitions', import.meta.url))
  const made = mkdtempSync(join(tmpdir(), 'definitions-'))
  try {
    writeDefinitions(apiDir, made)
    const textIn = (folder: string, name: string): string | undefined =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined
    const names = [...new Set([...readdirSync(committed), ...readdirSync(made)])].sort()
    const different = names.filter((name) => textIn(committed, name) !== textIn(made, name))
    for (const name of different)
      console.error(`verify-definitions: openapi/definitions/${name} is not what the recordings give`)
    if (different.length > 0) {
      console.error('verify-definitions: run `node hack/update-definitions.ts` and commit the result')
      process.exitCode = 1
    } else {
      console.log(`verify-definitions: ${names.length} files are up to date`)
    }
  } finally {
    rmSync(made, { recursive: true })
  }
}
