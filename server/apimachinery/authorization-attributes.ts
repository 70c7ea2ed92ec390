// A question to authorization: may this user do this? Asked of every request, and by those who review access.
// Source: apiserver/pkg/authorization/authorizer, Attributes (v1.36)
import type { UserInfo } from './types.ts'

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
