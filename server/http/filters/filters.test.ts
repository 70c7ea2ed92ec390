// Who asks, as whom, and whether they may; and what becomes of errors.
import { Impersonation } from './impersonation-modes.ts'
import { expect } from 'chai'
import type { UserInfo } from '../../apimachinery/types.ts'
import { newUnauthorized } from '../../apimachinery/errors.ts'
import type { AuthorizationAttributes } from '../../authorization/authorizer.ts'
import { authorizerFor, configMaps, TestServer, tokens, type Requested, type TestServerOptions } from '../testing.ts'

const noRequest = {
  isResourceRequest: true,
  path: '',
  namespace: '',
  group: '',
  version: 'v1',
  resource: '',
  subresource: '',
  name: '',
}

describe('filters', () => {
  let server: TestServer | undefined

  async function started(options: TestServerOptions = {}): Promise<TestServer> {
    return (server = await TestServer.start(options))
  }

  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  /** Who the API takes a request to be from. */
  async function whoami(one: TestServer, headers: Requested['headers']): Promise<object | string> {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { status, text } = await one.send(path, {
      method: 'POST',
      headers: headers ?? {},
      body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
    })
    const answer = JSON.parse(text) as { status: { userInfo: object }; message: string }
    return status === 201 ? answer.status.userInfo : `${status} ${answer.message}`
  }

  const everyone = authorizerFor(() => true)
  const jane = { authorization: 'Bearer jane-token' }

  describe('authentication', () => {
    const protocols = `x, base64url.bearer.authorization.k8s.io.${Buffer.from('jane-token').toString('base64url')}`
    const cases: { name: string; headers: Requested['headers']; user: object | string }[] = [
      { name: 'a bearer token', headers: jane, user: { username: 'jane', groups: ['dev', 'system:authenticated'] } },
      {
        name: 'a token in any case of Bearer, with spaces around',
        headers: { authorization: ' bearer jane-token  ' },
        user: { username: 'jane', groups: ['dev', 'system:authenticated'] },
      },
      {
        name: 'no token: two spaces before it hide it',
        headers: { authorization: 'Bearer  jane-token' },
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      },
      { name: 'an unknown token', headers: { authorization: 'Bearer nope' }, user: '401 Unauthorized' },
      {
        name: 'no token',
        headers: { authorization: '' },
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      },
      {
        name: 'another scheme',
        headers: { authorization: 'Basic YTpi' },
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      },
      {
        name: 'a token in a WebSocket subprotocol',
        headers: {
          authorization: '',
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-protocol': protocols,
        },
        user: { username: 'jane', groups: ['dev', 'system:authenticated'] },
      },
      {
        name: 'a subprotocol of no WebSocket',
        headers: { authorization: '', 'sec-websocket-protocol': protocols },
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      },
    ]
    for (const { name, headers, user } of cases) {
      it(`by ${name}`, async () => {
        expect(await whoami(await started({ authorizer: everyone }), headers)).to.deep.equal(user)
      })
    }

    it('can be demanded', async () => {
      const one = await started({ allowAnonymous: false })
      expect(await one.refusal(configMaps, { headers: { authorization: '' } })).to.equal(
        '401 Unauthorized: Unauthorized',
      )
    })

    it('asks one after the other; the first that refuses ends it', async () => {
      const refusing = {
        authenticate: ({ bearerToken }: { bearerToken?: string }) =>
          bearerToken === 'bad' ? Promise.reject(newUnauthorized()) : undefined,
      }
      const all = { authenticate: (): UserInfo => ({ name: 'x', groups: [] }) }
      const one = await started({ authenticators: [refusing, tokens, all], authorizer: everyone })
      expect(await whoami(one, { authorization: 'Bearer bad' })).to.equal('401 Unauthorized')
      expect(await whoami(one, jane)).to.include({ username: 'jane' })
      expect(await whoami(one, { authorization: 'Bearer other' })).to.include({ username: 'x' })
    })
  })

  describe('authorization', () => {
    const cases: [method: string, path: string, message: string][] = [
      [
        'GET',
        configMaps,
        'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        `${configMaps}/a`,
        'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        `${configMaps}?watch=1`,
        'configmaps is forbidden: User "jane" cannot watch resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        'DELETE',
        configMaps,
        'configmaps is forbidden: User "jane" cannot deletecollection resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        'DELETE',
        '/apis/apps/v1/namespaces/n/deployments/x',
        'deployments.apps "x" is forbidden: User "jane" cannot delete resource "deployments" in API group "apps" in the namespace "n"',
      ],
      [
        'GET',
        '/api/v1/nodes',
        'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
      ],
      [
        'PATCH',
        '/api/v1/namespaces/n/pods/p/status',
        'pods "p" is forbidden: User "jane" cannot patch resource "pods/status" in API group "" in the namespace "n"',
      ],
      [
        'GET',
        '/apis/nosuch.io/v1/things',
        'things.nosuch.io is forbidden: User "jane" cannot list resource "things" in API group "nosuch.io" at the cluster scope',
      ],
      ['GET', '/metrics', 'forbidden: User "jane" cannot get path "/metrics"'],
      ['GET', '/nosuch', 'forbidden: User "jane" cannot get path "/nosuch"'],
    ]
    for (const [method, path, message] of cases) {
      it(`forbids ${method} ${path}`, async () => {
        expect(await (await started()).refusal(path, { method, headers: jane })).to.equal(`403 Forbidden: ${message}`)
      })
    }

    it('is asked about what the request is about', async () => {
      const asked: Partial<AuthorizationAttributes>[] = []
      const one = await started({
        authorizer: authorizerFor((attributes) => {
          const { user: _user, ...rest } = attributes
          asked.push(rest)
          return true
        }),
      })
      await one.send('/apis/apps/v1/namespaces/default/deployments/d/scale', { headers: jane })
      expect(asked).to.deep.equal([
        {
          verb: 'get',
          isResourceRequest: true,
          path: '/apis/apps/v1/namespaces/default/deployments/d/scale',
          namespace: 'default',
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          subresource: 'scale',
          name: 'd',
        },
      ])
    })

    it('asks for create too where a PUT or an apply creates', async () => {
      const one = await started({ authorizer: authorizerFor(({ verb }) => verb !== 'create') })
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } }
      const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/l'
      const refused =
        '403 Forbidden: leases.coordination.k8s.io "l" is forbidden: User "jane" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "default"'
      expect(await one.refusal(path, { method: 'PUT', headers: jane, body: lease })).to.equal(refused)
      const applied = { ...jane, 'content-type': 'application/apply-patch+yaml' }
      expect(await one.refusal(`${path}?fieldManager=m`, { method: 'PATCH', headers: applied, body: lease })).to.equal(
        refused,
      )
    })

    it('comes before the answer that there is nothing', async () => {
      const one = await started({ authorizer: authorizerFor(({ name }) => name === 'open') })
      expect(await one.refusal(`${configMaps}/secret`, { headers: jane })).to.match(/^403/)
      expect(await one.refusal(`${configMaps}/open`, { headers: jane })).to.equal(
        '404 NotFound: configmaps "open" not found',
      )
    })
  })

  describe('impersonation', () => {
    const sa = 'system:serviceaccount:n:sa'
    const cases: { name: string; headers: Requested['headers']; user: object }[] = [
      {
        name: 'a user',
        headers: { 'impersonate-user': 'x' },
        user: { username: 'x', groups: ['system:authenticated'] },
      },
      {
        name: 'a user with groups',
        headers: { 'impersonate-user': 'x', 'impersonate-group': ['g', 'h,i'] },
        user: { username: 'x', groups: ['g', 'h,i', 'system:authenticated'] },
      },
      {
        name: 'a service account',
        headers: { 'impersonate-user': sa },
        user: { username: sa, groups: ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'] },
      },
      {
        name: 'nobody',
        headers: { 'impersonate-user': 'system:anonymous' },
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      },
      {
        name: 'somebody who is not authenticated',
        headers: { 'impersonate-user': 'x', 'impersonate-group': 'system:unauthenticated' },
        user: { username: 'x', groups: ['system:unauthenticated'] },
      },
      {
        name: 'a user with a uid and extras',
        headers: {
          'impersonate-user': 'x',
          'impersonate-uid': '7',
          'impersonate-extra-example.com%2fscopes': ['view', 'edit'],
        },
        user: {
          username: 'x',
          uid: '7',
          groups: ['system:authenticated'],
          extra: { 'example.com/scopes': ['view', 'edit'] },
        },
      },
    ]
    for (const { name, headers, user } of cases) {
      it(`of ${name}`, async () => {
        expect(await whoami(await started({ authorizer: everyone }), headers)).to.deep.equal(user)
      })
    }

    const refused: [name: string, headers: Requested['headers'], why: string][] = [
      [
        'a group alone',
        { 'impersonate-group': 'g' },
        'Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)',
      ],
      [
        'a uid alone',
        { 'impersonate-uid': '1' },
        'Name:"", UID:"1", Groups:[]string(nil), Extra:map[string][]string(nil)',
      ],
      [
        'extras alone',
        { 'impersonate-extra-a': ['b', 'c'] },
        'Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"a":[]string{"b", "c"}}',
      ],
    ]
    for (const [name, headers, why] of refused) {
      it(`is refused of ${name}`, async () => {
        expect(await (await started()).refusal(configMaps, { headers: headers ?? {} })).to.equal(
          `400 BadRequest: requested &user.DefaultInfo{${why}} without impersonating a user name`,
        )
      })
    }

    const questions: { name: string; headers: Requested['headers']; asked: string[] }[] = [
      { name: 'the user', headers: { 'impersonate-user': 'x' }, asked: ['users x'] },
      {
        name: 'the account, in its namespace',
        headers: { 'impersonate-user': sa },
        asked: ['serviceaccounts sa in n'],
      },
      {
        name: 'groups, extras and the uid, each',
        headers: {
          'impersonate-user': 'x',
          'impersonate-group': ['g', 'h'],
          'impersonate-extra-scopes': 'v',
          'impersonate-uid': '7',
        },
        asked: [
          'users x',
          'uids.authentication.k8s.io 7',
          'groups g',
          'groups h',
          'userextras/scopes.authentication.k8s.io v',
        ],
      },
    ]
    for (const { name, headers, asked } of questions) {
      it(`asks whether one may impersonate ${name}`, async () => {
        const seen: string[] = []
        const one = await started({
          authorizer: authorizerFor(({ verb, resource, subresource, group, name: subject, namespace, user }) => {
            // Not in the constrained modes, which come first.
            if (verb !== 'impersonate') return !verb.startsWith('impersonate-on:')
            expect(user.name).to.equal('jane')
            const what = `${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
            seen.push(`${what} ${subject}${namespace === '' ? '' : ` in ${namespace}`}`)
            return true
          }),
        })
        await one.send(configMaps, { headers: { ...jane, ...headers } })
        expect(seen).to.deep.equal(asked)
      })
    }

    it('is forbidden to those who may not, whoever they would be', async () => {
      const one = await started({ authorizer: authorizerFor(({ verb }) => !verb.startsWith('impersonate')) })
      expect(
        await one.refusal(configMaps, {
          headers: { ...jane, 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' },
        }),
      ).to.equal(
        '403 Forbidden: configmaps is forbidden: User "jane" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default"',
      )
    })

    describe('in a constrained mode', () => {
      const allowed = (mode: string) =>
        authorizerFor(({ verb }) => verb === `impersonate-on:${mode}:list` || verb === `impersonate:${mode}`)
      const cases: [mode: string, user: string, groups: string[]][] = [
        ['user-info', 'x', ['system:authenticated']],
        ['serviceaccount', sa, ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated']],
        ['arbitrary-node', 'system:node:n1', ['system:nodes', 'system:authenticated']],
      ]
      for (const [mode, user, groups] of cases) {
        it(`takes ${user} for one request: ${mode}`, () => {
          const request = { ...noRequest, user: { name: 'jane', groups: [] }, verb: 'list', resource: 'pods' }
          const wanted = { name: user, uid: '', groups: [], extra: new Map() }
          const modes = new Impersonation(allowed(mode))
          expect(modes.userFor(wanted, request)).to.deep.equal({ name: user, groups })
          expect(() => modes.userFor(wanted, { ...request, verb: 'get' })).to.throw(
            `User "jane" cannot impersonate-on:${mode}:get resource "pods"`,
          )
        })
      }
    })

    it('takes the rights of the other, not one’s own', async () => {
      const one = await started()
      expect(await one.refusal(configMaps, { headers: { 'impersonate-user': 'x' } })).to.contain('User "x" cannot list')
      expect(
        (await one.send(configMaps, { headers: { 'impersonate-user': 'x', 'impersonate-group': 'system:masters' } }))
          .status,
      ).to.equal(200)
    })
  })

  describe('errors', () => {
    it('that nobody expected are 500, and logged', async () => {
      const one = await started({
        authorizer: {
          authorize: () => {
            throw new Error('broken')
          },
        },
      })
      expect(await one.refusal(configMaps)).to.equal('500 InternalError: Internal error occurred: broken')
      expect(one.logged).to.deep.equal([`GET ${configMaps} failed: Error: broken`])
    })

    it('that are answers are not logged', async () => {
      const one = await started()
      await one.send(`${configMaps}/a`)
      expect(one.logged).to.deep.equal([])
    })
  })

  it('give each request an id, or keep the one it has', async () => {
    const one = await started()
    const [first, second] = [await one.send(configMaps), await one.send(configMaps)]
    expect(first.headers['audit-id']).to.match(/^[0-9a-f-]{36}$/)
    expect(second.headers['audit-id']).to.not.equal(first.headers['audit-id'])
    expect((await one.send(configMaps, { headers: { 'audit-id': 'mine' } })).headers['audit-id']).to.equal('mine')
    expect(first.headers['cache-control']).to.equal('no-cache, private')
  })

  it('refuse a path that is not well encoded as HTTP servers do', async () => {
    const { status, text, headers } = await (await started()).send('/api/v1/%zz')
    expect([status, text, headers['audit-id']]).to.deep.equal([400, '400 Bad Request', undefined])
  })

  it('leave out parameters that cannot be read', async () => {
    expect((await (await started()).send(`${configMaps}?limit=%zz&limit=1;x`)).status).to.equal(200)
  })

  it('say what they cannot find in a path', async () => {
    const { status, text } = await (await started()).send('/api/v1/watch?a&b')
    const problem =
      'failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/watch?a&amp;b'
    expect([status, text]).to.deep.equal([500, `Internal Server Error: "/api/v1/watch?a&amp;b": ${problem}\n`])
  })

  it('refuse a timeout that is no duration, unless the request runs long', async () => {
    const one = await started()
    expect(await one.refusal(`${configMaps}?timeout=5`)).to.match(
      /^400 BadRequest: invalid timeout specified in the request URL - time: missing unit in duration "5"/,
    )
    expect((await one.send(`${configMaps}?timeout=5s`)).status).to.equal(200)
  })
})
