// Makes the tables of server/apimachinery/template-hash/ again and compares: `node hack/verify-template-hash.ts [API_DIR]`.
// Exits 1 if a file differs.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiDirOf } from './update-definitions.ts'
import { writeTemplateHash } from './update-template-hash.ts'

const apiDir = apiDirOf(process.argv)
const committed = fileURLToPath(new URL('../server/apimachinery/template-hash', import.meta.url))
if (!existsSync(join(apiDir, 'template-hash'))) {
  console.log(`verify-template-hash: skipped, no recordings at ${apiDir}`)
} else {
  const made = mkdtempSync(join(tmpdir(), 'template-hash-'))
  try {
    writeTemplateHash(apiDir, made)
    const different = ['go-types.json', join('testdata', 'vectors.json')].filter(
      (name) => readFileSync(join(committed, name), 'utf8') !== readFileSync(join(made, name), 'utf8'),
    )
    for (const name of different) console.error(`verify-template-hash: ${name} is not what the recordings give`)
    if (different.length > 0) process.exitCode = 1
    else console.log('verify-template-hash: up to date')
  } finally {
    rmSync(made, { recursive: true })
  }
}
