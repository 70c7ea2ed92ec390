// Subresources with kinds of their own: scale, binding, eviction, token.
import { expect } from 'chai'
import type { Deployment } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { bind } from './bind.ts'
import { evict } from './evict.ts'
import { getScale, patchScale, updateScale } from './scale.ts'
import { bodyOf, objectOf, pod, refusal, refused, TestApi } from './testing.ts'
import { requestToken, type TokenClaims } from './token.ts'

describe('subresources', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  describe('scale', () => {
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const scope = () => api.scope('deployments.apps', { name: 'd', subresource: 'scale' })
    const put = async (scale: object): Promise<AnyObject> => objectOf(await updateScale(api, scope(), bodyOf(scale)))
    const replicas = async () => (await api.get<Deployment>('deployments.apps', 'd')).spec?.replicas

    beforeEach(async () => {
      await api.create('deployments.apps', {
        metadata: { name: 'd' },
        spec: { replicas: 1, selector: { matchLabels: { app: 'a' } }, template },
      })
    })

    it('reads how many are wanted, and how they are found', async () => {
      const { metadata } = await api.get('deployments.apps', 'd')
      const scale = objectOf<AnyObject>(getScale(scope()))
      expect(scale).to.deep.include({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: { replicas: 1 },
        status: { replicas: 0, selector: 'app=a' },
      })
      expect(scale.metadata).to.include({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })
    })

    it('writes how many are wanted, as a new generation', async () => {
      const scale = await put({ metadata: { name: 'd' }, spec: { replicas: 5 } })
      expect(scale['spec']).to.deep.equal({ replicas: 5 })
      expect(await replicas()).to.equal(5)
      expect((await api.get('deployments.apps', 'd')).metadata.generation).to.equal(2)
    })

    it('takes patches; none means zero', async () => {
      for (const [type, value, wanted] of [
        ['merge', { spec: { replicas: 3 } }, 3],
        ['json', [{ op: 'replace', path: '/spec/replicas', value: 7 }], 7],
        ['strategic-merge', { spec: { replicas: 8 } }, 8],
        ['merge', { spec: { replicas: null } }, 0],
      ] as const) {
        await patchScale(api, scope(), { type: `application/${type}-patch+json`, value })
        expect(await replicas()).to.equal(wanted)
      }
    })

    it('loses nothing beside other writers', async () => {
      const others = Array.from({ length: 16 }, (_, at) =>
        api.patch('deployments.apps', 'd', { metadata: { labels: { [`l${at}`]: 'v' } } }),
      )
      const scales = Array.from({ length: 16 }, (_, at) => put({ metadata: { name: 'd' }, spec: { replicas: at + 2 } }))
      await Promise.all([...others, ...scales])
      expect(Object.keys((await api.get('deployments.apps', 'd')).metadata.labels!)).to.have.length(16)
      expect(await replicas()).to.equal(17)
    })

    it('refuses an old version, a negative number, another name, what is not there', async () => {
      const old = objectOf<AnyObject>(getScale(scope()))
      await put({ metadata: { name: 'd' }, spec: { replicas: 2 } })
      expect(await refused(put({ ...old, spec: { replicas: 3 } }))).to.match(
        /^409 Conflict: Operation cannot be fulfilled on deployments\.apps "d": the object has been modified/,
      )
      expect(await refused(put({ metadata: { name: 'd' }, spec: { replicas: -1 } }))).to.equal(
        '422 Invalid: Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      )
      expect(await refused(put({ metadata: { name: 'wrong' } }))).to.equal(
        '400 BadRequest: the name of the object (wrong) does not match the name on the URL (d)',
      )
      expect(await replicas()).to.equal(2)
    })
  })

  describe('binding', () => {
    const bindTo = (target: object, more: { name?: string; query?: string; metadata?: object } = {}) => {
      const { name = 'p', query = '', metadata = { name } } = more
      return bind(api, api.scope('pods', { name, subresource: 'binding', query }), bodyOf({ metadata, target }))
    }

    beforeEach(async () => {
      await api.create('pods', pod('p'))
    })

    it('gives the pod its node, and says so in its status', async () => {
      const answer = await bindTo({ kind: 'Node', name: 'n1' }, { metadata: { name: 'p', annotations: { a: 'b' } } })
      expect(answer).to.deep.include({ type: 'status' })
      expect(objectOf<AnyObject>(answer)).to.include({ status: 'Success', code: 201 })
      const { spec, status, metadata } = await api.get<Pod>('pods', 'p')
      expect(spec?.nodeName).to.equal('n1')
      expect(metadata.annotations).to.deep.equal({ a: 'b' })
      const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
      expect(scheduled).to.include({ status: 'True', lastTransitionTime: formatTime(api.clock.now()) })
    })

    it('lets one of many bind', async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, at) => bindTo({ name: `n${at}` })))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    })

    it('leaves nothing of a dry run', async () => {
      await bindTo({ name: 'n1' }, { query: 'dryRun=All' })
      expect((await api.get<Pod>('pods', 'p')).spec).to.not.have.property('nodeName')
    })

    const bad: { name: string; target: object; more?: Parameters<typeof bindTo>[1]; why: string }[] = [
      {
        name: 'a pod that is not there',
        target: { name: 'n' },
        more: { name: 'q' },
        why: '404 NotFound: pods "q" not found',
      },
      {
        name: 'to what is no node',
        target: { kind: 'Pod', name: 'x' },
        why: '500 : target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
      },
      { name: 'to nothing', target: {}, why: '500 : target.name: Required value' },
      {
        name: 'by another name',
        target: { name: 'n' },
        more: { metadata: { name: 'other' } },
        why: '400 BadRequest: name in URL does not match name in Binding object',
      },
    ]
    for (const { name, target, more, why } of bad) {
      it(`refuses to bind ${name}`, async () => {
        expect(await refused(bindTo(target, more))).to.equal(why)
      })
    }

    it('refuses a pod that has a node, or waits for a gate', async () => {
      await bindTo({ name: 'n1' })
      expect(await refused(bindTo({ name: 'n2' }))).to.equal(
        '409 Conflict: Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
      )
      await api.create('pods', pod('gated', { schedulingGates: [{ name: 'a.b/c' }] }))
      expect(await refused(bindTo({ name: 'n' }, { name: 'gated' }))).to.contain(
        'pod gated has non-empty .spec.schedulingGates',
      )
    })
  })

  describe('eviction', () => {
    const evictPod = (more: object = {}, name = 'p') =>
      evict(
        api,
        api.scope('pods', { name, subresource: 'eviction' }),
        bodyOf({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more }),
      )

    async function running(name = 'p'): Promise<void> {
      await api.create('pods', pod(name, { nodeName: 'n' }, { labels: { app: 'a' } }))
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
      await api.patch('pods', name, { status }, { subresource: 'status' })
    }

    async function budget(status: object, name = 'b'): Promise<void> {
      await api.create('poddisruptionbudgets.policy', {
        metadata: { name },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
      })
      await api.patch('poddisruptionbudgets.policy', name, { status }, { subresource: 'status' })
    }

    it('deletes the pod, and says why in its status', async () => {
      await running()
      expect(objectOf<AnyObject>(await evictPod())).to.include({ status: 'Success', code: 201 })
      const { metadata, status } = await api.get<Pod>('pods', 'p')
      expect(metadata.deletionGracePeriodSeconds).to.equal(30)
      expect(status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).to.include({
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      })
    })

    it('spends what the budget allows, once however many ask', async () => {
      for (const name of ['p', 'q', 'r']) await running(name)
      await budget({
        observedGeneration: 1,
        disruptionsAllowed: 1,
        currentHealthy: 3,
        desiredHealthy: 2,
        expectedPods: 3,
      })
      const outcomes = await Promise.allSettled(['p', 'q', 'r'].map((name) => evictPod({}, name)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      const { status } = await api.get<PodDisruptionBudget>('poddisruptionbudgets.policy', 'b')
      expect(status?.disruptionsAllowed).to.equal(0)
      expect(Object.keys(status!.disruptedPods!)).to.have.length(1)
    })

    it('is refused when the budget allows none', async () => {
      await running()
      await budget({
        observedGeneration: 1,
        disruptionsAllowed: 0,
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
      })
      const status = await refusal(evictPod())
      expect(status).to.include({
        code: 429,
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
      })
      expect(status.details).to.deep.equal({
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
        ],
      })
      expect((await api.get('pods', 'p')).metadata).to.not.have.property('deletionTimestamp')
    })

    it('is told to come back when the budget is not up to date', async () => {
      await running()
      await budget({})
      expect((await refusal(evictPod())).details).to.deep.equal({
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget b is still being processed by the server.' },
        ],
        retryAfterSeconds: 10,
      })
    })

    it('knows no two budgets', async () => {
      await running()
      await budget({})
      await budget({}, 'c')
      expect(await refused(evictPod())).to.equal(
        '500 : This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      )
    })

    it('of a pod that waits asks nobody, and removes it', async () => {
      await api.create('pods', pod('p', {}, { labels: { app: 'a' } }))
      await budget({})
      await evictPod()
      expect(await api.names('pods')).to.deep.equal([])
    })

    it('leaves nothing of a dry run', async () => {
      await running()
      await budget({
        observedGeneration: 1,
        disruptionsAllowed: 1,
        currentHealthy: 2,
        desiredHealthy: 1,
        expectedPods: 2,
      })
      const before = api.revision
      await evictPod({ deleteOptions: { dryRun: ['All'] } })
      expect(api.revision).to.equal(before)
    })

    it('keeps to preconditions, with the version before its own mark', async () => {
      await running()
      const { uid, resourceVersion } = (await api.get('pods', 'p')).metadata
      for (const preconditions of [{ uid: 'wrong' }, { resourceVersion: '1' }]) {
        expect(await refused(evictPod({ deleteOptions: { preconditions } }))).to.match(
          /^409 Conflict: Operation cannot be fulfilled on Pod "p": the (UID|ResourceVersion) in the precondition/,
        )
      }
      expect((await api.get('pods', 'p')).metadata.resourceVersion).to.equal(resourceVersion)
      await evictPod({ deleteOptions: { preconditions: { uid, resourceVersion } } })
      expect((await api.get('pods', 'p')).metadata).to.have.property('deletionTimestamp')
    })

    it('refuses another name, and what is not there', async () => {
      await running()
      expect(await refused(evictPod({ metadata: { name: 'other' } }))).to.equal(
        '400 BadRequest: name in URL does not match name in Eviction object',
      )
      expect(await refused(evictPod({}, 'nosuch'))).to.equal('404 NotFound: pods "nosuch" not found')
    })
  })

  describe('token', () => {
    let issued: TokenClaims[]
    const ask = async (spec: object, name = 'sa'): Promise<Frozen<AnyObject>> => {
      const issuer = {
        audiences: ['https://default'],
        issue: (claims: TokenClaims) => {
          issued.push(claims)
          return Promise.resolve('signed')
        },
      }
      const body = bodyOf({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec })
      return objectOf(
        await requestToken(api, api.scope('serviceaccounts', { name, subresource: 'token' }), body, issuer),
      )
    }

    beforeEach(async () => {
      issued = []
      await api.create('serviceaccounts', { metadata: { name: 'sa' } })
    })

    it('is for the account and the default audience, for an hour', async () => {
      const { uid } = (await api.get('serviceaccounts', 'sa')).metadata
      const answer = await ask({})
      const now = api.clock.now()
      expect(answer.metadata).to.include({ name: 'sa', namespace: 'default', creationTimestamp: formatTime(now) })
      expect(answer.metadata!.uid).to.equal(uid)
      expect(answer['spec']).to.deep.include({ audiences: ['https://default'], expirationSeconds: 3600 })
      expect(answer['status']).to.deep.equal({ token: 'signed', expirationTimestamp: formatTime(now + 3600_000) })
      expect(issued).to.deep.equal([
        {
          namespace: 'default',
          serviceAccount: { name: 'sa', uid },
          audiences: ['https://default'],
          issuedAt: Math.floor(now / 1000),
          expiresAt: Math.floor(now / 1000) + 3600,
        },
      ])
    })

    it('can be bound to a pod, and so to its node', async () => {
      const node = await api.create('nodes', { metadata: { name: 'n' } })
      const { metadata } = await api.create('pods', pod('p', { nodeName: 'n', serviceAccountName: 'sa' }))
      await ask({
        audiences: ['a', 'b'],
        expirationSeconds: 600,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' },
      })
      expect(issued[0]).to.deep.include({
        pod: { name: 'p', uid: metadata.uid },
        node: { name: 'n', uid: node.metadata.uid },
        audiences: ['a', 'b'],
      })
    })

    it('can be bound to a node', async () => {
      const { metadata } = await api.create('nodes', { metadata: { name: 'n' } })
      await ask({ boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'n', uid: metadata.uid } })
      expect(issued[0]!.node).to.deep.equal({ name: 'n', uid: metadata.uid })
      expect(issued[0]).to.not.have.property('pod')
    })

    it('is refused for a pod of another account', async () => {
      await api.create('pods', pod('p', { serviceAccountName: 'other' }))
      expect(await refused(ask({ boundObjectRef: { kind: 'Pod', name: 'p' } }))).to.equal(
        '400 BadRequest: cannot bind token for serviceaccount "sa" to pod running with different serviceaccount name.',
      )
      expect(issued).to.deep.equal([])
    })

    const bad: { name: string; spec: object; account?: string; why: string }[] = [
      {
        name: 'less than ten minutes',
        spec: { expirationSeconds: 10 },
        why: '422 Invalid: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
      },
      {
        name: 'an account that is not there',
        spec: {},
        account: 'nosuch',
        why: '404 NotFound: serviceaccounts "nosuch" not found',
      },
      {
        name: 'a pod that is not there',
        spec: { boundObjectRef: { kind: 'Pod', name: 'nosuch' } },
        why: '404 NotFound: pods "nosuch" not found',
      },
      {
        name: 'a kind nothing is bound to',
        spec: { boundObjectRef: { kind: 'ConfigMap', name: 'x' } },
        why: '400 BadRequest: cannot bind token to object of type /, Kind=ConfigMap',
      },
    ]
    for (const { name, spec, account, why } of bad) {
      it(`is refused for ${name}`, async () => {
        expect(await refused(ask(spec, account))).to.equal(why)
        expect(issued).to.deep.equal([])
      })
    }
  })
})
