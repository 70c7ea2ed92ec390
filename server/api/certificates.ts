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

/** What a certificate request (PKCS #10) asks for. */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
}

/** What a signer grants: key usages by the names of the API, and the time from when to when, in milliseconds. */
export interface CertificateGrant {
  readonly usages: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
}
