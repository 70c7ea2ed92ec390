// CertificateApproval and CertificateSigning: who approves or signs a request must be allowed to for its signer.
// Source: plugin/pkg/admission/certificates/{approval,signing}, pkg/registry/.../certificates/authorization (v1.36)
import type { CertificateSigningRequest } from '../api/certificates.ts'
import { semanticEqual } from '../apimachinery/equality.ts'
import type { Frozen, UserInfo } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import type { AdmissionPlugin, Attributes } from './plugin.ts'

/** Asks authorization about a cluster-scoped resource. */
export type IsAuthorized = (
  user: UserInfo,
  verb: string,
  resource: { readonly group: string; readonly resource: string; readonly name: string },
) => boolean | Promise<boolean>

type Request = Frozen<CertificateSigningRequest>

export function makeCertificateApproval(isAuthorized: IsAuthorized): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(attributes) {
      const signer = signerOf(attributes, 'approval')
      return signer === undefined ? undefined : check(isAuthorized, attributes, 'approve', signer)
    },
  }
}

export function makeCertificateSigning(isAuthorized: IsAuthorized): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate(attributes) {
      const signer = signerOf(attributes, 'status')
      if (signer === undefined) return undefined
      const status = (attributes.object as unknown as Request | undefined)?.status
      const old = (attributes.oldObject as Request | undefined)?.status
      if (status?.certificate === old?.certificate && semanticEqual(status?.conditions, old?.conditions))
        return undefined
      return check(isAuthorized, attributes, 'sign', signer)
    },
  }
}

/** The stored request's signer, if the plugin is concerned with this write. */
function signerOf(attributes: Attributes, subresource: string): string | undefined {
  const { operation, group, resource, oldObject } = attributes
  if (operation !== 'UPDATE' || group !== 'certificates.k8s.io' || resource !== 'certificatesigningrequests')
    return undefined
  return attributes.subresource === subresource ? (oldObject as Request | undefined)?.spec.signerName : undefined
}

/** Allowed by the signer's name, or by all of its domain: `example.com/*`. */
async function check(isAuthorized: IsAuthorized, attributes: Attributes, verb: string, signer: string): Promise<void> {
  const ask = (name: string) =>
    isAuthorized(attributes.user, verb, { group: 'certificates.k8s.io', resource: 'signers', name })
  if ((await ask(signer)) || (await ask(`${signer.split('/')[0]}/*`))) return
  throw forbiddenBy(attributes, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`)
}
