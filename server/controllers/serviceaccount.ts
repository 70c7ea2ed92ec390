// The service account `default` of every namespace.
// Source: kubernetes pkg/controller/serviceaccount, ServiceAccountsController (v1.36)
import type * as core from '../api/core.ts'
import { isAlreadyExists } from '../apimachinery/errors.ts'
import { create, retry, type Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { isNamespaceTerminating } from './pod-control.ts'

const NAME = 'default'

export const serviceaccount = defineController({
  name: 'serviceaccount-controller',
  serviceAccount: 'service-account-controller',
  watches: [
    { resource: 'namespaces', enqueue: 'self' },
    {
      resource: 'serviceaccounts',
      enqueue: ({ type, object }) =>
        type === 'DELETED' && object.metadata.name === NAME ? [object.metadata.namespace ?? ''] : [],
    },
  ],
  reconcile,
})

function reconcile(namespace: string, listers: Listers): readonly Action[] {
  const found = listers.of<core.Namespace>('namespaces').get(undefined, namespace)
  if (found?.status?.phase !== 'Active') return []
  if (listers.of<core.ServiceAccount>('serviceaccounts').get(namespace, NAME) !== undefined) return []
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } }
  return [
    create('serviceaccounts', account, ({ error }) =>
      error === undefined || isAlreadyExists(error) || isNamespaceTerminating(error) ? [] : [retry(error)],
    ),
  ]
}
