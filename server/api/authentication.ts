// Types of the group authentication.k8s.io, as on the wire.
import type {
  AuthenticationV1TokenRequest,
  V1BoundObjectReference,
  V1SelfSubjectReview,
  V1SelfSubjectReviewStatus,
  V1TokenRequestSpec,
  V1TokenRequestStatus,
  V1TokenReview,
  V1TokenReviewSpec,
  V1TokenReviewStatus,
  V1UserInfo,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type BoundObjectReference = Wire<V1BoundObjectReference>
export type SelfSubjectReview = Wire<V1SelfSubjectReview>
export type SelfSubjectReviewStatus = Wire<V1SelfSubjectReviewStatus>
export type TokenRequest = Wire<AuthenticationV1TokenRequest>
export type TokenRequestSpec = Wire<V1TokenRequestSpec>
export type TokenRequestStatus = Wire<V1TokenRequestStatus>
export type TokenReview = Wire<V1TokenReview>
export type TokenReviewSpec = Wire<V1TokenReviewSpec>
export type TokenReviewStatus = Wire<V1TokenReviewStatus>
export type UserInfo = Wire<V1UserInfo>
