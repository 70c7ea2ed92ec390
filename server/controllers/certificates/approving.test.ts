// Which requests of kubelets are approved: objects → actions.
import { expect } from 'chai'
import type { CertificateRequest, CertificateSigningRequest } from '../../api/certificates.ts'
import type { Stored } from '../../apimachinery/types.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, NOW, told, written } from '../testing.ts'
import { csrApproving } from './approving.ts'

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io'
const request: CertificateRequest = {
  commonName: 'system:node:a',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
}

const csr = (username: string, usages: string[]): Stored<CertificateSigningRequest> => ({
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: ago(1) },
  spec: { request: '', signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages, username, groups: ['g'] },
})

async function outcome(object: CertificateSigningRequest, granted: readonly string[]) {
  const asked: string[] = []
  const { definition } = csrApproving({ read: () => Promise.resolve(request) }, ({ name }, subresource) => {
    asked.push(`${name} ${subresource}`)
    return granted.includes(subresource)
  }) as Controller & { definition: ControllerDefinition }
  const [work] = definition.reconcile('a', listersOf(definition, { [REQUESTS]: [object] }), NOW)
  return { asked, actions: work?.do === 'work' ? await work.work() : [] }
}

describe('certificatesigningrequest-approving-controller', () => {
  const usages = ['digital signature', 'client auth']

  it('approves what a node asks for itself, if it may', async () => {
    const { asked, actions } = await outcome(csr('system:node:a', usages), ['selfnodeclient'])
    expect(asked).to.deep.equal(['system:node:a selfnodeclient'])
    expect(told(actions)).to.deep.equal([`update ${REQUESTS}/approval a`])
    expect(written<CertificateSigningRequest>(actions, REQUESTS, 'approval')?.status?.conditions?.[0]).to.include({
      type: 'Approved',
      reason: 'AutoApproved',
      message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    })
  })

  it('approves what others ask for nodes, if they may', async () => {
    expect((await outcome(csr('jane', usages), ['nodeclient'])).asked).to.deep.equal(['jane nodeclient'])
    expect((await outcome(csr('jane', usages), [])).actions).to.deep.equal([])
  })

  it('leaves alone what is no request of a kubelet', async () => {
    expect((await outcome(csr('system:node:a', ['server auth']), ['selfnodeclient'])).asked).to.deep.equal([])
  })
})
