// Bound policies: the objects they refer to, and the namespaces they select.
import { expect } from 'chai'
import { StatusError } from '../../apimachinery/errors.ts'
import { FakeReader, request } from '../fake-cluster.ts'
import { validatingAdmissionPolicy } from './validating-admission-policy.ts'

const configMap = (name: string, data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns' },
  data,
})

function readerWith(policy: object, binding: object = {}): FakeReader {
  return new FakeReader({
    namespaces: [{ metadata: { name: 'ns', labels: { team: 'a' } } }],
    configmaps: [configMap('limits', { max: '1' })],
    'validatingadmissionpolicies.admissionregistration.k8s.io': [
      {
        metadata: { name: 'p' },
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
            ],
          },
          ...policy,
        },
      },
    ],
    'validatingadmissionpolicybindings.admissionregistration.k8s.io': [
      { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...binding } },
    ],
  })
}

async function refusalOf(reader: FakeReader, data: object): Promise<string> {
  const attributes = request(configMap('a', data), { resource: 'configmaps', kind: 'ConfigMap' })
  try {
    await validatingAdmissionPolicy.validate!(attributes, reader)
    return ''
  } catch (error) {
    expect(error).to.be.instanceOf(StatusError)
    return (error as StatusError).message
  }
}

const refused = "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "

describe('ValidatingAdmissionPolicy', () => {
  it('judges with the objects that a binding refers to', async () => {
    const reader = readerWith(
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [{ expression: 'size(object.data) <= int(params.data.max)', message: 'too many' }],
      },
      { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
    )
    expect(await refusalOf(reader, { k: '1' })).to.equal('')
    expect(await refusalOf(reader, { k: '1', l: '2' })).to.equal(`${refused}too many`)
  })

  it('refuses where such an object is missing, if it is told to', async () => {
    const reader = readerWith(
      { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] },
      { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } },
    )
    const why = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'
    expect(await refusalOf(reader, {})).to.equal(refused + why)
  })

  it('does not look at namespaces that a binding does not select', async () => {
    const policy = { validations: [{ expression: 'false' }] }
    const selecting = (team: string): object => ({ matchResources: { namespaceSelector: { matchLabels: { team } } } })
    expect(await refusalOf(readerWith(policy, selecting('a')), {})).to.equal(`${refused}failed expression: false`)
    expect(await refusalOf(readerWith(policy, selecting('b')), {})).to.equal('')
  })
})
