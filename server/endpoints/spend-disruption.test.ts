// What an eviction takes from a budget.
import { expect } from 'chai'
import type { Pod } from '../api/core.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { spendDisruption } from './spend-disruption.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const ready: Pod = { metadata: { name: 'p' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }

function budget(status: Partial<NonNullable<PodDisruptionBudget['status']>>): PodDisruptionBudget & AnyObject {
  const counts = { currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 2 }
  return { metadata: { name: 'b', generation: 1 }, status: { observedGeneration: 1, ...counts, ...status } }
}

function refusal(of: PodDisruptionBudget & AnyObject): [code: number | undefined, why: string | undefined] {
  try {
    spendDisruption(of, ready, now)
  } catch (error) {
    if (error instanceof StatusError) return [error.status.code, error.status.details?.causes?.[0]?.message]
  }
  return [undefined, undefined]
}

describe('spendDisruption', () => {
  it('counts down, and remembers the pod', () => {
    const { status } = spendDisruption(budget({ disruptionsAllowed: 2 }), ready, now)
    expect(status).to.deep.include({ disruptionsAllowed: 1, disruptedPods: { p: '2026-01-02T03:04:05Z' } })
    expect(status).not.to.have.property('conditions')
  })

  it('tells of the last disruption in a condition', () => {
    const { status } = spendDisruption(budget({ disruptionsAllowed: 1 }), ready, now)
    expect(status?.conditions?.[0]).to.include({
      type: 'DisruptionAllowed',
      status: 'False',
      reason: 'InsufficientPods',
    })
  })

  it('says what is missing, or why the counts cannot be trusted', () => {
    expect(refusal(budget({ currentHealthy: 1 }))).to.deep.equal([
      429,
      'The disruption budget b needs 1 healthy pods and has 1 currently',
    ])
    const condition = { type: 'DisruptionAllowed', status: 'False', lastTransitionTime: '', reason: 'SyncFailed' }
    expect(refusal(budget({ conditions: [{ ...condition, message: 'no scale' }] }))).to.deep.equal([
      429,
      'The disruption budget b does not allow evicting pods currently because it failed sync: no scale',
    ])
    expect(refusal(budget({}))).to.deep.equal([429, 'The disruption budget b does not allow evicting pods currently'])
  })

  it('refuses budgets that owe disruptions', () => {
    expect(refusal(budget({ disruptionsAllowed: -1 }))[0]).to.equal(403)
  })

  it('lets pods go that are not ready, where the budget is met without them', () => {
    const { status } = spendDisruption(budget({}), { metadata: { name: 'p' } }, now)
    expect(status).not.to.have.property('disruptedPods')
  })
})
