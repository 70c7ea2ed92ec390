// YAML is read as a real server reads it.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { encodeYAML, parseYAML, YAMLError } from './yaml.ts'

interface Samples {
  printed: { value: unknown; yaml: string }[]
  parsed: { yaml: string; json?: unknown; error?: string; strict?: string }[]
}

// What sigs.k8s.io/yaml v1.6 makes of the same values and texts.
const samples = JSON.parse(readFileSync(new URL('testdata/yaml.json', import.meta.url), 'utf8')) as Samples

describe('YAML', () => {
  for (const { value, yaml } of samples.printed) {
    it(`prints ${JSON.stringify(value).slice(0, 60)} as Go does`, () => {
      expect(encodeYAML(value)).to.equal(yaml)
    })
  }

  for (const { yaml, json, error, strict } of samples.parsed) {
    it(`reads ${JSON.stringify(yaml).slice(0, 60)} as Go does`, () => {
      if (error !== undefined) {
        expect(() => parseYAML(yaml))
          .to.throw(YAMLError)
          .with.property('message', error)
        return
      }
      const { value, duplicates } = parseYAML(yaml)
      expect(JSON.stringify(value)).to.equal(JSON.stringify(json))
      expect(duplicates.length === 0 ? undefined : `yaml: unmarshal errors:\n  ${duplicates.join('\n  ')}`).to.equal(
        strict,
      )
    })
  }

  it('does not let aliases blow a text up', () => {
    const levels = 'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
    expect(() => parseYAML(`a: &a [1]\n${levels.join('\n')}\n`)).to.throw(
      YAMLError,
      'yaml: document contains excessive aliasing',
    )
  })
})
