// CertificateSubjectRestriction: nobody becomes a member of system:masters by a signed request.
// Source: plugin/pkg/admission/certificates/subjectrestriction (v1.36)
import type { CertificateSigningRequest } from '../api/certificates.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy, isFor } from './forbidden.ts'
import type { AdmissionPlugin, Attributes } from './plugin.ts'

const clientSigner = 'kubernetes.io/kube-apiserver-client'

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',

  validate(attributes) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, 'certificates.k8s.io', 'certificatesigningrequests'))
      return undefined
    const request = attributes.object as unknown as Frozen<CertificateSigningRequest> | undefined
    return request?.spec.signerName === clientSigner ? check(attributes, request.spec.request) : undefined
  },
}

/** @param request PEM in base64 */
async function check(attributes: Attributes, request: string): Promise<void> {
  let organizations: string[]
  try {
    // Loaded here: few clusters ever see such a request.
    const { Pkcs10CertificateRequest } = await import('@peculiar/x509')
    organizations = new Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString()).subjectName.getField('O')
  } catch (error) {
    throw forbiddenBy(attributes, `failed to parse CSR: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!organizations.includes('system:masters')) return
  throw forbiddenBy(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`)
}
