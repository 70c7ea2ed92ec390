// What the certificate authority signs: accepted by TLS, by name and by time.
import { expect } from 'chai'
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto'
import {
  isUsable,
  newCertificateAuthority,
  newClientCertificate,
  newServingCertificate,
  readCertificateRequest,
  signCertificateRequest,
  type KeyPair,
} from './certificates.ts'

const now = Date.UTC(2026, 0, 1)
const day = 24 * 60 * 60 * 1000
const names = ['localhost', '127.0.0.1', '::1', 'kubernetes.default.svc']

describe('certificates', () => {
  let authority: KeyPair
  let serving: KeyPair

  before(async () => {
    authority = await newCertificateAuthority('kubernetes', now)
    serving = await newServingCertificate(authority, names, now)
  })

  it('of the authority may sign', () => {
    const certificate = new X509Certificate(authority.certificate)
    expect(certificate.ca).to.equal(true)
    expect(certificate.subject).to.equal('CN=kubernetes')
    expect(certificate.checkPrivateKey(createPrivateKey(authority.key))).to.equal(true)
    expect(Date.parse(certificate.validTo)).to.be.greaterThan(now + 3600 * day)
  })

  it('of the server are for its names and addresses', () => {
    const certificate = new X509Certificate(serving.certificate)
    expect(certificate.ca).to.equal(false)
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).to.equal(true)
    expect(certificate.checkPrivateKey(createPrivateKey(serving.key))).to.equal(true)
    for (const host of ['localhost', 'kubernetes.default.svc']) expect(certificate.checkHost(host)).to.equal(host)
    for (const ip of ['127.0.0.1', '::1']) expect(certificate.checkIP(ip)).to.be.a('string')
    expect(certificate.checkHost('example.com')).to.equal(undefined)
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1'])
  })

  it('of a user hold its name and groups', async () => {
    const pair = await newClientCertificate(authority, { name: 'jane', groups: ['dev', 'system:masters'] }, now)
    const certificate = new X509Certificate(pair.certificate)
    expect(certificate.subject.split('\n')).to.have.members(['CN=jane', 'O=dev', 'O=system:masters'])
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.2'])
  })

  it('are good before now, for clients whose clock is behind', () => {
    expect(Date.parse(new X509Certificate(serving.certificate).validFrom)).to.be.lessThan(now)
  })

  it('have serial numbers of their own', async () => {
    const other = await newServingCertificate(authority, names, now)
    expect(new X509Certificate(other.certificate).serialNumber).to.not.equal(
      new X509Certificate(serving.certificate).serialNumber,
    )
  })

  it('signs requests: their subject, key and names, its own usages and time', async () => {
    await import('reflect-metadata')
    const x509 = await import('@peculiar/x509')
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=jane,O=team,O=other',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'jane.example.com' }])],
    })
    const pem = request.toString('pem')
    expect(await readCertificateRequest(pem)).to.deep.equal({
      commonName: 'jane',
      organizations: ['team', 'other'],
      dnsNames: ['jane.example.com'],
      ipAddresses: [],
      emailAddresses: [],
      uris: [],
    })
    const grant = { usages: ['digital signature', 'client auth'], notBefore: now, notAfter: now + day }
    const certificate = new X509Certificate(await signCertificateRequest(authority, pem, grant))
    expect(certificate.verify(createPublicKey(authority.certificate))).to.equal(true)
    // Common names come last, as Go writes them.
    expect(certificate.subject).to.equal('O=team + O=other\nCN=jane')
    expect(certificate.subjectAltName).to.equal('DNS:jane.example.com')
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.validToDate.getTime()).to.equal(now + day)
    expect(certificate.ca).to.equal(false)
    const longer = await signCertificateRequest(authority, pem, { ...grant, notAfter: now + 100 * 365 * day })
    expect(new X509Certificate(longer).validTo).to.equal(new X509Certificate(authority.certificate).validTo)
  })

  describe('isUsable', () => {
    const cases: {
      name: string
      of?: () => Promise<KeyPair> | KeyPair
      by?: () => Promise<KeyPair> | KeyPair
      names?: string[]
      at?: number
      usable: boolean
    }[] = [
      { name: 'its own names', usable: true },
      { name: 'some of them', names: ['localhost'], usable: true },
      { name: 'another name', names: ['localhost', 'example.com'], usable: false },
      { name: 'another address', names: ['10.0.0.1'], usable: false },
      { name: 'shortly before its end', at: now + 364 * day, usable: false },
      { name: 'after its end', at: now + 400 * day, usable: false },
      { name: 'a month before its end', at: now + 330 * day, usable: true },
      { name: 'another authority', by: () => newCertificateAuthority('kubernetes', now), usable: false },
      { name: 'what is no certificate', of: () => ({ certificate: 'x', key: 'y' }), usable: false },
    ]
    for (const { name, of, by, names: needed = names, at = now, usable } of cases) {
      it(`${usable ? 'takes' : 'refuses'} one for ${name}`, async () => {
        expect(
          isUsable(of === undefined ? serving : await of(), by === undefined ? authority : await by(), needed, at),
        ).to.equal(usable)
      })
    }
  })
})
