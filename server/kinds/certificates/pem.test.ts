// Certificate requests: their form and their signature.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { expect } from 'chai'
import { problemOfCertificates, problemOfRequest } from './pem.ts'

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

/** A request for an empty subject (RFC 2986), signed with ECDSA and SHA-256. */
function request(publicKey: KeyObject, privateKey: KeyObject): string {
  const publicKeyInfo = publicKey.export({ format: 'der', type: 'spki' })
  const signed = der(0x30, der(0x02, Buffer.from([0])), der(0x30), publicKeyInfo, der(0xa0))
  const algorithm = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey))
  const text = der(0x30, signed, algorithm, signature).toString('base64')
  return toPEM('CERTIFICATE REQUEST', text)
}

function toPEM(type: string, body: string): string {
  return Buffer.from(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`).toString('base64')
}

describe('problemOfRequest', () => {
  const one = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it('takes a request that its own key has signed', () => {
    expect(problemOfRequest(request(one.publicKey, one.privateKey))).to.equal(undefined)
  })

  it('refuses the signature of another key', () => {
    expect(problemOfRequest(request(one.publicKey, other.privateKey))).to.equal('x509: ECDSA verification failure')
  })

  it('refuses what is no request', () => {
    expect(problemOfRequest('YWJj')).to.equal('PEM block type must be CERTIFICATE REQUEST')
    expect(problemOfRequest(toPEM('CERTIFICATE', 'AAAA'))).to.equal('PEM block type must be CERTIFICATE REQUEST')
    expect(problemOfRequest(toPEM('CERTIFICATE REQUEST', 'AAAA'))).to.match(/^asn1: /)
  })
})

describe('problemOfCertificates', () => {
  it('wants certificates and nothing else', () => {
    expect(problemOfCertificates('')).to.equal(undefined)
    expect(problemOfCertificates('bm90IHBlbQ==')).to.equal('must contain at least one CERTIFICATE PEM block')
    expect(problemOfCertificates(toPEM('PRIVATE KEY', 'AAAA'))).to.equal(
      'only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"',
    )
  })
})
