// What people read of a scheduler's thoughts.
import { expect } from 'chai'
import { describe as print } from './explain-scheduling.ts'

describe('explain-scheduling', () => {
  it('says where a pod would go, and how the nodes compare', () => {
    const scores = (score: number) => [{ plugin: 'NodeResourcesFit', raw: score, score, weight: 1 }]
    const text = print({
      namespace: 'default',
      pod: 'p',
      choice: 'b',
      nodes: [
        { name: 'a', scores: scores(40), total: 40 },
        { name: 'b', scores: scores(60), total: 60 },
        { name: 'c', rejectedBy: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'] },
      ],
    })
    expect(text).to.equal(
      `Pod default/p
  would go to b

NODE   VERDICT   TOTAL   NodeResourcesFit×1
b      fits      60      60
a      fits      40      40
c      NodeUnschedulable: node(s) were unschedulable`,
    )
  })

  it('says why a pod goes nowhere, and who would have to leave', () => {
    const text = print({
      namespace: 'default',
      pod: 'p',
      message: '0/1 nodes are available: 1 Insufficient cpu.',
      preemption: { node: 'a', victims: ['default/low'] },
      nodes: [{ name: 'a', rejectedBy: 'NodeResourcesFit', reasons: ['Insufficient cpu'] }],
    })
    expect(text).to.equal(
      `Pod default/p
  fits nowhere: 0/1 nodes are available: 1 Insufficient cpu.
  would take the place of default/low on a

NODE   VERDICT
a      NodeResourcesFit: Insufficient cpu`,
    )
  })
})
