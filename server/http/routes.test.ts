// Which path and method goes where, and what bodies are taken.
import { expect } from 'chai'
import { gzipSync } from 'node:zlib'
import { configMap } from '../endpoints/testing.ts'
import { configMaps, TestServer, type Requested } from './testing.ts'

const mebibyte = 1024 * 1024

describe('routes', () => {
  let server: TestServer

  before(async () => {
    server = await TestServer.start()
    await server.api.create('configmaps', configMap('a', { k: 'v' }))
  })

  after(() => server.close())

  const notFound = '404 NotFound: the server could not find the requested resource'
  const notAllowed = '405 MethodNotAllowed: the server does not allow this method on the requested resource'
  const statuses: [method: string, path: string, answer: string][] = [
    ['GET', `${configMaps}/nosuch`, '404 NotFound: configmaps "nosuch" not found'],
    ['GET', '/apis/apps/v1/namespaces/default/deployments/nosuch', '404 NotFound: deployments.apps "nosuch" not found'],
    ['GET', '/api/v1/nosuch', notFound],
    ['GET', '/api/v1/namespaces/default/nosuch', notFound],
    ['POST', '/apis/apps/v1/namespaces/default/nosuch', notFound],
    ['GET', '/apis/apps/v1beta1/deployments', notFound],
    ['GET', '/api/v1/namespaces/default/pods/x/nosuch', notFound],
    ['GET', '/api/v1/namespaces/default/nodes', notFound],
    ['GET', '/apis/apps/v1/deployments/x', notFound],
    ['PUT', '/api/v1/configmaps/x', notFound],
    ['GET', '/apis/apps/v1/namespaces/default/daemonsets/x/scale', notFound],
    ['DELETE', '/api/v1/bindings', notFound],
    ['GET', '/api/v1//namespaces', notFound],
    ['POST', '/api/v1/configmaps', notAllowed],
    ['PUT', configMaps, notAllowed],
    ['PATCH', configMaps, notAllowed],
    ['POST', `${configMaps}/a`, notAllowed],
    ['OPTIONS', configMaps, notAllowed],
    ['DELETE', '/api/v1/namespaces', notAllowed],
    ['DELETE', '/api/v1/configmaps', notAllowed],
    ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews', notAllowed],
    ['GET', '/api/v1/namespaces/default/pods/p/eviction', notAllowed],
    ['GET', '/api/v1/namespaces/default/bindings', notAllowed],
    ['DELETE', '/version', notAllowed],
    ['OPTIONS', '/version', notAllowed],
  ]
  for (const [method, path, answer] of statuses) {
    it(`${method} ${path} is ${answer.slice(0, 3)}`, async () => {
      const typed = method === 'PATCH' ? { headers: { 'content-type': 'application/merge-patch+json' } } : {}
      expect(await server.refusal(path, { method, ...typed })).to.equal(answer)
    })
  }

  for (const path of ['/nosuch', '/apis/nosuch/v1/things', '//api/v1']) {
    it(`GET ${path} is a plain 404`, async () => {
      const { status, text, headers } = await server.send(path)
      expect([status, text]).to.deep.equal([404, '404 page not found\n'])
      expect(headers).to.include({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    })
  }

  for (const path of ['/version', configMaps, `${configMaps}/a`]) {
    it(`HEAD ${path} is 405`, async () => {
      expect((await server.send(path, { method: 'HEAD' })).status).to.equal(405)
    })
  }

  it('takes a slash at the end for nothing', async () => {
    expect((await server.send(`${configMaps}/a/`)).text).to.equal((await server.send(`${configMaps}/a`)).text)
    expect((await server.send(`${configMaps}/`)).status).to.equal(200)
  })

  it('goes through create, read, update, patch and delete', async () => {
    const send = async (method: string, path: string, more: Requested = {}) => {
      const { status, text } = await server.send(path, { method, ...more })
      return [status, (JSON.parse(text) as { kind: string }).kind]
    }
    const body = configMap('round', { k: '1' })
    expect(await send('POST', configMaps, { body })).to.deep.equal([201, 'ConfigMap'])
    expect(await send('GET', `${configMaps}/round`)).to.deep.equal([200, 'ConfigMap'])
    expect(await send('PUT', `${configMaps}/round`, { body })).to.deep.equal([200, 'ConfigMap'])
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect(await send('PATCH', `${configMaps}/round`, { headers, body: { data: { l: '2' } } })).to.deep.equal([
      200,
      'ConfigMap',
    ])
    expect(await send('GET', configMaps)).to.deep.equal([200, 'ConfigMapList'])
    expect(await send('DELETE', `${configMaps}/round`)).to.deep.equal([200, 'Status'])
    expect(await send('DELETE', `${configMaps}?labelSelector=none`)).to.deep.equal([200, 'ConfigMapList'])
    const lease = { metadata: { name: 'l' } }
    expect(
      await send('PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/l', { body: lease }),
    ).to.deep.equal([201, 'Lease'])
  })

  describe('bodies', () => {
    const post = (more: Requested) => server.refusal(configMaps, { method: 'POST', ...more })
    const unrecognized =
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: "
    const bad: { name: string; requested: Requested; answer: string }[] = [
      {
        name: 'nothing',
        requested: { body: '' },
        answer: `400 BadRequest: ${unrecognized}unexpected end of JSON input (<empty>)`,
      },
      {
        name: 'half of one',
        requested: { body: '{"kind"' },
        answer: `400 BadRequest: ${unrecognized}unexpected end of JSON input ({"kind")`,
      },
      {
        name: 'another media type',
        requested: { body: 'x', headers: { 'content-type': 'text/plain' } },
        answer:
          '415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor',
      },
      {
        name: 'more than 3 MiB',
        requested: { body: configMap('big', { k: 'x'.repeat(3 * mebibyte) }) },
        answer: '413 RequestEntityTooLarge: Request entity too large: limit is 3145728',
      },
      {
        name: 'more than 3 MiB in pieces, without a length',
        requested: { body: configMap('big', { k: 'x'.repeat(12 * mebibyte) }), isChunked: true },
        answer: '413 RequestEntityTooLarge: Request entity too large: limit is 3145728',
      },
      {
        name: 'more than a config map may hold',
        requested: { body: configMap('b', { k: 'x'.repeat(2 * mebibyte) }) },
        answer: '422 Invalid: ConfigMap "b" is invalid: []: Too long: may not be more than 1048576 bytes',
      },
    ]
    for (const { name, requested, answer } of bad) {
      it(`are refused: ${name}`, async () => {
        // The list of media types grows with what is served.
        const actual = await post(requested)
        if (answer.startsWith('415'))
          expect(actual).to.match(
            /^415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml/,
          )
        else expect(actual).to.equal(answer)
      })
    }

    it('are not unpacked', async () => {
      const body = gzipSync(JSON.stringify(configMap('packed', { k: 'v' })))
      expect(await post({ body, headers: { 'content-encoding': 'gzip' } })).to.match(/invalid character '\\x1f'/)
    })

    it('may be YAML', async () => {
      const { status, text } = await server.send(configMaps, {
        method: 'POST',
        headers: { 'content-type': 'application/yaml' },
        body: 'kind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  k: "1"\n',
      })
      expect(status).to.equal(201)
      expect(JSON.parse(text)).to.deep.include({ data: { k: '1' } })
    })

    it('of a deletion may be missing', async () => {
      await server.api.create('configmaps', configMap('gone'))
      expect((await server.send(`${configMaps}/gone`, { method: 'DELETE' })).status).to.equal(200)
    })

    for (const type of ['application/json', 'text/plain', '']) {
      it(`of a patch are not ${type === '' ? 'of no type' : type}`, async () => {
        expect(
          await server.refusal(`${configMaps}/a`, { method: 'PATCH', body: '{}', headers: { 'content-type': type } }),
        ).to.equal('415 UnsupportedMediaType: 415: Unsupported Media Type')
      })
    }
  })
})
