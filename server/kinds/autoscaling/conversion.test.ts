// The two versions of a HorizontalPodAutoscaler: what v1 cannot say travels in annotations.
import { expect } from 'chai'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../../api/autoscaling.ts'
import { fromV2, toV2 } from './conversion.ts'

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }

function v2(): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', annotations: { mine: 'x' } },
    spec: {
      minReplicas: 2,
      maxReplicas: 10,
      scaleTargetRef,
      metrics: [
        {
          type: 'Object',
          object: {
            describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
            metric: { name: 'o' },
            target: { type: 'AverageValue', averageValue: '5' },
          },
        },
        { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '100' } } },
        { type: 'External', external: { metric: { name: 'q' }, target: { type: 'Value', value: '30' } } },
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'memory',
            container: 'c',
            target: { type: 'Utilization', averageUtilization: 70 },
          },
        },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: 60,
          selectPolicy: 'Max',
          policies: [{ type: 'Pods', value: 1, periodSeconds: 30 }],
        },
      },
    },
    status: {
      currentReplicas: 3,
      desiredReplicas: 4,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '100m' } } },
      ],
      conditions: [
        { type: 'AbleToScale', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z', reason: 'R', message: 'm' },
      ],
    },
  }
}

describe('conversion of a HorizontalPodAutoscaler', () => {
  it('comes back unchanged from v1', () => {
    expect(toV2(fromV2(v2()))).to.deep.equal(v2())
  })

  it('shows the CPU in its own members of v1', () => {
    const { spec, status } = fromV2(v2())
    expect(spec).to.deep.equal({ minReplicas: 2, maxReplicas: 10, scaleTargetRef, targetCPUUtilizationPercentage: 60 })
    expect(status).to.deep.equal({ currentReplicas: 3, desiredReplicas: 4, currentCPUUtilizationPercentage: 40 })
  })

  it('writes the annotations as upstream does', () => {
    const annotations = fromV2(v2()).metadata!.annotations!
    expect(annotations['autoscaling.alpha.kubernetes.io/behavior']).to.equal(
      '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max",' +
        '"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":30}],"Tolerance":null}}',
    )
    expect(annotations['autoscaling.alpha.kubernetes.io/current-metrics']).to.equal(
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":40,"currentAverageValue":"100m"}}]',
    )
    expect(annotations['mine']).to.equal('x')
  })

  it('wants 80 % of the CPU where v1 names no metric', () => {
    const object: HorizontalPodAutoscalerV1 = { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef } }
    expect(toV2(object).spec?.metrics).to.deep.equal([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ])
  })
})
