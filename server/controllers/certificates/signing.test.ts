// Approved requests are signed once, refused ones fail, and what nobody wants any more goes.
import { expect } from 'chai'
import type { CertificateSigningRequest } from '../../api/certificates.ts'
import type { Stored } from '../../apimachinery/types.ts'
import type { Action, UpdateAction } from '../../client/action.ts'
import { listersOf, type ControllerDefinition } from '../../client/controller.ts'
import { ago, NOW, told } from '../testing.ts'
import { csrCleaner } from './cleaner.ts'
import { csrSigning, type Authority } from './signing.ts'

const resource = 'certificatesigningrequests.certificates.k8s.io'
const client = 'kubernetes.io/kube-apiserver-client'

interface Options {
  readonly signerName?: string
  readonly usages?: string[]
  readonly expirationSeconds?: number
  readonly conditions?: string[]
  readonly certificate?: string
  readonly settledSeconds?: number
}

function csr(options: Options = {}): Stored<CertificateSigningRequest> {
  const { signerName = client, usages = ['client auth'], conditions = ['Approved'], settledSeconds = 0 } = options
  const lastUpdateTime = ago(settledSeconds)
  return {
    metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: ago(settledSeconds) },
    spec: {
      request: Buffer.from('request').toString('base64'),
      signerName,
      usages,
      ...(options.expirationSeconds === undefined ? {} : { expirationSeconds: options.expirationSeconds }),
    },
    status: {
      conditions: conditions.map((type) => ({ type, status: 'True', lastUpdateTime })),
      ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    },
  }
}

const grants: Parameters<Authority['sign']>[1][] = []
const authority: Authority = {
  read: () =>
    Promise.resolve({
      commonName: 'jane',
      organizations: [],
      dnsNames: [],
      ipAddresses: [],
      emailAddresses: [],
      uris: [],
    }),
  sign: (request, grant) => {
    grants.push(grant)
    return Promise.resolve(`signed ${request}`)
  },
}

function reconcile(
  controller: { definition: ControllerDefinition },
  object: CertificateSigningRequest,
): readonly Action[] {
  const { definition } = controller
  return definition.reconcile('a', listersOf(definition, { [resource]: [object] }), NOW)
}

/** What comes of a request in the end. */
async function outcome(object: CertificateSigningRequest): Promise<CertificateSigningRequest['status']> {
  const [work] = reconcile(csrSigning(authority), object)
  if (work?.do !== 'work') return undefined
  const [update] = (await work.work()) as readonly UpdateAction[]
  return (update!.object as CertificateSigningRequest).status
}

describe('certificate requests', () => {
  it('are signed when they are approved', async () => {
    const status = await outcome(csr())
    expect(Buffer.from(status!.certificate!, 'base64').toString()).to.equal('signed request')
  })

  const left: [string, Options][] = [
    ['waits for approval', { conditions: [] }],
    ['is denied', { conditions: ['Approved', 'Denied'] }],
    ['has failed', { conditions: ['Approved', 'Failed'] }],
    ['is signed already', { certificate: 'x' }],
    ['has a signer of its own', { signerName: 'example.com/signer' }],
  ]
  for (const [what, options] of left) {
    it(`are left alone when one ${what}`, async () => {
      expect(await outcome(csr(options))).to.equal(undefined)
    })
  }

  it('fail when they are not what their signer signs', async () => {
    const status = await outcome(csr({ usages: ['server auth'] }))
    expect(status!.certificate).to.equal(undefined)
    expect(status!.conditions!.at(-1)).to.include({
      type: 'Failed',
      reason: 'SignerValidationFailure',
      message: 'invalid usage for client certificate: server auth',
    })
  })

  it('get the time they ask for, within bounds, and less than five minutes of the past', async () => {
    const lifetimes: [number | undefined, number][] = [
      [undefined, 365 * 24 * 3600 - 300],
      [7200, 7200],
      [60, 600],
      [10 * 365 * 24 * 3600, 365 * 24 * 3600 - 300],
    ]
    for (const [expirationSeconds, seconds] of lifetimes) {
      await outcome(csr(expirationSeconds === undefined ? {} : { expirationSeconds }))
      const { notBefore, notAfter } = grants.at(-1)!
      expect([(NOW - notBefore) / 1000, (notAfter - NOW) / 1000]).to.deep.equal([300, seconds])
    }
  })

  const hour = 3600
  const ends: [string, Options, boolean][] = [
    ['waiting for a day', { conditions: [], settledSeconds: 25 * hour }, true],
    ['waiting for an hour', { conditions: [], settledSeconds: 2 * hour }, false],
    ['denied for an hour', { conditions: ['Denied'], settledSeconds: 2 * hour }, true],
    ['issued for an hour', { certificate: 'x', settledSeconds: 2 * hour }, true],
    ['issued just now', { certificate: 'x' }, false],
    ['approved, but not issued for two hours', { settledSeconds: 2 * hour }, false],
    ['approved, but not issued for a day', { settledSeconds: 25 * hour }, true],
  ]
  for (const [what, options, goes] of ends) {
    it(`${goes ? 'go' : 'stay'} when ${what}`, () => {
      const lines = told(reconcile(csrCleaner, csr(options)))
      expect(lines).to.deep.equal([goes ? `delete ${resource} a` : 'requeueAfter 3600000'])
    })
  }
})
