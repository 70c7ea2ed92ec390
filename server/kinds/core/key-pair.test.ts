// Certificates and keys that do not go together, in Go's words.
import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { problemOfKeyPair } from './key-pair.ts'

const pem = (type: string): string => `-----BEGIN ${type}-----\nYWJj\n-----END ${type}-----\n`
const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })

describe('problemOfKeyPair', () => {
  const cases: [name: string, certificate: string, key: string, problem: string][] = [
    ['nothing', 'a', 'a', 'tls: failed to find any PEM data in certificate input'],
    [
      'both switched',
      String(key),
      pem('CERTIFICATE'),
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    ],
    [
      'other blocks',
      pem('X') + pem('Y'),
      'a',
      'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [X Y]',
    ],
    ['no key', pem('CERTIFICATE'), '', 'tls: failed to find any PEM data in key input'],
    [
      'two certificates',
      pem('CERTIFICATE'),
      pem('CERTIFICATE'),
      'tls: found a certificate rather than a key in the PEM for the private key',
    ],
    ['a certificate that is none', pem('CERTIFICATE'), String(key), 'x509: malformed certificate'],
  ]
  for (const [name, certificate, privateKey, problem] of cases) {
    it(`tells of ${name}`, () => expect(problemOfKeyPair(certificate, privateKey)).to.equal(problem))
  }
})
