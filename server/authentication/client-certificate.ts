// Users by client certificate: the common name is the user, organizations are the groups.
// Source: apiserver/pkg/authentication/request/x509, CommonNameUserConversion (v1.36)
import type { PeerCertificate } from 'node:tls'
import type { UserInfo } from '../apimachinery/types.ts'
import type { Authenticator } from './authenticator.ts'

export const clientCertificates: Authenticator = {
  authenticate({ clientCertificate }) {
    if (clientCertificate === undefined) return undefined
    if (!users.has(clientCertificate)) users.set(clientCertificate, userOf(clientCertificate))
    return users.get(clientCertificate)
  },
}

/** A connection has one certificate for all its requests. */
const users = new WeakMap<PeerCertificate, UserInfo | undefined>()

function userOf(certificate: PeerCertificate): UserInfo | undefined {
  const { CN, O } = certificate.subject as { CN?: string | string[]; O?: string | string[] }
  const name = Array.isArray(CN) ? CN.at(-1) : CN
  if (name === undefined || name === '') return undefined
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O]
  return {
    name,
    groups,
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${sha256(certificate)}`] },
  }
}

/** Node prints it in pairs, upper case, with colons between. */
function sha256({ fingerprint256 }: PeerCertificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase()
}
