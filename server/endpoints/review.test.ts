// Reviews: asked, answered, and nothing stored.
import { expect } from 'chai'
import { newUnauthorized } from '../apimachinery/errors.ts'
import type { AnyObject, UserInfo } from '../apimachinery/types.ts'
import type { AuthorizationAttributes } from '../apimachinery/authorization-attributes.ts'
import { review, type Reviewers } from './review.ts'
import { bodyOf, objectOf, refused, TestApi } from './testing.ts'

const jane: UserInfo = { name: 'jane', uid: '7', groups: ['dev'], extra: { scopes: ['view'] } }

describe('reviews', () => {
  let api: TestApi
  let asked: AuthorizationAttributes[]

  beforeEach(async () => {
    api = await TestApi.start()
    asked = []
  })

  afterEach(() => api.store.close())

  const reviewers: Reviewers = {
    authorize: (question) => {
      asked.push(question)
      if (question.verb === 'get') return { verdict: 'allow', reason: 'because' }
      return { verdict: question.verb === 'delete' ? 'deny' : 'no-opinion', reason: '' }
    },
    rulesFor: (user, namespace) => ({
      resourceRules: [{ verbs: [user.name], resources: [namespace] }],
      nonResourceRules: [],
    }),
    authenticateToken: async (token, audiences) => {
      if (token === 'bad') throw newUnauthorized()
      if (token === 'expired') throw newUnauthorized(new Error('it has expired'))
      return token === 'good' ? { user: jane, audiences: audiences.slice(0, 1) } : undefined
    },
    audiences: ['default'],
  }

  async function ask(resource: string, object: object, namespace?: string): Promise<AnyObject> {
    const name = `${resource}.${resource === 'tokenreviews' || resource === 'selfsubjectreviews' ? 'authentication' : 'authorization'}.k8s.io`
    const found = api.resources.all().find(({ facts }) => facts.resource === resource)!
    const scope = { ...api.scope('pods', { namespace: namespace ?? '' }), resource: found, user: jane }
    expect(`${found.facts.resource}.${found.facts.group}`).to.equal(name)
    return objectOf(await review(api, scope, bodyOf(object), reviewers))
  }

  it('tell who one is', async () => {
    const { status } = await ask('selfsubjectreviews', {})
    expect(status).to.deep.equal({
      userInfo: { username: 'jane', uid: '7', groups: ['dev'], extra: { scopes: ['view'] } },
    })
  })

  it('tell what one may do in a namespace', async () => {
    const { status } = await ask('selfsubjectrulesreviews', { spec: { namespace: 'n' } })
    expect(status).to.deep.equal({
      resourceRules: [{ verbs: ['jane'], resources: ['n'] }],
      nonResourceRules: [],
      incomplete: false,
    })
    expect(await refused(ask('selfsubjectrulesreviews', { spec: {} }))).to.equal(
      '400 BadRequest: no namespace on request',
    )
  })

  const access: {
    name: string
    resource: string
    spec: object
    status: object
    question: Partial<AuthorizationAttributes>
  }[] = [
    {
      name: 'oneself, about a resource',
      resource: 'selfsubjectaccessreviews',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'n', name: 'p' } },
      status: { allowed: true, reason: 'because' },
      question: {
        user: jane,
        verb: 'get',
        isResourceRequest: true,
        resource: 'pods',
        subresource: 'log',
        namespace: 'n',
        name: 'p',
        group: '',
      },
    },
    {
      name: 'oneself, about a path',
      resource: 'selfsubjectaccessreviews',
      spec: { nonResourceAttributes: { verb: 'post', path: '/x' } },
      status: { allowed: false },
      question: { user: jane, verb: 'post', isResourceRequest: false, path: '/x' },
    },
    {
      name: 'another',
      resource: 'subjectaccessreviews',
      spec: {
        user: 'john',
        groups: ['ops'],
        uid: '8',
        extra: { a: ['b'] },
        resourceAttributes: { verb: 'delete', resource: 'pods' },
      },
      status: { allowed: false, denied: true },
      question: { user: { name: 'john', groups: ['ops'], uid: '8', extra: { a: ['b'] } }, verb: 'delete' },
    },
    {
      name: 'another, in the namespace of the path',
      resource: 'localsubjectaccessreviews',
      spec: { user: 'john', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'n' } },
      status: { allowed: true, reason: 'because' },
      question: { namespace: 'n' },
    },
  ]
  for (const { name, resource, spec, status, question } of access) {
    it(`tell whether one may: ${name}`, async () => {
      expect((await ask(resource, { spec }, 'n'))['status']).to.deep.equal(status)
      expect(asked).to.have.length(1)
      expect(asked[0]).to.deep.include(question)
    })
  }

  const bad: { name: string; resource: string; spec: object; why: string }[] = [
    {
      name: 'about nothing',
      resource: 'selfsubjectaccessreviews',
      spec: {},
      why: '422 Invalid: .authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    },
    {
      name: 'about nobody',
      resource: 'subjectaccessreviews',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
      why: '422 Invalid: .authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    },
    {
      name: 'about another namespace than the path’s',
      resource: 'localsubjectaccessreviews',
      spec: { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'other' } },
      why: '422 Invalid: .authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
    },
    {
      name: 'about a path and a resource at once',
      resource: 'selfsubjectaccessreviews',
      spec: { resourceAttributes: { verb: 'get' }, nonResourceAttributes: { path: '/x', verb: 'get' } },
      why: '422 Invalid: .authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: cannot be specified in combination with resourceAttributes',
    },
    {
      name: 'with a selector that selects nothing',
      resource: 'selfsubjectaccessreviews',
      spec: { resourceAttributes: { verb: 'list', resource: 'pods', labelSelector: {} } },
      why: '422 Invalid: .authorization.k8s.io "" is invalid: spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required',
    },
    {
      name: 'about no token',
      resource: 'tokenreviews',
      spec: {},
      why: '400 BadRequest: token is required for TokenReview in authentication',
    },
  ]
  for (const { name, resource, spec, why } of bad) {
    it(`are refused: ${name}`, async () => {
      expect(await refused(ask(resource, { spec }, 'n'))).to.equal(why)
    })
  }

  it('say which selectors they do not understand', async () => {
    const requirements = [{ key: 'metadata.name', operator: 'Exists' }]
    const attributes = { verb: 'list', resource: 'pods', fieldSelector: { requirements } }
    const { status } = await ask('selfsubjectaccessreviews', { spec: { resourceAttributes: attributes } })
    expect(status).to.include({ evaluationError: 'spec.resourceAttributes.fieldSelector ignored due to parse error' })
  })

  const tokens: [token: string, status: object][] = [
    [
      'good',
      {
        authenticated: true,
        user: { username: 'jane', uid: '7', groups: ['dev'], extra: { scopes: ['view'] } },
        audiences: ['default'],
      },
    ],
    ['bad', { user: {}, error: 'invalid bearer token' }],
    ['unknown', { user: {}, error: 'invalid bearer token' }],
    ['expired', { user: {}, error: '[invalid bearer token, it has expired]' }],
  ]
  for (const [token, status] of tokens) {
    it(`tell whose a token is: ${token}`, async () => {
      expect((await ask('tokenreviews', { spec: { token } }))['status']).to.deep.equal(status)
    })
  }

  it('tell for which of the audiences a token is', async () => {
    const { status } = await ask('tokenreviews', { spec: { token: 'good', audiences: ['a', 'b'] } })
    expect(status).to.deep.include({ audiences: ['a'] })
  })

  it('store nothing', async () => {
    const before = api.revision
    await ask('tokenreviews', { spec: { token: 'good' } })
    await ask('selfsubjectreviews', {})
    expect(api.revision).to.equal(before)
  })
})
