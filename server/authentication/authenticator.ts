// The contract of authentication: credentials of a request → who asks.
// Source: apiserver/pkg/authentication/authenticator (v1.36)
import type { PeerCertificate } from 'node:tls'
import type { UserInfo } from '../apimachinery/types.ts'

export interface Credentials {
  /** From `Authorization: Bearer …`, or the base64url.bearer.authorization.k8s.io WebSocket subprotocol. */
  readonly bearerToken?: string
  /** Whom the token must be for, one of them at least. Default: this server. */
  readonly audiences?: readonly string[]
  /** Chain-verified against the client certificate authority by TLS. */
  readonly clientCertificate?: PeerCertificate
}

export interface Authenticator {
  /**
   * The user, or undefined when these credentials are not this authenticator's to judge.
   * @throws StatusError 401 when they are, and are not valid
   */
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>
}

/** Who asks without credentials. */
export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
export const authenticatedGroup = 'system:authenticated'

/** Everybody who authenticated is a member. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === anonymous.name || user.groups.includes(authenticatedGroup)) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}
