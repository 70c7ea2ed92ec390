// The contract of authorization: may this user do this?
// Source: apiserver/pkg/authorization/authorizer (v1.36)
import type { UserInfo } from '../apimachinery/types.ts'

export interface AuthorizationAttributes {
  readonly user: UserInfo
  readonly verb: string
  readonly isResourceRequest: boolean
  /** Of non-resource requests. */
  readonly path: string
  readonly namespace: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
}

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion'
  /** Why, in a sentence; may be empty. */
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision
}
