// The contract of authorization: may this user do this?
// Source: apiserver/pkg/authorization/authorizer (v1.36)
import type { AuthorizationAttributes } from '../apimachinery/authorization-attributes.ts'

export type { AuthorizationAttributes }

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion'
  /** Why, in a sentence; may be empty. */
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision
}
