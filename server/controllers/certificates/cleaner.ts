// Certificate requests go once nobody can want them any more.
// Source: kubernetes pkg/controller/certificates/cleaner (v1.36)
import { X509Certificate } from 'node:crypto'
import type { CertificateSigningRequest } from '../../api/certificates.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { remove, requeueAfter, type Action } from '../../client/action.ts'
import { defineController } from '../../client/controller.ts'
import { timeOf } from '../pod-status.ts'

const requests = 'certificatesigningrequests.certificates.k8s.io'
const hourMs = 3_600_000
/** Settled ones: issued, denied, failed. */
const settledMs = hourMs
/** Those that wait, for an approval or for a signer. */
const waitingMs = 24 * hourMs
/** How often all of them are looked at. */
const periodMs = hourMs

export const csrCleaner = defineController({
  name: 'certificatesigningrequest-cleaner-controller',
  serviceAccount: 'certificate-controller',
  watches: [{ resource: requests, enqueue: 'self' }],
  reconcile: (key, listers, now): readonly Action[] => {
    const csr = listers.of<CertificateSigningRequest>(requests).get(undefined, key)
    if (csr === undefined) return []
    return isOver(csr, now) ? [remove(requests, csr)] : [requeueAfter(periodMs)]
  },
})

function isOver({ metadata, status }: Frozen<Stored<CertificateSigningRequest>>, now: number): boolean {
  const conditions = status?.conditions ?? []
  const certificate = status?.certificate ?? ''
  const isOlder = (time: string | undefined, ageMs: number): boolean => now - (timeOf(time) ?? now) > ageMs
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, waitingMs)
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return isOlder(lastUpdateTime, settledMs)
    if (type !== 'Approved') return false
    if (certificate === '') return isOlder(lastUpdateTime, waitingMs)
    return isOlder(lastUpdateTime, settledMs) || hasExpired(certificate, now)
  })
}

/** @param certificate base64 of PEM */
function hasExpired(certificate: string, now: number): boolean {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).validToDate.getTime() < now
  } catch {
    // What cannot be read cannot have run out.
    return false
  }
}
