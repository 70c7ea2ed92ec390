// Derives server/bootstrap/objects.json, what a fresh cluster holds, from the recording of one.
// Usage: node hack/update-bootstrap.ts [API_DIR] [OUTPUT]
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Recorded {
  object: { kind: string; metadata: { name: string } }
}

const [
  apiDir = join(import.meta.dirname, '../../shared/api'),
  output = join(import.meta.dirname, '../server/bootstrap/objects.json'),
] = process.argv.slice(2)

/** Made by code: they depend on addresses, times and identities of the server at hand. */
const madeByCode = new Set([
  'ComponentStatus',
  'ConfigMap',
  'Endpoints',
  'EndpointSlice',
  'IPAddress',
  'Lease',
  'Service',
  'ServiceCIDR',
])
/** The default account of each namespace comes from its controller. */
const isByController = ({ kind, metadata }: Recorded['object']) =>
  kind === 'ServiceAccount' && metadata.name === 'default'

const recording = JSON.parse(readFileSync(join(apiDir, 'bootstrap.json'), 'utf8')) as {
  apiserver: Recorded[]
  controllers: Recorded[]
}
const select = (recorded: Recorded[]) =>
  recorded.map(({ object }) => object).filter((object) => !madeByCode.has(object.kind) && !isByController(object))

const lines = (objects: object[]) => objects.map((object) => `    ${JSON.stringify(object)}`).join(',\n')
const text = `{
  "generatedBy": "hack/update-bootstrap.ts",
  "apiserver": [
${lines(select(recording.apiserver))}
  ],
  "controllers": [
${lines(select(recording.controllers))}
  ]
}
`
writeFileSync(output, text)
