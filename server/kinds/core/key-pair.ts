// What Go's TLS says of a certificate and a private key that do not go together: such messages are part of the API.
// Source: crypto/tls, X509KeyPair
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { pemBlocks, printPEM } from '../../apimachinery/pem.ts'

/** Undefined if the key is the certificate's. Both in PEM. */
export function problemOfKeyPair(certificates: string, key: string): string | undefined {
  const blocks = pemBlocks(certificates)
  const first = blocks.find(({ type }) => type === 'CERTIFICATE')
  if (first === undefined) return problemOfMissingCertificate(blocks.map(({ type }) => type))
  const keyBlocks = pemBlocks(key)
  const keyBlock = keyBlocks.find(({ type }) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'))
  if (keyBlock === undefined) return problemOfMissingKey(keyBlocks.map(({ type }) => type))
  const certificate = parse(() => new X509Certificate(first.bytes))
  if (certificate === undefined) return 'x509: malformed certificate'
  const privateKey = parse(() => createPrivateKey(printPEM(keyBlock.type, keyBlock.bytes)))
  if (privateKey === undefined) return 'tls: failed to parse private key'
  const { publicKey } = certificate
  if (publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) {
    return 'tls: private key type does not match public key type'
  }
  return certificate.checkPrivateKey(privateKey) ? undefined : 'tls: private key does not match public key'
}

function problemOfMissingCertificate(skipped: readonly string[]): string {
  if (skipped.length === 0) return 'tls: failed to find any PEM data in certificate input'
  if (skipped.length === 1 && skipped[0]!.endsWith('PRIVATE KEY')) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
  }
  const after = `after skipping PEM blocks of the following types: [${skipped.join(' ')}]`
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input ${after}`
}

function problemOfMissingKey(skipped: readonly string[]): string {
  if (skipped.length === 0) return 'tls: failed to find any PEM data in key input'
  if (skipped.length === 1 && skipped[0] === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key'
  }
  const after = `after skipping PEM blocks of the following types: [${skipped.join(' ')}]`
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input ${after}`
}

function parse<T extends KeyObject | X509Certificate>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
