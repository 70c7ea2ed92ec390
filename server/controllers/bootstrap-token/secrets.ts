// Secrets that hold tokens for nodes to join with.
// Source: k8s.io/cluster-bootstrap, token/util and util/secrets (v0.36)
import type * as core from '../../api/core.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'

export type TokenSecret = Frozen<Stored<core.Secret>>

const TOKEN_NAMESPACE = 'kube-system'
const TOKEN_TYPE = 'bootstrap.kubernetes.io/token'
const NAME_PREFIX = 'bootstrap-token-'

export function isToken(secret: Frozen<core.Secret>): boolean {
  return secret.type === TOKEN_TYPE && secret.metadata?.namespace === TOKEN_NAMESPACE
}

/** A member of its data as text. */
export function textOf(secret: TokenSecret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString()
}

/** When it runs out, in milliseconds; now, if what it says of it cannot be read; undefined if never. */
export function expiry(secret: TokenSecret, now: number): number | undefined {
  const text = textOf(secret, 'expiration')
  if (text === '') return undefined
  const time = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? now : time
}

/** Id and secret of one that may sign what nodes are told of the cluster. */
export function signingToken(secret: TokenSecret, now: number): { id: string; secret: string } | undefined {
  if (!isToken(secret) || secret.metadata.deletionTimestamp !== undefined) return undefined
  const [id, token] = [textOf(secret, 'token-id'), textOf(secret, 'token-secret')]
  const isNamedSo = secret.metadata.name === NAME_PREFIX + id && /^[a-z0-9]{6}$/.test(id)
  if (!isNamedSo || token === '' || textOf(secret, 'usage-bootstrap-signing') !== 'true') return undefined
  const until = expiry(secret, now)
  return until !== undefined && until <= now ? undefined : { id, secret: token }
}
