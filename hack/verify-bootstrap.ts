// Makes server/bootstrap/objects.json again in a temporary folder and compares.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const apiDir = process.argv[2] ?? join(import.meta.dirname, '../../shared/api')
if (!existsSync(apiDir)) {
  console.log(`verify-bootstrap: skipped, no recordings at ${apiDir}`)
} else {
  const output = join(mkdtempSync(join(tmpdir(), 'kubeling-verify-')), 'objects.json')
  execFileSync(process.execPath, [join(import.meta.dirname, 'update-bootstrap.ts'), apiDir, output])
  const committed = readFileSync(join(import.meta.dirname, '../server/bootstrap/objects.json'), 'utf8')
  if (readFileSync(output, 'utf8') !== committed) {
    console.error('verify-bootstrap: server/bootstrap/objects.json is out of date: run `make generate`')
    process.exitCode = 1
  }
}
