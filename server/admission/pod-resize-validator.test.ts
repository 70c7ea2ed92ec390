// What a pod on a node may be resized to.
import { expect } from 'chai'
import { StatusError } from '../apimachinery/errors.ts'
import { FakeReader, pod, request } from './fake-cluster.ts'
import { podResizeValidator } from './pod-resize-validator.ts'

describe('PodResizeValidator', () => {
  const nodes = [
    { metadata: { name: 'small' }, status: { allocatable: { cpu: '2', memory: '1Gi' } } },
    { metadata: { name: 'panes', labels: { 'kubernetes.io/os': 'windows' } } },
  ]
  const reader = new FakeReader({ nodes })

  function refusal(nodeName: string | undefined, cpu: string, generation = 2): string | undefined {
    const spec = { nodeName, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] }
    const resized = pod('a', spec)
    resized.metadata!.generation = generation
    const oldObject = { metadata: { name: 'a', generation: 1 } }
    try {
      void podResizeValidator.validate!(
        request(resized, { operation: 'UPDATE', subresource: 'resize', oldObject }),
        reader,
      )
    } catch (error) {
      if (error instanceof StatusError) return error.message.replace(/^.* is forbidden: /, '')
    }
    return undefined
  }

  const cases: [what: string, refusal: string | undefined, expected: string | undefined][] = [
    ['lets a pod grow to the size of its node', refusal('small', '2'), undefined],
    ['lets a pod without a node grow', refusal(undefined, '200'), undefined],
    ['does not mind what did not change', refusal('gone', '1', 1), undefined],
    [
      'refuses what the node does not have',
      refusal('small', '2500m'),
      "node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000",
    ],
    ['refuses pods whose node is gone', refusal('gone', '1'), 'node "gone" not found'],
    [
      'refuses pods on Windows',
      refusal('panes', '1'),
      'pod resize is only supported on linux nodes, node "panes" is "windows"',
    ],
  ]
  for (const [what, found, expected] of cases) it(what, () => expect(found).to.equal(expected))
})
