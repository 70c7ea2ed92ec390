// PodDisruptionBudgets: objects → status.
import { expect } from 'chai'
import type * as policy from '../api/policy.ts'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { disruption } from './disruption.ts'
import { ago, NOW, ownerReference, pod, replicaSet, TIME, told, written } from './testing.ts'

const labels = { app: 'web' }

function budget(
  spec: policy.PodDisruptionBudgetSpec,
  status?: policy.PodDisruptionBudgetStatus,
): Stored<policy.PodDisruptionBudget> {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: 'b',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(60),
    },
    spec: { selector: { matchLabels: labels }, ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

const pods = (count: number, kind = 'ReplicaSet') =>
  Array.from({ length: count }, (_, at) =>
    pod({ name: `p${at}`, labels, owner: ownerReference(kind, 'web', 'uid-web'), readySeconds: 5 }),
  )

function run(found: KubeObject, objects: Record<string, readonly KubeObject[]>): readonly Action[] {
  const listers = listersOf(disruption.definition, { 'poddisruptionbudgets.policy': [found], ...objects })
  return disruption.definition.reconcile('default/b', listers, NOW)
}

function statusOf(actions: readonly Action[]): policy.PodDisruptionBudgetStatus | undefined {
  const found = written<policy.PodDisruptionBudget>(actions, 'poddisruptionbudgets.policy', 'status')
  return found?.status as policy.PodDisruptionBudgetStatus | undefined
}

describe('disruption-controller', () => {
  it('counts what may be evicted', () => {
    expect(statusOf(run(budget({ minAvailable: 2 }), { pods: pods(3) }))).to.deep.equal({
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 3,
      desiredHealthy: 2,
      expectedPods: 3,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          observedGeneration: 1,
          lastTransitionTime: TIME,
          reason: 'SufficientPods',
          message: '',
        },
      ],
    })
  })

  const cases: {
    name: string
    spec: policy.PodDisruptionBudgetSpec
    replicas: number
    there: number
    allowed: number
    desired: number
  }[] = [
    {
      name: 'maxUnavailable of what the controller wants',
      spec: { maxUnavailable: 1 },
      replicas: 4,
      there: 3,
      allowed: 0,
      desired: 3,
    },
    {
      name: 'a percentage that may be unavailable',
      spec: { maxUnavailable: '50%' },
      replicas: 3,
      there: 3,
      allowed: 2,
      desired: 1,
    },
    {
      name: 'a percentage that must be available',
      spec: { minAvailable: '50%' },
      replicas: 3,
      there: 3,
      allowed: 1,
      desired: 2,
    },
  ]
  for (const { name, spec, replicas, there, allowed, desired } of cases) {
    it(`takes ${name}`, () => {
      const status = statusOf(run(budget(spec), { pods: pods(there), 'replicasets.apps': [replicaSet({ replicas })] }))
      expect(status).to.include({ disruptionsAllowed: allowed, desiredHealthy: desired, expectedPods: replicas })
    })
  }

  it('counts evicted pods out until they are gone, or it took too long', () => {
    const status = {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      disruptedPods: { p0: ago(20), p1: ago(130) },
    }
    const actions = run(budget({ minAvailable: 1 }, status), { pods: pods(3) })
    expect(statusOf(actions)).to.deep.include({ currentHealthy: 2, disruptedPods: { p0: ago(20) } })
    expect(told(actions).at(-1)).to.equal('requeueAfter 100001')
  })

  it('allows nothing when it cannot tell, and says why', () => {
    const actions = run(budget({ maxUnavailable: 1 }), { pods: pods(1, 'Job') })
    expect(told(actions)[0]).to.equal(
      'event CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: jobs does not implement the scale subresource',
    )
    expect(statusOf(actions)).to.include({ disruptionsAllowed: 0 })
    expect(statusOf(actions)?.conditions?.[0]).to.include({ status: 'False', reason: 'SyncFailed' })
  })

  it('tells of a budget over nothing', () => {
    expect(told(run(budget({ minAvailable: 1 }), {}))[0]).to.equal('event NoPods: No matching pods found')
  })
})
