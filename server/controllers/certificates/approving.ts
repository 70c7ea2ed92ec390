// Requests of kubelets for client certificates are approved if the requester may make such requests.
// Source: kubernetes pkg/controller/certificates/approver (v1.36)
import type { CertificateRequest, CertificateSigningRequest } from '../../api/certificates.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen, Stored, UserInfo } from '../../apimachinery/types.ts'
import { update, type Action } from '../../client/action.ts'
import { defineController, type Controller } from '../../client/controller.ts'
import { signers } from './signers.ts'
import type { Authority } from './signing.ts'

type Pending = Frozen<Stored<CertificateSigningRequest>>

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io'
const KUBELET_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet'

/** Whose certificate is asked for: that of the node that asks, that of any node. */
const recognizers = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: ({ spec }: Pending, { commonName }: CertificateRequest) => spec.username === commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: () => true,
  },
] as const

/** Whether a user may make such requests: a right on a part of the requests, which stands for who they are for. */
export type MayRequest = (user: UserInfo, subresource: string) => boolean

export function csrApproving(authority: Pick<Authority, 'read'>, mayRequest: MayRequest): Controller {
  const kubelet = signers.find(({ name }) => name === KUBELET_SIGNER)
  return defineController({
    name: 'certificatesigningrequest-approving-controller',
    serviceAccount: 'certificate-controller',
    watches: [{ resource: REQUESTS, enqueue: 'self' }],
    reconcile(key, listers, now): readonly Action[] {
      const csr = listers.of<CertificateSigningRequest>(REQUESTS).get(undefined, key)
      if (csr === undefined || csr.spec.signerName !== KUBELET_SIGNER || isSettled(csr)) return []
      const work = async (): Promise<readonly Action[]> => {
        const request = await authority.read(Buffer.from(csr.spec.request, 'base64').toString('latin1'))
        if (kubelet?.rule(request, csr.spec.usages ?? []) !== undefined) return []
        const requester = requesterOf(csr)
        const granted = recognizers.find(
          ({ recognizes, subresource }) => recognizes(csr, request) && mayRequest(requester, subresource),
        )
        return granted === undefined ? [] : [approve(csr, granted.message, now)]
      }
      return [{ do: 'work', work }]
    },
  })
}

function isSettled({ status }: Pending): boolean {
  if ((status?.certificate ?? '') !== '') return true
  return status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied') ?? false
}

function requesterOf({ spec: { username = '', uid, groups = [], extra } }: Pending): UserInfo {
  return {
    name: username,
    groups: [...groups],
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra: extra as Record<string, string[]> }),
  }
}

function approve(csr: Pending, message: string, now: number): Action {
  const time = formatTime(now)
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  }
  const conditions = [...(csr.status?.conditions ?? []), condition]
  return { ...update(REQUESTS, { ...csr, status: { ...csr.status, conditions } }), subresource: 'approval' }
}
