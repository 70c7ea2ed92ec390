// Namespaces that are being deleted: the conditions, and the way from content to none.
import { expect } from 'chai'
import type * as core from '../../api/core.ts'
import { FakeClock } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/types.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { Informers } from '../../client/informers.ts'
import { NOW, TIME, ago } from '../testing.ts'
import { updateConditions, type Findings } from './conditions.ts'
import { namespace } from './index.ts'

const clean: Findings = { remaining: new Map(), finalizers: new Map(), failures: [], arePodsLeft: false }

describe('namespace conditions', () => {
  it('tell what remains', () => {
    const findings = {
      ...clean,
      remaining: new Map([
        ['widgets.example.com', 2],
        ['configmaps', 1],
      ]),
      finalizers: new Map([['a.b/c', 1]]),
    }
    expect(
      updateConditions([], findings, NOW).map(
        ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
      ),
    ).to.deep.equal([
      'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered',
      'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed',
      'NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      'NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances, widgets.example.com has 2 resource instances',
      'NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: a.b/c in 1 resource instances',
    ])
  })

  it('tell what failed', () => {
    const [, , content] = updateConditions([], { ...clean, failures: ['b', 'a'] }, NOW)
    expect(content).to.deep.include({
      status: 'True',
      reason: 'ContentDeletionFailed',
      message: 'Failed to delete all resource types, 2 remaining: a, b',
    })
  })

  it('change their time with their status only, and nothing if nothing changes', () => {
    const before = updateConditions([], { ...clean, remaining: new Map([['pods', 2]]) }, NOW - 60_000)
    const fewer = updateConditions(before, { ...clean, remaining: new Map([['pods', 1]]) }, NOW)
    expect(fewer[3]).to.include({
      lastTransitionTime: ago(60),
      message: 'Some resources are remaining: pods. has 1 resource instances',
    })
    const none = updateConditions(fewer, clean, NOW)
    expect(none[3]).to.include({ status: 'False', lastTransitionTime: TIME, reason: 'ContentRemoved' })
    expect(updateConditions(none, clean, NOW)).to.equal(none)
  })
})

describe('namespace-controller', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const terminating = (): core.Namespace => ({
    metadata: { name: 'team', deletionTimestamp: TIME },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Terminating' },
  })
  const inTeam = (name: string, more: object = {}): KubeObject => ({ metadata: { name, namespace: 'team', ...more } })

  async function run(objects: Record<string, readonly KubeObject[]>, prepare: (client: FakeClient) => void = () => {}) {
    const client = new FakeClient(objects)
    prepare(client)
    const clock = new FakeClock(NOW)
    const informers = new Informers(client, clock)
    const controller = namespace.start({ informers, clientFor: () => client, clock })
    await informers.start()
    const work = async (): Promise<void> => {
      await settle()
      await controller.settled()
    }
    await work()
    const found = (): core.Namespace | undefined => client.objects('namespaces')[0] as core.Namespace | undefined
    return { client, clock, work, found }
  }

  it('leaves namespaces alone that are not being deleted', async () => {
    const { client } = await run({ namespaces: [{ metadata: { name: 'team' } }], configmaps: [inTeam('a')] })
    expect(client.calls.filter((call) => !/^(list|watch) namespaces/.test(call))).to.deep.equal([])
  })

  it('empties the namespace and takes its finalizer', async () => {
    const { client, found } = await run({ namespaces: [terminating()], configmaps: [inTeam('a')], pods: [inTeam('p')] })
    expect(client.objects('configmaps')).to.deep.equal([])
    expect(client.objects('pods')).to.deep.equal([])
    expect(found()?.spec?.finalizers).to.deep.equal([])
    expect(found()?.status).to.not.have.property('conditions')
    expect(client.calls).to.include('update namespaces/finalize team')
  })

  it('deletes pods before anything else, and reports what is left', async () => {
    const stay = (client: FakeClient): void => {
      client.delete = async () => {}
    }
    const { found, client, clock, work } = await run(
      { namespaces: [terminating()], configmaps: [inTeam('a')], pods: [inTeam('p', { finalizers: ['x/y'] })] },
      stay,
    )
    // Only of what is looked at after the pods is said that it remains.
    expect(found()?.status?.conditions?.map(({ message }) => message)).to.include.members([
      'All content successfully removed',
      'All content-preserving finalizers finished',
    ])
    expect(client.objects('configmaps')).to.have.length(1)
    client.delete = FakeClient.prototype.delete
    clock.step(1000)
    await work()
    expect(found()?.spec?.finalizers).to.deep.equal([])
  })
})
