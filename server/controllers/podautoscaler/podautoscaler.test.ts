// The autoscaler at work: a Deployment, its pods, and figures.
import { expect } from 'chai'
import type * as autoscaling from '../../api/autoscaling.ts'
import { FakeClock } from '../../apimachinery/clock.ts'
import type { AnyObject, KubeObject } from '../../apimachinery/types.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { Informers } from '../../client/informers.ts'
import { pod } from '../testing.ts'
import { podAutoscaler } from './index.ts'
import type { MetricsSource, PodMetrics } from './metrics.ts'

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling'

function autoscaler(spec: Partial<autoscaling.HorizontalPodAutoscalerSpec> = {}): autoscaling.HorizontalPodAutoscaler {
  return {
    metadata: { name: 'h', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      ...spec,
    },
  }
}

/** A client that serves Deployments with their scale. */
class ScalingClient extends FakeClient {
  override resources(): ReturnType<FakeClient['resources']> {
    const verbs = ['get']
    const served = {
      group: 'apps',
      version: 'v1',
      resource: 'deployments.apps',
      kind: 'Deployment',
      namespaced: true,
      verbs,
    }
    return Promise.resolve([served])
  }

  override async get(...[resource, namespace, name]: Parameters<FakeClient['get']>): Promise<never> {
    const { metadata, spec } = (await super.get(resource, namespace, name)) as unknown as AnyObject & {
      spec: { replicas: number }
    }
    return { metadata, spec, status: { replicas: spec.replicas, selector: 'app=web' } } as never
  }
}

async function started(
  replicas: number,
  cpu: () => number | Error,
  spec: Partial<autoscaling.HorizontalPodAutoscalerSpec> = {},
) {
  const clock = new FakeClock()
  const pods = Array.from({ length: replicas }, (_, at) => {
    const made = pod({
      name: `p${at}`,
      labels: { app: 'web' },
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] },
      readySeconds: 0,
    })
    made.status!.startTime = '2025-01-01T00:00:00Z'
    made.status!.conditions![0]!.lastTransitionTime = '2025-01-01T00:00:00Z'
    return made
  })
  const deployment: KubeObject = { metadata: { name: 'web', namespace: 'default' }, spec: { replicas } } as KubeObject
  const client = new ScalingClient({ pods, 'deployments.apps': [deployment], [AUTOSCALERS]: [autoscaler(spec)] })
  const source: MetricsSource = {
    ofResource: async () => {
      const value = cpu()
      if (value instanceof Error) throw value
      const metrics: PodMetrics = new Map(
        pods.map(({ metadata }) => [metadata.name!, { value, timestamp: clock.now(), window: 1 }]),
      )
      return metrics
    },
    ofPods: () => Promise.reject(new Error('none')),
    ofObject: () => Promise.reject(new Error('none')),
    ofExternal: () => Promise.resolve([60_000]),
  }
  const informers = new Informers(client, clock)
  const controller = podAutoscaler(() => source).start({ informers, clock, clientFor: () => client })
  await informers.start()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    await controller.settled()
  }
  await settle()
  const status = () => (client.objects(AUTOSCALERS)[0] as unknown as autoscaling.HorizontalPodAutoscaler).status
  const conditions = () => status()?.conditions?.map((one) => `${one.type} ${one.status} ${one.reason}`)
  const events = () => client.objects('events').map((one) => `${String(one['reason'])}: ${String(one['message'])}`)
  const scaled = () => client.calls.filter((call) => call.startsWith('update deployments.apps/scale'))
  return { clock, client, controller, settle, status, conditions, events, scaled }
}

describe('horizontal-pod-autoscaler-controller', () => {
  it('scales up to where the metric is on target', async () => {
    const { status, conditions, events, scaled, controller } = await started(2, () => 1000)
    expect(scaled()).to.have.length(1)
    expect(events()).to.deep.equal([
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    ])
    expect(conditions()).to.deep.equal([
      'AbleToScale True SucceededRescale',
      'ScalingActive True ValidMetricFound',
      'ScalingLimited False DesiredWithinRange',
    ])
    expect(status()).to.deep.include({ currentReplicas: 2, desiredReplicas: 4 })
    expect(status()?.currentMetrics).to.deep.equal([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '1' } } },
    ])
    await controller.close()
  })

  it('leaves things as they are while they are fine', async () => {
    const { scaled, conditions, controller } = await started(2, () => 500)
    expect(scaled()).to.deep.equal([])
    expect(conditions()?.[0]).to.equal('AbleToScale True ReadyForNewScale')
    await controller.close()
  })

  it('brings the number within its limits whatever the metrics say', async () => {
    const { events, status, controller } = await started(2, () => 500, { minReplicas: 3 })
    expect(events()).to.deep.equal([
      'SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas',
    ])
    expect(status()?.currentMetrics).to.equal(undefined)
    await controller.close()
  })

  it('rests while there are no replicas at all', async () => {
    const { conditions, controller } = await started(0, () => 500)
    expect(conditions()).to.deep.equal(['AbleToScale True SucceededGetScale', 'ScalingActive False ScalingDisabled'])
    await controller.close()
  })

  it('says which metric fails, and looks again after 15 seconds', async () => {
    let answer: number | Error = new Error('out of order')
    const { clock, settle, events, status, scaled, controller } = await started(2, () => answer)
    const why = 'failed to get cpu utilization: unable to get metrics for resource cpu: out of order'
    expect(events()).to.have.members([
      `FailedGetResourceMetric: ${why}`,
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ])
    expect(status()?.currentMetrics).to.deep.equal([{ type: '' }])
    answer = 1000
    clock.step(15_000)
    await settle()
    expect(scaled()).to.have.length(1)
    await controller.close()
  })

  it('scales up by the metrics that work, but not down while one fails', async () => {
    const external = {
      type: 'External',
      external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '10' } },
    }
    const { metrics } = autoscaler().spec!
    const both = { metrics: [...metrics!, external] }
    const up = await started(2, () => new Error('none'), both)
    expect(up.events().at(-1)).to.equal('SuccessfulRescale: New size: 4; reason: external metric q(nil) above target')
    const down = await started(9, () => new Error('none'), both)
    expect(down.scaled()).to.deep.equal([])
    expect(down.events().at(-1)).to.match(/^FailedComputeMetricsReplicas: invalid metrics \(1 invalid out of 2\)/)
    await Promise.all([up.controller.close(), down.controller.close()])
  })

  it('says when there is no such target', async () => {
    const missing = await started(2, () => 500, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Nope', name: 'x' } })
    expect(missing.events()).to.deep.equal(['FailedGetScale: no matches for kind "Nope" in group "apps"'])
    expect(missing.conditions()).to.deep.equal(['AbleToScale False FailedGetScale'])
    await missing.controller.close()
  })
})
