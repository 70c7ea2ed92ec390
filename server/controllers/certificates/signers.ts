// What each signer of a cluster asks of a certificate request.
// Source: kubernetes pkg/controller/certificates/signer; pkg/apis/certificates, helpers.go (v1.36)

import type { CertificateRequest } from '../../api/certificates.ts'

/** What is wrong; undefined if the signer signs it. */
type Rule = (request: CertificateRequest, usages: readonly string[]) => string | undefined

export interface Signer {
  readonly name: string
  readonly rule: Rule
}

function firstOf(...rules: readonly Rule[]): Rule {
  return (request, usages) => {
    for (const rule of rules) {
      const problem = rule(request, usages)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

function isOfNodes({ organizations }: CertificateRequest): string | undefined {
  const isIt = organizations.length === 1 && organizations[0] === 'system:nodes'
  return isIt ? undefined : 'subject organization is not system:nodes'
}

function isNamedForNode({ commonName }: CertificateRequest): string | undefined {
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:'
}

function hasAddress({ dnsNames, ipAddresses }: CertificateRequest): string | undefined {
  return dnsNames.length + ipAddresses.length > 0 ? undefined : 'DNS or IP subjectAltName is required'
}

function without(member: 'dnsNames' | 'emailAddresses' | 'ipAddresses' | 'uris', what: string): Rule {
  return (request) => (request[member].length === 0 ? undefined : `${what} subjectAltNames are not allowed`)
}

const noDNSNames = without('dnsNames', 'DNS')
const noEmails = without('emailAddresses', 'Email')
const noIPs = without('ipAddresses', 'IP')
const noURIs = without('uris', 'URI')

/** Digital signatures and one purpose; key encipherment is only of use with RSA. */
function exactly(purpose: string): Rule {
  const wanted = ['digital signature', 'key encipherment', purpose].toSorted()
  return (_request, usages) => {
    const given = new Set(usages)
    given.delete('key encipherment')
    const fits = given.size === 2 && given.has('digital signature') && given.has(purpose)
    return fits ? undefined : `usages did not match [${wanted.join(' ')}]`
  }
}

function forClients(_request: CertificateRequest, usages: readonly string[]): string | undefined {
  const allowed = new Set(['digital signature', 'key encipherment', 'client auth'])
  const other = usages.find((usage) => !allowed.has(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

export const signers: readonly Signer[] = [
  {
    name: 'kubernetes.io/kubelet-serving',
    rule: firstOf(isOfNodes, hasAddress, noEmails, noURIs, exactly('server auth'), isNamedForNode),
  },
  {
    name: 'kubernetes.io/kube-apiserver-client-kubelet',
    rule: firstOf(isOfNodes, noDNSNames, noEmails, noIPs, noURIs, isNamedForNode, exactly('client auth')),
  },
  {
    name: 'kubernetes.io/kube-apiserver-client',
    rule: forClients,
  },
  { name: 'kubernetes.io/legacy-unknown', rule: () => undefined },
]
