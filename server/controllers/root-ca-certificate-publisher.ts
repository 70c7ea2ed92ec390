// The ConfigMap kube-root-ca.crt of every namespace, by which pods trust the API server.
// Source: kubernetes pkg/controller/certificates/rootcacertpublisher (v1.36)
import type * as core from '../api/core.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import { isAlreadyExists, isNotFound } from '../apimachinery/errors.ts'
import { create, retry, update, type Action } from '../client/action.ts'
import { defineController, type Controller, type Listers } from '../client/controller.ts'
import { isNamespaceTerminating } from './pod-control.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. ' +
  'No other usage is guaranteed across distributions of Kubernetes clusters.'

/** @param rootCA PEM */
export function rootCACertificatePublisher(rootCA: string): Controller {
  return defineController({
    name: 'root-ca-certificate-publisher-controller',
    serviceAccount: 'root-ca-cert-publisher',
    watches: [
      { resource: 'namespaces', enqueue: 'self' },
      {
        resource: 'configmaps',
        enqueue: ({ type, object }) =>
          type !== 'ADDED' && object.metadata.name === NAME ? [object.metadata.namespace ?? ''] : [],
      },
    ],
    reconcile: (namespace, listers) => reconcile(rootCA, namespace, listers),
  })
}

function reconcile(rootCA: string, namespace: string, listers: Listers): readonly Action[] {
  const found = listers.of<core.Namespace>('namespaces').get(undefined, namespace)
  if (found === undefined || found.status?.phase === 'Terminating') return []
  const data = { 'ca.crt': rootCA }
  const present = listers.of<core.ConfigMap>('configmaps').get(namespace, NAME)
  if (present === undefined) {
    const metadata = { name: NAME, namespace, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } }
    return [
      create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, ({ error }) =>
        error === undefined || isNotFound(error) || isAlreadyExists(error) || isNamespaceTerminating(error)
          ? []
          : [retry(error)],
      ),
    ]
  }
  const described = (present.metadata.annotations?.[DESCRIPTION] ?? '') !== ''
  if (described && deepEqual(present.data, data)) return []
  const annotations = { ...present.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT }
  return [update('configmaps', { ...present, metadata: { ...present.metadata, annotations }, data })]
}
