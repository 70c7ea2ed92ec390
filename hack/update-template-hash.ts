// Derives the tables of server/apimachinery/template-hash/ from the recordings: `node hack/update-template-hash.ts [API_DIR]`.
// go-types.json: for each Go type that a pod template reaches, its fields in Go order. testdata/vectors.json: templates
// with the hash a real controller gives them, the hashed text only for the last one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiDirOf } from './update-definitions.ts'

interface RecordedField {
  Go: string
  JSON: string
  Type: string
  Embedded?: boolean
}

interface RecordedVector {
  template: unknown
  collisionCount?: number | null
  hash: string
  printed: string
}

/** Types that are printed by code of their own, and what only they reach. */
const special = /^(big|inf|intstr|resource|time)\.|^v1\.(FieldsV1|ManagedFieldsEntry|Time)$/

/** Writes the tables into a folder laid out as server/apimachinery/template-hash/. */
export function writeTemplateHash(apiDir: string, target: string): void {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(apiDir, 'template-hash', name), 'utf8'))
  const types = Object.entries(read('go-types.json') as Record<string, RecordedField[]>)
    .filter(([name]) => !special.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, fields]) => {
      const rows = fields.map(({ Go, JSON: json, Type }) => JSON.stringify([Go, json, Type]))
      return `${JSON.stringify(name)}: [${rows.join(', ')}]`
    })
  writeFileSync(join(target, 'go-types.json'), `{\n${types.join(',\n')}\n}\n`)
  const vectors = (read('vectors.json') as RecordedVector[]).map(
    ({ template, collisionCount, hash, printed }, at, all) =>
      JSON.stringify({
        template,
        ...(typeof collisionCount === 'number' ? { collisionCount } : {}),
        hash,
        ...(at === all.length - 1 ? { printed } : {}),
      }),
  )
  mkdirSync(join(target, 'testdata'), { recursive: true })
  writeFileSync(join(target, 'testdata', 'vectors.json'), `[\n${vectors.join(',\n')}\n]\n`)
}

if (import.meta.main) {
  writeTemplateHash(
    apiDirOf(process.argv),
    fileURLToPath(new URL('../server/apimachinery/template-hash', import.meta.url)),
  )
}
