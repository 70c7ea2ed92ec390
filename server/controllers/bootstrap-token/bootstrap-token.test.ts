// Tokens for nodes to join with: what they sign, and when they go.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import { listersOf, type ControllerDefinition } from '../../client/controller.ts'
import { ago, NOW, told, written } from '../testing.ts'
import { tokenCleaner } from './cleaner.ts'
import { bootstrapSigner } from './signer.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64')

function token(id: string, more: Record<string, string> = {}): Stored<core.Secret> {
  const data = {
    'token-id': id,
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-signing': 'true',
    ...more,
  }
  return {
    metadata: {
      name: `bootstrap-token-${id}`,
      namespace: 'kube-system',
      uid: id,
      resourceVersion: '1',
      creationTimestamp: ago(1),
    },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
  }
}

const info = (data: Record<string, string>): KubeObject =>
  ({ metadata: { name: 'cluster-info', namespace: 'kube-public' }, data }) as KubeObject

function run(definition: ControllerDefinition, key: string, objects: Record<string, readonly KubeObject[]>) {
  return definition.reconcile(key, listersOf(definition, objects), NOW)
}

describe('bootstrap-signer-controller', () => {
  const sign = (data: Record<string, string>, secrets: readonly KubeObject[]) =>
    run(bootstrapSigner.definition, 'cluster-info', { configmaps: [info(data)], secrets })

  it('signs what nodes are told with each token', () => {
    const signed = written<core.ConfigMap>(sign({ kubeconfig: 'content' }, [token('abcdef')]), 'configmaps')
    const [header = '', payload, signature] = (signed?.data?.['jws-kubeconfig-abcdef'] ?? '').split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.equal({ alg: 'HS256', kid: 'abcdef' })
    expect([payload, signature?.length]).to.deep.equal(['', 43])
    expect(sign({ ...signed?.data }, [token('abcdef')])).to.deep.equal([])
  })

  it('takes away signatures of tokens that are gone, or may not sign', () => {
    const data = { kubeconfig: 'content', 'jws-kubeconfig-abcdef': 'x', other: 'y' }
    const secrets = [token('abcdef', { 'usage-bootstrap-signing': 'false' }), token('ffffff', { expiration: ago(1) })]
    expect(written<core.ConfigMap>(sign(data, secrets), 'configmaps')?.data).to.deep.equal({
      kubeconfig: 'content',
      other: 'y',
    })
  })

  it('signs nothing where there is nothing to sign', () => {
    expect(sign({}, [token('abcdef')])).to.deep.equal([])
  })
})

describe('token-cleaner-controller', () => {
  const clean = (secret: Stored<core.Secret>): string[] =>
    told(run(tokenCleaner.definition, `kube-system/${secret.metadata.name}`, { secrets: [secret] }))

  it('takes tokens whose time is over', () => {
    expect(clean(token('abcdef', { expiration: ago(1) }))).to.deep.equal(['delete secrets bootstrap-token-abcdef'])
    expect(clean(token('abcdef', { expiration: 'soon' }))).to.deep.equal(['delete secrets bootstrap-token-abcdef'])
    expect(clean(token('abcdef', { expiration: ago(-60) }))).to.deep.equal(['requeueAfter 60000'])
    expect(clean(token('abcdef'))).to.deep.equal([])
  })
})
