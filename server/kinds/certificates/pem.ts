// Certificate requests and certificates in PEM, as far as validation looks into them.
// Source: pkg/apis/certificates, ParseCSR; pkg/apis/certificates/validation, validateCSR, validateCertificate (v1.36)
import { X509Certificate, createPublicKey, verify } from 'node:crypto'
import { pemBlocks } from '../../apimachinery/pem.ts'

/** What is wrong with the base64 of a PEM certificate request. */
export function problemOfRequest(base64: string): string | undefined {
  const [block] = pemBlocks(Buffer.from(base64, 'base64').toString('latin1'))
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST'
  try {
    return problemOfSignature(block.bytes)
  } catch {
    return "asn1: structure error: tags don't match"
  }
}

/** What is wrong with the base64 of PEM certificates. */
export function problemOfCertificates(base64: string): string | undefined {
  if (base64 === '') return undefined
  const blocks = pemBlocks(Buffer.from(base64, 'base64').toString('latin1'))
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    try {
      void new X509Certificate(bytes)
    } catch {
      return 'x509: malformed certificate'
    }
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

// --- DER ------------------------------------------------------------------------------------------------------

interface Element {
  readonly tag: number
  /** With its tag and length. */
  readonly whole: Buffer
  readonly content: Buffer
}

/** The elements that follow each other in DER bytes. @throws Error if they do not fill the bytes exactly */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  let at = 0
  while (at < bytes.length) {
    const start = at
    const tag = bytes[at++]!
    let length = bytes[at++] ?? 0
    if (length > 0x80) {
      const size = length & 0x7f
      length = bytes.readUIntBE(at, size)
      at += size
    }
    if (at + length > bytes.length) throw new Error('data truncated')
    found.push({ tag, whole: bytes.subarray(start, at + length), content: bytes.subarray(at, at + length) })
    at += length
  }
  return found
}

const sequence = 0x30

/** Hash by the DER content of the signature algorithm's identifier; null hashes nothing first. */
const hashes = new Map<string, string | null>([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2b6570', null],
])

/** Texts of Go's verifiers by key type. */
const verificationTexts: Readonly<Record<string, string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
}

/**
 * A request is a SEQUENCE of the signed part, the algorithm and the signature; the signed part holds a version, a
 * subject, the public key and attributes (RFC 2986).
 */
function problemOfSignature(der: Buffer): string | undefined {
  const [request, ...rest] = elements(der)
  if (request?.tag !== sequence || rest.length > 0) throw new Error('not a request')
  const [signed, algorithm, signature] = elements(request.content)
  if (signed === undefined || algorithm === undefined || signature === undefined) throw new Error('not a request')
  const publicKeyInfo = elements(signed.content)[2]!
  const key = createPublicKey({ key: publicKeyInfo.whole, format: 'der', type: 'spki' })
  const hash = hashes.get(elements(algorithm.content)[0]!.content.toString('hex'))
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented'
  // The first byte of a bit string counts its unused bits.
  const isValid = verify(hash, signed.whole, key, signature.content.subarray(1))
  return isValid ? undefined : (verificationTexts[key.asymmetricKeyType ?? ''] ?? 'x509: verification failure')
}
