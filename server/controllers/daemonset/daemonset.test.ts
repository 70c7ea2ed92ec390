// DaemonSets: objects → actions.
import { expect } from 'chai'
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, node, NOW, ownerReference, pod, told, written, type PodOptions } from '../testing.ts'
import { daemonset, FailedPodBackoff } from './index.ts'
import { fit, type Node } from './node-fit.ts'

const owner = ownerReference('DaemonSet', 'agent', 'uid-agent')
const labels = { app: 'agent' }

function agent(spec: Partial<apps.DaemonSetSpec> = {}, template: Partial<core.PodSpec> = {}): Stored<apps.DaemonSet> {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'agent',
      namespace: 'default',
      uid: 'uid-agent',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(600),
    },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'agent:2' }], ...template } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...spec,
    },
  }
}

function revision(
  set: Stored<apps.DaemonSet>,
  name: string,
  number: number,
  image = 'agent:2',
): Stored<apps.ControllerRevision> {
  const template = {
    ...set.spec?.template,
    spec: { ...set.spec?.template.spec, containers: [{ name: 'c', image }] },
    $patch: 'replace',
  }
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(60),
      labels: { ...labels, 'controller-revision-hash': name },
      ownerReferences: [owner],
    },
    data: { spec: { template } },
    revision: number,
  }
}

function daemon(name: string, on: string, hash = 'new', more: Partial<PodOptions> = {}): Stored<core.Pod> {
  return pod({
    name,
    owner,
    node: on,
    labels: { ...labels, 'controller-revision-hash': hash },
    readySeconds: 30,
    ...more,
  })
}

function reconcile(
  set: Stored<apps.DaemonSet>,
  objects: { nodes?: KubeObject[]; pods?: KubeObject[]; revisions?: KubeObject[] },
): readonly Action[] {
  const { definition } = daemonset() as Controller & { definition: ControllerDefinition }
  const { nodes = [node('n1'), node('n2')], pods = [], revisions = [revision(set, 'new', 1)] } = objects
  const world = { 'daemonsets.apps': [set], nodes, pods, 'controllerrevisions.apps': revisions }
  return definition.reconcile('default/agent', listersOf(definition, world), NOW)
}

function steps(actions: readonly Action[]): string[] {
  return told(actions).filter((line) => !line.startsWith('update daemonsets.apps/status'))
}

