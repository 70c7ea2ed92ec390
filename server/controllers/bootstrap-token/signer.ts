// What nodes are told of the cluster before they trust it is signed with each token that they may join with.
// Source: kubernetes pkg/controller/bootstrap, Signer; k8s.io/cluster-bootstrap, token/jws (v1.36)
import { createHmac } from 'node:crypto'
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { update, type Action } from '../../client/action.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { isToken, signingToken } from './secrets.ts'

const NAMESPACE = 'kube-public'
const NAME = 'cluster-info'
const CONTENT = 'kubeconfig'
const SIGNATURE_PREFIX = 'jws-kubeconfig-'

export const bootstrapSigner = defineController({
  name: 'bootstrap-signer-controller',
  serviceAccount: 'bootstrap-signer',
  watches: [
    {
      resource: 'configmaps',
      enqueue: ({ type, object: { metadata } }) =>
        type !== 'DELETED' && metadata.namespace === NAMESPACE && metadata.name === NAME ? [NAME] : [],
    },
    { resource: 'secrets', enqueue: ({ object }) => (isToken(object as Frozen<core.Secret>) ? [NAME] : []) },
  ],
  reconcile,
})

function reconcile(_key: string, listers: Listers, now: number): readonly Action[] {
  const info = listers.of<core.ConfigMap>('configmaps').get(NAMESPACE, NAME)
  const content = info?.data?.[CONTENT]
  if (info === undefined || content === undefined) return []
  const data = { ...withoutSignatures(info), ...signatures(content, listers, now) }
  return deepEqual(info.data, data) ? [] : [update('configmaps', { ...info, data })]
}

function withoutSignatures({ data = {} }: Frozen<Stored<core.ConfigMap>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith(SIGNATURE_PREFIX)))
}

function signatures(content: string, listers: Listers, now: number): Record<string, string> {
  const secrets = listers.of<core.Secret>('secrets').list('kube-system')
  const tokens = secrets.flatMap((secret) => signingToken(secret, now) ?? [])
  return Object.fromEntries(tokens.map(({ id, secret }) => [SIGNATURE_PREFIX + id, sign(content, id, secret)]))
}

/** A JSON web signature (RFC 7515) without the content it is of. */
function sign(content: string, id: string, secret: string): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const header = encode(JSON.stringify({ alg: 'HS256', kid: id }))
  const signature = createHmac('sha256', secret)
    .update(`${header}.${encode(content)}`)
    .digest('base64url')
  return `${header}..${signature}`
}
