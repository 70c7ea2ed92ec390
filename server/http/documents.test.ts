// Fixed paths: probes, version, discovery, OpenAPI, metrics, keys.
import { expect } from 'chai'
import type { Document } from './documents.ts'
import type { HealthCheck } from './health.ts'
import { TestServer } from './testing.ts'

const problems = new Set<string>()
const check = (name: string): HealthCheck => ({
  name,
  check: () => {
    if (problems.has(name)) throw new Error(`${name} is broken`)
  },
})
const checks = [check('ping'), check('etcd')]
const groups: Document = {
  contentType: 'application/json',
  bytes: Buffer.from('{"kind":"APIGroupList"}'),
  etag: '"1"',
  vary: ['Accept'],
  cacheControl: 'public',
}

describe('documents', () => {
  let server: TestServer

  before(async () => {
    server = await TestServer.start({
      documents: {
        health: { healthz: checks, livez: checks, readyz: [...checks, check('shutdown')] },
        discovery: {
          find: ([first, second]) => (first !== 'apis' ? undefined : second === undefined ? groups : 'unknown-version'),
        },
        openapi: {
          v2: () => ({ contentType: 'application/json', bytes: Buffer.from('{"swagger":"2.0"}') }),
          v3: (path) =>
            path === '' ? { contentType: 'application/json', bytes: Buffer.from('{"paths":{}}') } : undefined,
        },
        tokens: { issuer: 'https://issuer', keySet: () => Promise.resolve({ keys: [{ kid: 'k' }] }) },
      },
    })
  })

  after(() => server.close())

  beforeEach(() => problems.clear())

  describe('of health', () => {
    const healthy: [path: string, text: string][] = [
      ['/healthz', 'ok'],
      ['/livez', 'ok'],
      ['/readyz', 'ok'],
      ['/livez/etcd', 'ok'],
      ['/livez?verbose', '[+]ping ok\n[+]etcd ok\nlivez check passed\n'],
      ['/livez?verbose&exclude=etcd', '[+]ping ok\n[+]etcd excluded: ok\nlivez check passed\n'],
    ]
    for (const [path, text] of healthy) {
      it(`${path} is ${JSON.stringify(text)}`, async () => {
        const answer = await server.send(path)
        expect([answer.status, answer.text]).to.deep.equal([200, text])
        expect(answer.headers).to.include({
          'content-type': 'text/plain; charset=utf-8',
          'x-content-type-options': 'nosniff',
        })
      })
    }

    it('tells which check failed, and not why', async () => {
      problems.add('etcd')
      const answer = await server.send('/readyz')
      expect([answer.status, answer.text]).to.deep.equal([
        500,
        '[+]ping ok\n[-]etcd failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n',
      ])
      expect((await server.send('/readyz/etcd')).status).to.equal(500)
      expect((await server.send('/readyz/ping')).status).to.equal(200)
      expect((await server.send('/readyz?exclude=etcd')).text).to.equal('ok')
    })

    it('answers HEAD and OPTIONS', async () => {
      expect((await server.send('/healthz', { method: 'HEAD' })).status).to.equal(200)
      expect((await server.send('/healthz', { method: 'OPTIONS' })).text).to.equal('ok')
    })

    it('does not know other checks', async () => {
      expect((await server.send('/livez/shutdown')).status).to.equal(404)
      expect((await server.send('/readyz/shutdown')).status).to.equal(200)
    })
  })

  const plain: [path: string, status: number, type: string | undefined, text: RegExp][] = [
    ['/version', 200, 'application/json', /"major": ?"1"/],
    ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores', /^series 1\n$/],
    ['/openapi/v2', 200, 'application/json', /swagger/],
    ['/openapi/v3', 200, 'application/json', /paths/],
    ['/openapi/v3/nosuch', 404, undefined, /^$/],
    ['/openid/v1/jwks', 200, 'application/jwk-set+json', /"kid":"k"/],
    [
      '/.well-known/openid-configuration',
      200,
      'application/json',
      /"jwks_uri":"https:\/\/127\.0\.0\.1:6443\/openid\/v1\/jwks"/,
    ],
  ]
  for (const [path, status, type, text] of plain) {
    it(`${path} is ${status}`, async () => {
      const answer = await server.send(path)
      expect(answer.status).to.equal(status)
      expect(answer.headers['content-type']).to.equal(type)
      expect(answer.text).to.match(text)
    })
  }

  it('has keys only for those who want keys', async () => {
    expect((await server.send('/openid/v1/jwks', { headers: { accept: 'application/json' } })).status).to.equal(406)
    expect((await server.send('/openid/v1/jwks', { headers: { accept: 'application/jwk-set+json' } })).status).to.equal(
      200,
    )
  })

  describe('of discovery', () => {
    it('have their headers, with and without a slash', async () => {
      for (const path of ['/apis', '/apis/']) {
        const { status, headers, text } = await server.send(path)
        expect([status, text]).to.deep.equal([200, '{"kind":"APIGroupList"}'])
        expect(headers).to.include({ etag: '"1"', vary: 'Accept', 'cache-control': 'public' })
      }
    })

    it('are not sent again to those who have them', async () => {
      const { status, text } = await server.send('/apis', { headers: { 'if-none-match': '"0", "1"' } })
      expect([status, text]).to.deep.equal([304, ''])
      expect((await server.send('/apis', { headers: { 'if-none-match': '"0"' } })).status).to.equal(200)
    })

    it('take any method', async () => {
      for (const method of ['POST', 'DELETE', 'OPTIONS'])
        expect((await server.send('/apis', { method })).status).to.equal(200)
    })

    it('do not know every version', async () => {
      expect(await server.refusal('/apis/apps/v9')).to.equal(
        '404 NotFound: the server could not find the requested resource',
      )
    })
  })
})
