// Warnings about types in the expressions of policies, as the real controller manager writes them.
import { expect } from 'chai'
import { resources, typeByName } from '../../../openapi/index.ts'
import type { StructSchema } from '../../../openapi/schema.ts'
import type { ValidatingAdmissionPolicy } from '../../api/admissionregistration.ts'
import { checkTypes } from './type-checking.ts'

const served = resources.map((facts) => ({ ...facts, schema: typeByName(facts.type) as StructSchema }))
const deployments = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }
const pods = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'pods/status'] }

function check(
  expression: string,
  resourceRules: object[],
  more: Partial<NonNullable<ValidatingAdmissionPolicy['spec']>> = {},
): readonly (string | undefined)[] {
  const spec = { matchConstraints: { resourceRules }, validations: [{ expression }], ...more }
  return checkTypes({ spec } as ValidatingAdmissionPolicy, served).map(({ warning }) => warning)
}

describe('types in policies', () => {
  it('are fine where every kind has the fields', () => {
    expect(check('object.spec.replicas <= 5', [deployments])).to.deep.equal([])
    expect(check('object.spec.template.spec.containers.all(c, c.image != "")', [deployments])).to.deep.equal([])
    expect(check('object.spec.strategy.rollingUpdate.maxSurge == "5%"', [deployments])).to.deep.equal([])
  })

  it('are wrong where a kind has not', () => {
    expect(check('object.spec.replicas > 1', [deployments, pods])).to.deep.equal([
      "/v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'replicas'\n | object.spec.replicas > 1\n | ...........^\n",
    ])
  })

  it('are not looked at behind wildcards', () => {
    expect(check('object.spec.nope', [{ apiGroups: ['*'], apiVersions: ['v1'], resources: ['*'] }])).to.deep.equal([])
  })

  it('are known of parameters and variables', () => {
    const more = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [{ name: 'count', expression: 'object.spec.replicas' }],
    }
    expect(check('variables.count > 1 && params.data.y == "z"', [deployments], more)).to.deep.equal([])
    const [warning] = check('params.datum.y == "z"', [deployments], more)
    expect(warning).to.contain("apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'datum'")
  })
})
