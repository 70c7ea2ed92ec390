// Secrets of type service-account-token: filled with a token of their account, and gone with it.
// Source: kubernetes pkg/controller/serviceaccount, TokensController (v1.36)
import type * as core from '../api/core.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, Stored } from '../apimachinery/types.ts'
import { remove, requeueAfter, retry, unlessOvertaken, update, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Controller, type Listers } from '../client/controller.ts'
import { splitKey } from '../client/indexer.ts'
import { ACCOUNT_NAME, ACCOUNT_UID, TYPE } from './service-account-secret.ts'
import { timeOf } from './pod-status.ts'

/** Signs the token that a Secret holds: it names account and Secret, and does not expire. */
export type SignToken = (
  account: { readonly namespace: string; readonly name: string; readonly uid: string },
  secretName: string,
) => Promise<string>

type Secret = Frozen<Stored<core.Secret>>

const SECRETS = 'secrets'
const ACCOUNTS = 'serviceaccounts'
/** Keys about references to a Secret that is gone: namespace, Secret, account and its uid follow. */
const REFERENCE_KEY = 'reference:'
/** An account that was made just before its Secret may not have been seen yet. */
const SETTLING_MS = 2000

/** @param rootCA PEM */
export function serviceaccountTokens(rootCA: string, sign: SignToken): Controller {
  return defineController({
    name: 'serviceaccount-token-controller',
    // It does not have an account of its own: it makes the tokens of the others.
    serviceAccount: 'kube-controller-manager',
    watches: [
      { resource: SECRETS, enqueue: keysOfSecret, indexes: { account: accountOf } },
      { resource: ACCOUNTS, enqueue: secretsOfAccount },
    ],
    reconcile: (key, listers, now) =>
      key.startsWith(REFERENCE_KEY)
        ? forget(key.slice(REFERENCE_KEY.length), listers)
        : reconcile(key, listers, now, rootCA, sign),
  })
}

function accountOf(object: Frozen<Stored<AnyObject>>): readonly string[] {
  const { namespace, annotations = {} } = object.metadata
  const name = annotations[ACCOUNT_NAME] ?? ''
  return (object as Frozen<core.Secret>).type === TYPE && name !== '' ? [`${namespace}/${name}`] : []
}

function keysOfSecret({ type, object }: WatchEvent): readonly string[] {
  const { namespace = '', name, annotations = {} } = object.metadata
  const [account] = accountOf(object)
  if (account === undefined) return []
  const key = `${namespace}/${name}`
  return type === 'DELETED'
    ? [`${REFERENCE_KEY}${key}/${annotations[ACCOUNT_NAME]}/${annotations[ACCOUNT_UID] ?? ''}`]
    : [key]
}

function secretsOfAccount({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  if (type === 'MODIFIED') return []
  const { namespace = '', name } = object.metadata
  const secrets = listers.of<core.Secret>(SECRETS).byIndex('account', `${namespace}/${name}`)
  return secrets.map(({ metadata }) => `${namespace}/${metadata.name}`)
}

function reconcile(key: string, listers: Listers, now: number, rootCA: string, sign: SignToken): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const secret = listers.of<core.Secret>(SECRETS).get(namespace, name)
  if (secret === undefined || secret.type !== TYPE) return []
  const { annotations = {}, creationTimestamp } = secret.metadata
  const account = listers.of<core.ServiceAccount>(ACCOUNTS).get(namespace, annotations[ACCOUNT_NAME] ?? '')
  const uid = annotations[ACCOUNT_UID] ?? ''
  if (account === undefined || (uid !== '' && uid !== account.metadata.uid)) {
    const ageMs = now - (timeOf(creationTimestamp) ?? 0)
    if (ageMs < SETTLING_MS) return [requeueAfter(SETTLING_MS - ageMs)]
    return [remove(SECRETS, secret, { then: unlessOvertaken })]
  }
  const data = secret.data ?? {}
  const wanted = { 'ca.crt': encode(rootCA), namespace: data['namespace'] || encode(namespace ?? '') }
  const hasToken = (data['token'] ?? '') !== ''
  if (hasToken && data['ca.crt'] === wanted['ca.crt'] && data['namespace'] === wanted.namespace) return []
  const filled = (token: string): readonly Action[] => [
    update(SECRETS, fill(secret, account, { ...data, ...wanted, token }), unlessOvertaken),
  ]
  if (hasToken) return filled(data['token'] ?? '')
  return [
    {
      do: 'work',
      work: async () =>
        filled(
          encode(
            await sign({ namespace: namespace ?? '', name: account.metadata.name, uid: account.metadata.uid }, name),
          ),
        ),
    },
  ]
}

function fill(
  secret: Secret,
  { metadata: { name, uid } }: Frozen<Stored<core.ServiceAccount>>,
  data: Readonly<Record<string, string>>,
): Secret {
  const annotations = { ...secret.metadata.annotations, [ACCOUNT_NAME]: name, [ACCOUNT_UID]: uid }
  return { ...secret, metadata: { ...secret.metadata, annotations }, data }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The account does not list a Secret any more that is gone. */
function forget(key: string, listers: Listers): readonly Action[] {
  const [namespace, secretName, accountName = '', uid = ''] = key.split('/')
  const account = listers.of<core.ServiceAccount>(ACCOUNTS).get(namespace, accountName)
  if (account === undefined || (uid !== '' && uid !== account.metadata.uid)) return []
  const secrets = account.secrets?.filter(({ name }) => name !== secretName) ?? []
  if (secrets.length === (account.secrets?.length ?? 0)) return []
  return [
    update(ACCOUNTS, { ...account, secrets }, ({ error }) =>
      error === undefined || isNotFound(error) ? [] : [retry(error)],
    ),
  ]
}
