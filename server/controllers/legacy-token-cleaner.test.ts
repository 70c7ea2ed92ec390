// Tokens that nobody uses: when they become invalid, and when they go.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { legacyTokenCleaner } from './legacy-token-cleaner.ts'
import { ago, NOW, pod, told } from './testing.ts'

const day = 24 * 3600
const dateAgo = (days: number): string => ago(days * day).slice(0, 10)

function secret(labels: Record<string, string> = {}, days = 800): Stored<core.Secret> {
  return {
    metadata: {
      name: 'tok',
      namespace: 'default',
      uid: 's',
      resourceVersion: '7',
      creationTimestamp: ago(days * day),
      annotations: { 'kubernetes.io/service-account.name': 'bot' },
      labels,
    },
    type: 'kubernetes.io/service-account-token',
  }
}

const account = { metadata: { name: 'bot', namespace: 'default' }, secrets: [{ name: 'tok' }] } as KubeObject
const tracking = {
  metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
  data: { since: dateAgo(400) },
} as KubeObject

function run(token: Stored<core.Secret>, more: Record<string, readonly KubeObject[]> = {}): readonly Action[] {
  const { definition } = legacyTokenCleaner
  const world = { secrets: [token], serviceaccounts: [account], configmaps: [tracking], ...more }
  return definition.reconcile('default/tok', listersOf(definition, world), NOW)
}

const again = `requeueAfter ${day * 1000}`

describe('legacy-serviceaccount-token-cleaner-controller', () => {
  it('declares invalid what has not been used for a year', () => {
    const actions = run(secret())
    expect(told(actions)).to.deep.equal(['patch secrets tok', again])
    expect(actions[0]?.do === 'patch' && actions[0].patch).to.deep.include({
      metadata: { uid: 's', labels: { 'kubernetes.io/legacy-token-invalid-since': dateAgo(0) } },
    })
  })

  it('deletes what has been invalid for a year', () => {
    const label = 'kubernetes.io/legacy-token-invalid-since'
    expect(told(run(secret({ [label]: dateAgo(300) })))).to.deep.equal([again])
    expect(told(run(secret({ [label]: dateAgo(366) })))).to.deep.equal(['delete secrets tok', again])
  })

  const kept: { name: string; token: Stored<core.Secret>; more?: Record<string, readonly KubeObject[]> }[] = [
    { name: 'young', token: secret({}, 300) },
    { name: 'used lately', token: secret({ 'kubernetes.io/legacy-token-last-used': dateAgo(3) }) },
    { name: 'made by somebody', token: secret(), more: { serviceaccounts: [{ metadata: account.metadata! }] } },
    {
      name: 'in a pod',
      token: secret(),
      more: { pods: [pod({ name: 'p', spec: { volumes: [{ name: 'v', secret: { secretName: 'tok' } }] } })] },
    },
    { name: 'not watched long enough', token: secret(), more: { configmaps: [] } },
  ]
  for (const { name, token, more } of kept) {
    it(`keeps what is ${name}`, () => expect(told(run(token, more))).to.deep.equal([again]))
  }
})
