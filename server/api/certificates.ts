// Types of the group certificates.k8s.io, as on the wire.
import type {
  V1CertificateSigningRequest,
  V1CertificateSigningRequestCondition,
  V1CertificateSigningRequestSpec,
  V1CertificateSigningRequestStatus,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type CertificateSigningRequest = Wire<V1CertificateSigningRequest>
export type CertificateSigningRequestCondition = Wire<V1CertificateSigningRequestCondition>
export type CertificateSigningRequestSpec = Wire<V1CertificateSigningRequestSpec>
export type CertificateSigningRequestStatus = Wire<V1CertificateSigningRequestStatus>
