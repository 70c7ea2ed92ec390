// Bodies as objects of the kind that is asked for.
import { expect } from 'chai'
import { StatusError } from '../apimachinery/errors.ts'
import type { Resource } from '../registry/resources.ts'
import { decodeForResource, defaultAndConvert } from './decode.ts'
import { TestApi } from './testing.ts'

describe('decodeForResource', () => {
  let api: TestApi
  let warnings: string[]

  before(async () => {
    api = await TestApi.start()
  })

  after(() => api.store.close())

  beforeEach(() => {
    warnings = []
  })

  const options = (fieldValidation: 'Ignore' | 'Warn' | 'Strict' = 'Warn') => ({
    fieldValidation,
    warn: (text: string) => void warnings.push(text),
  })
  const resource = (name: string): Resource => api.resources.byName(name)!

  for (const sent of [{}, { kind: 'ConfigMap' }, { apiVersion: 'v1' }, null]) {
    it(`knows the kind of ${JSON.stringify(sent)} by the path`, () => {
      expect(decodeForResource(resource('configmaps'), { value: sent, findings: [] }, options())).to.include({
        kind: 'ConfigMap',
        apiVersion: 'v1',
      })
    })
  }

  it('tells what the text and the kind make of members in the order of the text', () => {
    const members = (): string[] => ['data', 'x', 'data', 'y']
    const body = { value: { data: {}, x: 1, y: 2 }, findings: ['duplicate field "data"'], members }
    decodeForResource(resource('configmaps'), body, options())
    expect(warnings).to.deep.equal(['unknown field "x"', 'duplicate field "data"', 'unknown field "y"'])
  })

  const bad: { name: string; resource?: string; value: object; why: string }[] = [
    {
      name: 'another kind',
      value: { apiVersion: 'v1', kind: 'Secret' },
      why: 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    },
    {
      name: 'a kind that is none',
      value: { apiVersion: 'v1', kind: 'Nosuch' },
      why: 'Nosuch in version "v1" cannot be handled as a ConfigMap: no kind "Nosuch" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    },
    {
      name: 'another group',
      value: { apiVersion: 'apps/v1', kind: 'ConfigMap' },
      why: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"',
    },
    {
      name: 'an old version',
      resource: 'deployments.apps',
      value: { apiVersion: 'apps/v1beta1', kind: 'Deployment' },
      why: 'the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)',
    },
    {
      name: 'a wrong type',
      value: { metadata: { name: 5 } },
      why: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    },
  ]
  for (const { name, resource: of = 'configmaps', value, why } of bad) {
    it(`refuses ${name}`, () => {
      expect(() => decodeForResource(resource(of), { value, findings: [] }, options('Ignore'))).to.throw(
        StatusError,
        why,
      )
    })
  }

  const unknown = { value: { metadata: { name: 'a', nope: 1 }, extra: 2 }, findings: ['duplicate field "data"'] }

  it('warns of unknown and duplicate fields', () => {
    const object = decodeForResource(resource('configmaps'), unknown, options())
    expect(object).to.not.have.property('extra')
    expect(warnings).to.have.members([
      'duplicate field "data"',
      'unknown field "metadata.nope"',
      'unknown field "extra"',
    ])
  })

  it('refuses them where it is strict', () => {
    expect(() => decodeForResource(resource('configmaps'), unknown, options('Strict'))).to.throw(
      /strict decoding error: duplicate field "data", unknown field /,
    )
    expect(warnings).to.deep.equal([])
  })

  it('says nothing where they are ignored', () => {
    decodeForResource(resource('configmaps'), unknown, options('Ignore'))
    expect(warnings).to.deep.equal([])
  })

  it('leaves what was sent as it was', () => {
    const value = Object.freeze({ metadata: Object.freeze({ name: 'a' }), data: Object.freeze({ k: 'v' }) })
    const object = decodeForResource(resource('configmaps'), { value, findings: [] }, options())
    object.metadata!.name = 'b'
    expect(value.metadata.name).to.equal('a')
  })

  it('sets defaults, and makes the stored version of another', () => {
    const v1 = api.resources.get('autoscaling', 'v1', 'horizontalpodautoscalers')!
    const value = {
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
    }
    const stored = defaultAndConvert(v1, decodeForResource(v1, { value, findings: [] }, options()))
    expect(stored).to.include({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' })
    expect(stored['spec']).to.deep.include({
      minReplicas: 1,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    })
  })
})
