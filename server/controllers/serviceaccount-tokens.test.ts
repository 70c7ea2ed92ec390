// Secrets for tokens of service accounts: objects → actions.
import { expect } from 'chai'
import type * as core from '../api/core.ts'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../client/controller.ts'
import { serviceaccountTokens } from './serviceaccount-tokens.ts'
import { ago, NOW, told, written } from './testing.ts'

const { definition } = serviceaccountTokens('PEM', ({ name }, secret) =>
  Promise.resolve(`token of ${name} in ${secret}`),
) as Controller & { definition: ControllerDefinition }

const encode = (text: string): string => Buffer.from(text).toString('base64')
const account = (uid: string, secrets: string[] = []): Stored<core.ServiceAccount> => ({
  metadata: { name: 'bot', namespace: 'default', uid, resourceVersion: '1', creationTimestamp: ago(60) },
  secrets: secrets.map((name) => ({ name })),
})
const secret = (annotations: object = {}, data: Record<string, string> = {}, seconds = 60): Stored<core.Secret> => ({
  metadata: {
    name: 'tok',
    namespace: 'default',
    uid: 's',
    resourceVersion: '1',
    creationTimestamp: ago(seconds),
    annotations: { 'kubernetes.io/service-account.name': 'bot', ...annotations },
  },
  type: 'kubernetes.io/service-account-token',
  data,
})
const run = (objects: Record<string, readonly KubeObject[]>, key = 'default/tok'): readonly Action[] =>
  definition.reconcile(key, listersOf(definition, objects), NOW)

describe('serviceaccount-token-controller', () => {
  it('fills a Secret with the token of its account', async () => {
    const [work] = run({ secrets: [secret()], serviceaccounts: [account('u')] })
    const actions = work?.do === 'work' ? await work.work() : []
    const filled = written<core.Secret>(actions, 'secrets')
    expect(filled?.data).to.deep.equal({
      'ca.crt': encode('PEM'),
      namespace: encode('default'),
      token: encode('token of bot in tok'),
    })
    expect(filled?.metadata?.annotations).to.include({ 'kubernetes.io/service-account.uid': 'u' })
    const again = { ...secret(), data: { ...filled!.data } }
    expect(run({ secrets: [again], serviceaccounts: [account('u')] })).to.deep.equal([])
  })

  it('restores the certificate, and keeps the token', () => {
    const data = { token: 'abc', 'ca.crt': encode('old'), namespace: encode('default') }
    const actions = run({ secrets: [secret({}, data)], serviceaccounts: [account('u')] })
    expect(written<core.Secret>(actions, 'secrets')?.data).to.include({ token: 'abc', 'ca.crt': encode('PEM') })
  })

  it('takes away the Secret of an account that is gone, or another one by now', () => {
    expect(told(run({ secrets: [secret()] }))).to.deep.equal(['delete secrets tok'])
    const other = secret({ 'kubernetes.io/service-account.uid': 'old' })
    expect(told(run({ secrets: [other], serviceaccounts: [account('u')] }))).to.deep.equal(['delete secrets tok'])
  })

  it('waits for an account that may not have been seen yet', () => {
    expect(told(run({ secrets: [secret({}, {}, 1)] }))).to.deep.equal(['requeueAfter 1000'])
  })

  it('forgets a Secret that is gone', () => {
    const actions = run({ serviceaccounts: [account('u', ['tok', 'more'])] }, 'reference:default/tok/bot/u')
    expect(written<core.ServiceAccount>(actions, 'serviceaccounts')?.secrets).to.deep.equal([{ name: 'more' }])
    expect(run({ serviceaccounts: [account('u', ['more'])] }, 'reference:default/tok/bot/u')).to.deep.equal([])
  })
})
