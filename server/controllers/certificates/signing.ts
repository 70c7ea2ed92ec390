// Approved certificate requests are signed by the cluster's authority, if they are what their signer signs.
// Source: kubernetes pkg/controller/certificates/signer; authority, PermissiveSigningPolicy (v1.36)
import type { CertificateGrant, CertificateRequest, CertificateSigningRequest } from '../../api/certificates.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { updateStatus, type Action } from '../../client/action.ts'
import { defineController } from '../../client/controller.ts'
import { signers, type Signer } from './signers.ts'

/** The cluster's certificate authority, as the signers use it. Requests and certificates are PEM. */
export interface Authority {
  read(request: string): Promise<CertificateRequest>
  sign(request: string, grant: CertificateGrant): Promise<string>
}

const requests = 'certificatesigningrequests.certificates.k8s.io'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** The longest life of a certificate, and the usual one. Source: --cluster-signing-duration */
const longestMs = 365 * 24 * hourMs
const shortestMs = 10 * minuteMs
/** Clocks of those who check may be behind. */
const backdateMs = 5 * minuteMs
/** Shorter lives are not cut by that. */
const shortMs = 8 * hourMs

type Pending = Frozen<Stored<CertificateSigningRequest>>

export function csrSigning(authority: Authority): ReturnType<typeof defineController> {
  return defineController({
    name: 'certificatesigningrequest-signing-controller',
    serviceAccount: 'certificate-controller',
    watches: [{ resource: requests, enqueue: 'self' }],
    reconcile: (key, listers, now) => {
      const csr = listers.of<CertificateSigningRequest>(requests).get(undefined, key)
      const signer = signers.find(({ name }) => name === csr?.spec.signerName)
      return csr === undefined || signer === undefined ? [] : reconcile(authority, signer, csr, now)
    },
  })
}

function reconcile(authority: Authority, signer: Signer, csr: Pending, now: number): readonly Action[] {
  const { spec, status } = csr
  const isTrue = (type: string): boolean =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
  if ((status?.certificate ?? '') !== '') return []
  if (!isTrue('Approved') || isTrue('Denied') || isTrue('Failed')) return []
  const pem = Buffer.from(spec.request, 'base64').toString('latin1')
  const usages = spec.usages ?? []
  return [
    {
      do: 'work',
      work: async () => {
        const problem = signer.rule(await authority.read(pem), usages)
        if (problem !== undefined) return [failed(csr, problem, now)]
        const certificate = await authority.sign(pem, { usages, ...lifetime(spec.expirationSeconds, now) })
        return [
          updateStatus(requests, {
            ...csr,
            status: { ...status, certificate: Buffer.from(certificate).toString('base64') },
          }),
        ]
      },
    },
  ]
}

function failed(csr: Pending, message: string, now: number): Action {
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: formatTime(now),
  }
  return updateStatus(requests, {
    ...csr,
    status: { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] },
  })
}

function lifetime(expirationSeconds: number | undefined, now: number): Omit<CertificateGrant, 'usages'> {
  const wanted = expirationSeconds === undefined ? longestMs : expirationSeconds * 1000
  const ttl = Math.min(longestMs, Math.max(shortestMs, wanted))
  return { notBefore: now - backdateMs, notAfter: now + ttl - (ttl < shortMs ? 0 : backdateMs) }
}
