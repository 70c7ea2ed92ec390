// The cluster's certificate authority, and what it signs: ECDSA P-256, as PEM.
// Source: RFC 5280; kubeadm's PKI layout (names of files)
import { createPublicKey, randomBytes, webcrypto, X509Certificate as X509 } from 'node:crypto'
import { isIP } from 'node:net'
import type { CertificateGrant, CertificateRequest } from '../api/certificates.ts'
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

/** @param pem PKCS #10. @throws Error for what is none */
export async function readCertificateRequest(pem: string): Promise<CertificateRequest> {
  const x509 = await library()
  const request = new x509.Pkcs10CertificateRequest(pem)
  const names = alternativeNames(x509, request)?.names.items ?? []
  const named = (type: string): string[] => names.filter((one) => one.type === type).map(({ value }) => value)
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: named('dns'),
    ipAddresses: named('ip'),
    emailAddresses: named('email'),
    uris: named('url'),
  }
}

type Library = typeof import('@peculiar/x509')

/** In the order in which Go writes a name, whatever the request's: CN and serial number last. Source: pkix.Name.ToRDNSequence */
const subjectOrder = ['C', 'O', 'OU', 'L', 'ST', '2.5.4.9', '2.5.4.17', 'CN', '2.5.4.5']

function subjectOf(name: InstanceType<Library['Pkcs10CertificateRequest']>['subjectName']): Record<string, string[]>[] {
  return subjectOrder.flatMap((type) => {
    const values = name.getField(type)
    return values.length === 0 ? [] : [{ [type]: values }]
  })
}

function alternativeNames(
  x509: Library,
  request: InstanceType<Library['Pkcs10CertificateRequest']>,
): InstanceType<Library['SubjectAlternativeNameExtension']> | undefined {
  const extension = request.getExtension('2.5.29.17')
  return extension === null ? undefined : new x509.SubjectAlternativeNameExtension(extension.rawData)
}

/** Source: pkg/controller/certificates/authority, keyUsageDict and extKeyUsageDict (v1.36) */
const keyUsageNames: Readonly<Record<string, keyof typeof import('@peculiar/x509').KeyUsageFlags>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

/**
 * Signs a certificate request as a cluster's signers do: subject, key and alternative names are those of the request, all else
 * is the signer's. Never good for longer than the authority itself.
 * @param pem PKCS #10 @returns PEM
 */
export async function signCertificateRequest(
  authority: KeyPair,
  pem: string,
  grant: CertificateGrant,
): Promise<string> {
  const x509 = await library()
  const request = new x509.Pkcs10CertificateRequest(pem)
  const issuer = new x509.X509Certificate(authority.certificate)
  const flags = grant.usages.flatMap((usage) => keyUsageNames[usage] ?? [])
  const extended = [...new Set(grant.usages.flatMap((usage) => extendedUsages[usage] ?? []))]
  const names = alternativeNames(x509, request)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    subject: subjectOf(request.subjectName),
    notBefore: new Date(grant.notBefore),
    notAfter: new Date(Math.min(grant.notAfter, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      ...(flags.length === 0
        ? []
        : [
            new x509.KeyUsagesExtension(
              flags.reduce((sum, flag) => sum | x509.KeyUsageFlags[flag], 0),
              true,
            ),
          ]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names === undefined ? [] : [names]),
    ],
  })
  return certificate.toString('pem') + '\n'
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
