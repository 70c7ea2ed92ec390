// Decisions in which an extender has a say, over real HTTP.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { asking, cluster, node, pod } from './builders.ts'
import type { ExtenderConfiguration } from './config/types.ts'
import { decideWithExtenders } from './extended-decision.ts'
import { Extender } from './extender.ts'
import type { ClusterView, Decision, PodObject } from './framework.ts'
import { podInfoOf } from './pod-info.ts'
import { defaultProfile } from './profile.ts'

type Answers = Readonly<Record<string, (question: Record<string, unknown>) => unknown>>

describe('decideWithExtenders', () => {
  let server: Server
  let answers: Answers = {}

  before((done) => {
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const answer = answers[request.url?.slice(1) ?? '']?.(JSON.parse(body) as Record<string, unknown>)
        response.statusCode = answer === undefined ? 500 : 200
        response.end(JSON.stringify(answer ?? {}))
      })
    }).listen(0, '127.0.0.1', done)
  })

  after((done) => {
    server.close(done)
    server.closeAllConnections()
  })

  const extender = (more: Partial<ExtenderConfiguration>): Extender =>
    new Extender({ urlPrefix: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...more })

  function ask(view: ClusterView, one: PodObject, more: Partial<ExtenderConfiguration>): Promise<Decision> {
    return decideWithExtenders(defaultProfile(), view, podInfoOf(one), [extender(more)], { random: () => 0 })
  }

  it('leaves out nodes, with the extender named as the one that did', async () => {
    answers = { filter: () => ({ nodenames: ['b'], failedNodes: { a: 'no license' } }) }
    const view = cluster([node('a'), node('b')])
    const decision = await ask(view, pod('p'), { filterVerb: 'filter', nodeCacheCapable: true })
    expect(decision.nodeName).to.equal('b')
    expect(decision.verdicts.get('a')).to.deep.equal({ plugin: 'Extender', resolvable: true, reasons: ['no license'] })
    expect([...decision.rejectedBy]).to.deep.equal(['Extender'])
  })

  it('says why when no node is left', async () => {
    answers = { filter: () => ({ Nodes: { items: [] }, FailedAndUnresolvableNodes: { a: 'no license' } }) }
    const { message } = await ask(cluster([node('a')]), pod('p'), { filterVerb: 'filter' })
    expect(message).to.equal(
      '0/1 nodes are available: 1 no license. no new claims to deallocate, ' +
        'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    )
  })

  it('adds its points, weighted and on the scale of the plugins', async () => {
    answers = {
      prioritize: () => [
        { Host: 'a', Score: 1 },
        { Host: 'b', Score: 10 },
      ],
    }
    const view = cluster([node('a'), node('b')])
    const decision = await ask(view, pod('p'), { prioritizeVerb: 'prioritize', weight: 5 })
    expect(decision.nodeName).to.equal('b')
    expect(decision.totals[1]! - decision.totals[0]!).to.equal(450)
  })

  it('ends the attempt if the extender fails, unless it may be ignored', async () => {
    answers = {}
    const view = cluster([node('a')])
    const failure = await ask(view, pod('p'), { filterVerb: 'filter' }).catch((error: Error) => error.message)
    expect(failure).to.match(/^failed filter with extender at URL http:\/\/127\.0\.0\.1:\d+, code 500$/)
    expect((await ask(view, pod('p'), { filterVerb: 'filter', ignorable: true })).nodeName).to.equal('a')
  })

  it('objects to evictions', async () => {
    answers = { preempt: () => ({ NodeNameToMetaVictims: { b: { Pods: [{ UID: 'uid-y' }], NumPDBViolations: 0 } } }) }
    const view = cluster(
      [node('a'), node('b')],
      [pod('x', { nodeName: 'a', ...asking({ cpu: '8' }) }), pod('y', { nodeName: 'b', ...asking({ cpu: '8' }) })],
    )
    const important = pod('p', { priority: 10, ...asking({ cpu: '8' }) })
    const { preemption } = await ask(view, important, { preemptVerb: 'preempt' })
    expect(preemption?.nodeName).to.equal('b')
    answers = { preempt: () => ({ NodeNameToMetaVictims: {} }) }
    const { message } = await ask(view, important, { preemptVerb: 'preempt' })
    expect(message).to.match(/preemption: no candidate node for preemption$/)
  })

  it('is asked only about pods that want what it keeps count of', () => {
    const one = extender({ managedResources: [{ name: 'example.com/license' }] })
    const license = { limits: { 'example.com/license': '1' } }
    expect(one.isInterested(pod('p'))).to.equal(false)
    expect(one.isInterested(pod('p', { containers: [{ name: 'c', resources: license }] }))).to.equal(true)
  })
})
