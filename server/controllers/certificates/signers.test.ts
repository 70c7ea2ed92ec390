// What the signers of a cluster refuse, and why.
import { expect } from 'chai'
import type { CertificateRequest } from '../../api/certificates.ts'
import { signers } from './signers.ts'

const empty: CertificateRequest = {
  commonName: '',
  organizations: [],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
}
const node: CertificateRequest = { ...empty, commonName: 'system:node:a', organizations: ['system:nodes'] }
const clientUsages = ['digital signature', 'key encipherment', 'client auth']
const serverUsages = ['digital signature', 'server auth']

const cases: { signer: string; request: CertificateRequest; usages: string[]; problem: string | undefined }[] = [
  { signer: 'kube-apiserver-client', request: empty, usages: ['client auth'], problem: undefined },
  {
    signer: 'kube-apiserver-client',
    request: empty,
    usages: ['server auth'],
    problem: 'invalid usage for client certificate: server auth',
  },
  {
    signer: 'kube-apiserver-client',
    request: empty,
    usages: ['digital signature'],
    problem: 'missing required usage for client certificate: client auth',
  },
  { signer: 'kube-apiserver-client-kubelet', request: node, usages: clientUsages, problem: undefined },
  {
    signer: 'kube-apiserver-client-kubelet',
    request: { ...node, commonName: 'a' },
    usages: clientUsages,
    problem: 'subject common name does not begin with system:node:',
  },
  {
    signer: 'kube-apiserver-client-kubelet',
    request: { ...node, dnsNames: ['a'] },
    usages: clientUsages,
    problem: 'DNS subjectAltNames are not allowed',
  },
  {
    signer: 'kube-apiserver-client-kubelet',
    request: node,
    usages: serverUsages,
    problem: 'usages did not match [client auth digital signature key encipherment]',
  },
  {
    signer: 'kubelet-serving',
    request: node,
    usages: serverUsages,
    problem: 'DNS or IP subjectAltName is required',
  },
  {
    signer: 'kubelet-serving',
    request: { ...node, ipAddresses: ['10.0.0.1'] },
    usages: serverUsages,
    problem: undefined,
  },
  {
    signer: 'kubelet-serving',
    request: { ...node, organizations: [], dnsNames: ['a'] },
    usages: serverUsages,
    problem: 'subject organization is not system:nodes',
  },
  { signer: 'legacy-unknown', request: empty, usages: [], problem: undefined },
]

describe('signers', () => {
  for (const { signer, request, usages, problem } of cases) {
    it(`${signer} ${problem === undefined ? 'signs' : `says ${problem}`}`, () => {
      const { rule } = signers.find(({ name }) => name === `kubernetes.io/${signer}`)!
      expect(rule(request, usages)).to.equal(problem)
    })
  }
})