describe('daemonset-controller', () => {
  it('keeps its template as a revision first', () => {
    const actions = reconcile(agent(), { revisions: [] })
    const made = written<apps.ControllerRevision>(actions, 'controllerrevisions.apps')
    expect(made).to.deep.include({
      revision: 1,
      data: { spec: { template: { ...agent().spec?.template, $patch: 'replace' } } },
    })
    expect(made?.metadata?.name).to.equal(`agent-${made?.metadata?.labels?.['controller-revision-hash']}`)
    expect(told(actions)).to.have.length(1)
  })

  it('creates a pod for each node, bound to it by affinity and tolerant of its troubles', () => {
    const actions = reconcile(agent(), {})
    expect(steps(actions)).to.deep.equal([
      'create pods agent-x',
      'event SuccessfulCreate: Created pod: agent-x',
      'create pods agent-x',
      'event SuccessfulCreate: Created pod: agent-x',
    ])
    const made = written<core.Pod>(actions, 'pods')
    expect(made?.metadata?.labels).to.deep.equal({ ...labels, 'controller-revision-hash': 'new' })
    expect(
      made?.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ).to.deep.equal([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }])
    expect(made?.spec?.tolerations?.map(({ key, effect }) => `${key}:${effect}`)).to.include(
      'node.kubernetes.io/unschedulable:NoSchedule',
    )
  })

  it('counts', () => {
    const nodes = [node('n1'), node('n2'), node('n3', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })]
    const pods = [daemon('a', 'n1'), daemon('b', 'n3', 'old')]
    const status = written<apps.DaemonSet>(reconcile(agent(), { nodes, pods }), 'daemonsets.apps', 'status')?.status
    expect(status).to.deep.equal({
      currentNumberScheduled: 1,
      numberMisscheduled: 1,
      desiredNumberScheduled: 2,
      numberReady: 1,
      observedGeneration: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
      numberUnavailable: 1,
    })
  })

  it('takes pods away from nodes they no longer belong on', () => {
    const set = agent({}, { nodeSelector: { disk: 'ssd' } })
    const nodes = [node('n1', { labels: { disk: 'ssd' } }), node('n2')]
    expect(steps(reconcile(set, { nodes, pods: [daemon('a', 'n1'), daemon('b', 'n2')] }))).to.deep.equal([
      'delete pods b',
      'event SuccessfulDelete: Deleted pod: b',
    ])
  })

  it('replaces pods that failed, with a pause if they do it again', () => {
    const failed = daemon('a', 'n1', 'new', { phase: 'Failed' })
    expect(steps(reconcile(agent(), { nodes: [node('n1')], pods: [failed] }))).to.deep.equal([
      'event FailedDaemonPod: Found failed daemon pod default/a on node n1, will try to kill it',
      'delete pods a',
      'event SuccessfulDelete: Deleted pod: a',
    ])
    const backoff = new FailedPodBackoff()
    expect([0, 500, 1000, 1500, 3000].map((time) => backoff.wait('k', time))).to.deep.equal([0, 500, 0, 1500, 0])
    backoff.wait('l', 4000)
    expect(backoff.size).to.equal(2)
    backoff.wait('l', 3600_000)
    expect(backoff.size, 'what was long quiet is forgotten').to.equal(1)
  })

  describe('a rolling update', () => {
    const revisions = (set: Stored<apps.DaemonSet>) => [revision(set, 'old', 1, 'agent:1'), revision(set, 'new', 2)]
    it('replaces as many old pods as may be unavailable', () => {
      const set = agent()
      expect(
        steps(
          reconcile(set, { revisions: revisions(set), pods: [daemon('a', 'n1', 'old'), daemon('b', 'n2', 'old')] }),
        ),
      ).to.have.length(2)
      const unavailable = pod({
        name: 'b',
        owner,
        node: 'n2',
        labels: { ...labels, 'controller-revision-hash': 'new' },
      })
      expect(
        steps(reconcile(set, { revisions: revisions(set), pods: [daemon('a', 'n1', 'old'), unavailable] })),
      ).to.deep.equal([])
    })

    it('creates new pods beside old ones with a surge', () => {
      const set = agent({
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      })
      const old = [daemon('a', 'n1', 'old'), daemon('b', 'n2', 'old')]
      expect(steps(reconcile(set, { revisions: revisions(set), pods: old }))[0]).to.equal('create pods agent-x')
      expect(steps(reconcile(set, { revisions: revisions(set), pods: [...old, daemon('c', 'n1')] }))[0]).to.equal(
        'delete pods a',
      )
    })

    it('leaves old pods alone if they are to be deleted by hand', () => {
      const set = agent({ updateStrategy: { type: 'OnDelete' } })
      expect(
        steps(
          reconcile(set, { revisions: revisions(set), pods: [daemon('a', 'n1', 'old'), daemon('b', 'n2', 'old')] }),
        ),
      ).to.deep.equal([])
    })

    it('numbers a former revision anew, and forgets the oldest beyond the limit', () => {
      const set = agent({ revisionHistoryLimit: 0 })
      const back = reconcile(set, { revisions: [revision(set, 'new', 1), revision(set, 'old', 2, 'agent:1')] })
      expect(written<apps.ControllerRevision>(back, 'controllerrevisions.apps')).to.include({ revision: 3 })
      const pods = [daemon('a', 'n1'), daemon('b', 'n2')]
      expect(steps(reconcile(set, { revisions: revisions(set), pods }))).to.deep.equal([
        'delete controllerrevisions.apps old',
      ])
    })
  })

  describe('fit', () => {
    const tainted = (effect: string): Node =>
      node('n1', { spec: { taints: [{ key: 'k', value: 'v', effect }] } }) as Node
    const spec = { containers: [] }
    const term = (operator: string, values?: string[]): core.PodSpec => ({
      containers: [],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'cores', operator, ...(values === undefined ? {} : { values }) }] },
            ],
          },
        },
      },
    })
    const eight = node('n1', { labels: { cores: '8' } }) as Node
    const cases: [string, { run: boolean; stay: boolean }, boolean, boolean][] = [
      ['another node by name', fit(eight, { ...spec, nodeName: 'n2' }, []), false, false],
      ['a taint NoSchedule', fit(tainted('NoSchedule'), spec, []), false, true],
      ['a taint NoExecute', fit(tainted('NoExecute'), spec, []), false, false],
      ['a taint PreferNoSchedule', fit(tainted('PreferNoSchedule'), spec, []), true, true],
      ['a tolerated taint', fit(tainted('NoExecute'), spec, [{ key: 'k', operator: 'Equal', value: 'v' }]), true, true],
      ['affinity by In', fit(eight, term('In', ['8']), []), true, true],
      ['affinity by Gt', fit(eight, term('Gt', ['8']), []), false, false],
      ['affinity by Exists', fit(eight, term('Exists'), []), true, true],
    ]
    for (const [name, answer, run, stay] of cases) it(`with ${name}`, () => expect(answer).to.deep.equal({ run, stay }))
  })
})
