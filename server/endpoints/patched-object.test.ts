// Patched values that are no object of their kind: the reasons, as a client reads them.
import { expect } from 'chai'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { decodePatched, type PatchedValue } from './patched-object.ts'

const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' }
const base = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } }

describe('a patched object', () => {
  const warnings: string[] = []

  function decode(value: object, more: Partial<PatchedValue> = {}, validation: 'Ignore' | 'Warn' | 'Strict' = 'Warn') {
    const schema = typeByName('io.k8s.api.apps.v1.Deployment') as StructSchema
    const scope = { name: 'a', warn: (text: string) => void warnings.push(text) }
    return decodePatched(schema, deployment, { value: { ...base, ...value }, findings: [], ...more }, validation, scope)
  }

  const reasonOf = (run: () => unknown): string => {
    try {
      run()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('nothing was thrown')
  }

  beforeEach(() => {
    warnings.length = 0
  })

  const mistakes: [name: string, spec: unknown, reason: string][] = [
    ['text for an integer', { replicas: 'many' }, 'unrecognized type: int32'],
    ['a fraction for an integer', { replicas: 1.5 }, 'cannot convert float64 to int32'],
    ['an integer for text', { template: { spec: { nodeName: 5 } } }, 'cannot convert int64 to string'],
    ['a truth for text', { template: { spec: { nodeName: true } } }, 'unrecognized type: string'],
    ['text for a truth', { paused: 'yes' }, 'unrecognized type: bool'],
    ['text for an object', { template: 'x' }, 'cannot restore struct from: string'],
    ['an object for a list', { template: { spec: { containers: {} } } }, 'cannot restore slice from map'],
    ['a list for a map', { selector: { matchLabels: [] } }, 'cannot restore map from slice'],
  ]
  for (const [name, spec, reason] of mistakes) {
    it(`by a strategic merge patch: ${name}`, () => {
      const message = reasonOf(() => decode({ spec }, { strategic: { spec: 1 } }))
      expect(message).to.equal(` "" is invalid: patch: Invalid value: "map[spec:1]": ${reason}`)
    })
  }

  it('by a strategic merge patch: integers keep the bits that their field has room for', () => {
    const { spec } = decode({ spec: { replicas: 2 ** 31 } }, { strategic: {} })
    expect(spec).to.have.property('replicas', -(2 ** 31))
  })

  it('by a merge patch: the value as JSON, and what Go says of it', () => {
    expect(reasonOf(() => decode({ spec: { replicas: 'many' } }))).to.equal(
      ' "" is invalid: patch: Invalid value: ' +
        '"{\\"apiVersion\\":\\"apps/v1\\",\\"kind\\":\\"Deployment\\",\\"metadata\\":{\\"name\\":\\"d\\"},\\"spec\\":{\\"replicas\\":\\"many\\"}}": ' +
        'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    )
  })

  it('may not become another kind, nor one that is not known', () => {
    expect(reasonOf(() => decode({ kind: 'DaemonSet' }))).to.match(
      /converting \(v1.DaemonSet\) to \(apps.Deployment\): unknown conversion$/,
    )
    expect(reasonOf(() => decode({ apiVersion: 'apps/v9' }))).to.match(
      /no kind "Deployment" is registered for version "apps\/v9" in scheme/,
    )
  })

  it('keeps its kind after a strategic merge patch, whatever that says', () => {
    expect(decode({ kind: 'DaemonSet' }, { strategic: {} }).kind).to.equal('Deployment')
  })

  it('warns of unknown and duplicate fields, or is refused', () => {
    const value = { spec: { nope: 1 } }
    const findings = ['duplicate field "spec"']
    decode(value, { findings })
    expect(warnings).to.deep.equal(['duplicate field "spec"', 'unknown field "spec.nope"'])
    expect(reasonOf(() => decode(value, { findings, strategic: value }, 'Strict'))).to.equal(
      ' "" is invalid: patch: Invalid value: "map[spec:map[nope:1]]": strict decoding error: duplicate field "spec", unknown field "spec.nope"',
    )
    decode(value, { findings }, 'Ignore')
    expect(warnings).to.have.length(2)
  })
})
