// The cluster's certificate authority, and what it signs: ECDSA P-256, as PEM.
// Source: RFC 5280; kubeadm's PKI layout (names of files)
import { createPublicKey, randomBytes, webcrypto, X509Certificate as X509 } from 'node:crypto'
import { isIP } from 'node:net'
import type { UserInfo } from '../apimachinery/types.ts'

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

const yearMs = 365 * 24 * 60 * 60 * 1000
const caLifetimeMs = 10 * yearMs
/** Clocks of clients may be behind. */
const backdateMs = 60 * 60 * 1000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** The library is only needed where something is signed: a restart on existing data does without. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

/** @param nowMs milliseconds since the epoch */
export async function newCertificateAuthority(commonName: string, nowMs: number): Promise<KeyPair> {
  const x509 = await library()
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + caLifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem') + '\n', key: await exportKey(keys.privateKey) }
}

/** A serving certificate for these DNS names and IP addresses. */
export function newServingCertificate(authority: KeyPair, names: readonly string[], nowMs: number): Promise<KeyPair> {
  return issue(authority, [{ CN: ['kube-apiserver'] }], 'server', names, nowMs)
}

/** A client certificate: the user is its common name, the groups are its organizations. */
export function newClientCertificate(
  authority: KeyPair,
  user: Pick<UserInfo, 'name' | 'groups'>,
  nowMs: number,
): Promise<KeyPair> {
  const subject = [...user.groups.map((group) => ({ O: [group] })), { CN: [user.name] }]
  return issue(authority, subject, 'client', [], nowMs)
}

async function issue(
  authority: KeyPair,
  subject: Record<string, string[]>[],
  usage: 'server' | 'client',
  names: readonly string[],
  nowMs: number,
): Promise<KeyPair> {
  const x509 = await library()
  const issuer = new x509.X509Certificate(authority.certificate)
  const signingKey = await importKey(authority.key)
  const keys = await generateKeys()
  const oid = usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(nowMs + yearMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([oid]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]),
    ],
  })
  return { certificate: certificate.toString('pem') + '\n', key: await exportKey(keys.privateKey) }
}

/** Whether a certificate was signed by this authority's key and is good for a while. */
export function isUsable(pair: KeyPair, authority: KeyPair, names: readonly string[], nowMs: number): boolean {
  try {
    const certificate = new X509(pair.certificate)
    const issuer = new X509(authority.certificate)
    const aWeekMs = 7 * 24 * 60 * 60 * 1000
    return (
      certificate.verify(createPublicKey(authority.certificate)) &&
      certificate.checkIssued(issuer) &&
      Date.parse(certificate.validTo) > nowMs + aWeekMs &&
      names.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined)
    )
  } catch {
    return false
  }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

/** Positive, and of a length that RFC 5280 allows. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = bytes[0]! & 0x7f
  return bytes.toString('hex')
}
