// Service-account tokens: signed, read back, and dead with what they are bound to.
import { expect } from 'chai'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { FakeClock } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { ServiceAccountTokens, type KeyStore, type ServiceAccountClaims } from './service-account.ts'

const issuer = 'https://kubernetes.default.svc'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

describe('service-account tokens', () => {
  let clock: FakeClock
  let objects: Map<string, AnyObject>
  let tokens: ServiceAccountTokens

  function tokensWith(keys: KeyStore): ServiceAccountTokens {
    return new ServiceAccountTokens({
      issuer,
      audiences: [issuer, 'extra'],
      keys,
      clock,
      find: (resource, namespace, name) => objects.get(`${resource}/${namespace}/${name}`),
    })
  }

  beforeEach(() => {
    clock = new FakeClock()
    objects = new Map([
      ['serviceaccounts/n/sa', { metadata: { name: 'sa', uid: 'sa-uid' } }],
      ['pods/n/p', { metadata: { name: 'p', uid: 'p-uid' } }],
      ['secrets/n/s', { metadata: { name: 's', uid: 's-uid' } }],
    ])
    tokens = tokensWith({ load: () => pem, save: () => {} })
  })

  function claims(more: Partial<ServiceAccountClaims> = {}): ServiceAccountClaims {
    const issuedAt = clock.now() / 1000
    return {
      namespace: 'n',
      serviceAccount: { name: 'sa', uid: 'sa-uid' },
      audiences: [issuer],
      issuedAt,
      expiresAt: issuedAt + 3600,
      ...more,
    }
  }

  async function isRefused(bearerToken: string): Promise<boolean> {
    try {
      await tokens.authenticate({ bearerToken })
      return false
    } catch (error) {
      expect(error).to.be.instanceOf(StatusError)
      expect((error as StatusError).code).to.equal(401)
      return true
    }
  }

  it('tell who the account is', async () => {
    const user = await tokens.authenticate({ bearerToken: await tokens.issue(claims()) })
    expect(user).to.deep.include({
      name: 'system:serviceaccount:n:sa',
      uid: 'sa-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:n'],
    })
    expect(user!.extra!['authentication.kubernetes.io/credential-id']![0]).to.match(/^JTI=[0-9a-f-]{36}$/)
  })

  it('tell the pod and the node they are bound to', async () => {
    const token = await tokens.issue(claims({ pod: { name: 'p', uid: 'p-uid' }, node: { name: 'w', uid: 'w-uid' } }))
    const user = await tokens.authenticate({ bearerToken: token })
    expect(user!.extra).to.deep.include({
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': ['p-uid'],
      'authentication.kubernetes.io/node-name': ['w'],
      'authentication.kubernetes.io/node-uid': ['w-uid'],
    })
  })

  it('can be verified by others, with the published keys', async () => {
    const token = await tokens.issue(claims({ secret: { name: 's', uid: 's-uid' } }))
    const keySet = await tokens.keySet()
    expect(keySet.keys[0]).to.include({ use: 'sig', kty: 'RSA', alg: 'RS256' })
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keySet as never), {
      issuer,
      audience: issuer,
      currentDate: new Date(clock.now()),
    })
    expect(protectedHeader).to.deep.include({ alg: 'RS256', kid: keySet.keys[0]!['kid'] })
    expect(payload).to.deep.include({
      sub: 'system:serviceaccount:n:sa',
      nbf: clock.now() / 1000,
      exp: clock.now() / 1000 + 3600,
      'kubernetes.io': {
        namespace: 'n',
        secret: { name: 's', uid: 's-uid' },
        serviceaccount: { name: 'sa', uid: 'sa-uid' },
      },
    })
  })

  const deaths: { name: string; bound?: Partial<ServiceAccountClaims>; end(): void }[] = [
    { name: 'the account is deleted', end: () => objects.delete('serviceaccounts/n/sa') },
    {
      name: 'the account is made anew',
      end: () => objects.set('serviceaccounts/n/sa', { metadata: { uid: 'other' } }),
    },
    {
      name: 'their pod is deleted',
      bound: { pod: { name: 'p', uid: 'p-uid' } },
      end: () => objects.delete('pods/n/p'),
    },
    {
      name: 'their pod is made anew',
      bound: { pod: { name: 'p', uid: 'p-uid' } },
      end: () => objects.set('pods/n/p', { metadata: { uid: 'other' } }),
    },
    {
      name: 'their secret is deleted',
      bound: { secret: { name: 's', uid: 's-uid' } },
      end: () => objects.delete('secrets/n/s'),
    },
    { name: 'their time is over', end: () => clock.step(3600_000) },
  ]
  for (const { name, bound, end } of deaths) {
    it(`are refused once ${name}`, async () => {
      const token = await tokens.issue(claims(bound))
      expect(await isRefused(token)).to.equal(false)
      end()
      expect(await isRefused(token)).to.equal(true)
    })
  }

  it('are refused for another audience', async () => {
    expect(await isRefused(await tokens.issue(claims({ audiences: ['other'] })))).to.equal(true)
    expect(await isRefused(await tokens.issue(claims({ audiences: ['extra', 'other'] })))).to.equal(false)
  })

  it('are refused with another signature, another algorithm, or a changed claim', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const kubernetes = { namespace: 'n', serviceaccount: { name: 'sa', uid: 'sa-uid' } }
    const forge = (key: Parameters<SignJWT['sign']>[0], alg: string) =>
      new SignJWT({ 'kubernetes.io': kubernetes })
        .setProtectedHeader({ alg })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setExpirationTime(clock.now() / 1000 + 60)
        .sign(key)
    expect(await isRefused(await forge(other, 'RS256'))).to.equal(true)
    expect(await isRefused(await forge(Buffer.alloc(32), 'HS256'))).to.equal(true)
    const [header, payload, signature] = (await tokens.issue(claims())).split('.')
    const changed = Buffer.from(payload!, 'base64url').toString().replace('"sa"', '"admin"')
    expect(await isRefused([header, Buffer.from(changed).toString('base64url'), signature].join('.'))).to.equal(true)
    const unsigned = [Buffer.from('{"alg":"none"}').toString('base64url'), payload, ''].join('.')
    expect(await isRefused(unsigned)).to.equal(true)
  })

  for (const [name, token] of [
    ['no token', undefined],
    ['a word', 'garbage'],
    ['what is no JSON', 'a.b.c'],
    ['a token of another issuer', `x.${Buffer.from('{"iss":"https://other"}').toString('base64url')}.x`],
  ] as const) {
    it(`leave ${name} to others`, async () => {
      expect(await tokens.authenticate(token === undefined ? {} : { bearerToken: token })).to.equal(undefined)
    })
  }

  it('have a key that is made once and kept, so that they outlive a restart', async () => {
    const saved: string[] = []
    const first = tokensWith({ load: () => undefined, save: (text) => void saved.push(text) })
    expect(saved).to.deep.equal([])
    const [token] = await Promise.all([first.issue(claims()), first.keySet(), first.issue(claims())])
    expect(saved).to.have.length(1)
    tokens = tokensWith({ load: () => saved[0], save: () => {} })
    expect(await isRefused(token)).to.equal(false)
  })
})
