// Finished Jobs whose time is over.
import { expect } from 'chai'
import type * as batch from '../api/batch.ts'
import type { Stored } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import { listersOf } from '../client/controller.ts'
import { ago, NOW, told } from './testing.ts'
import { ttlAfterFinished } from './ttl-after-finished.ts'

function look(ttlSecondsAfterFinished: number | undefined, end?: string, deleting = false): readonly Action[] {
  const condition = { type: end ?? 'Suspended', status: 'True', lastTransitionTime: ago(30) }
  const job: Stored<batch.Job> = {
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'uid-a',
      resourceVersion: '7',
      creationTimestamp: ago(60),
      ...(deleting ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { template: {}, ...(ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished }) },
    status: { conditions: [condition] },
  }
  return ttlAfterFinished.definition.reconcile(
    'default/a',
    listersOf(ttlAfterFinished.definition, { 'jobs.batch': [job] }),
    NOW,
  )
}

describe('ttl-after-finished-controller', () => {
  it('deletes a Job whose time is over, with its pods, unless it has changed meanwhile', () => {
    const [action] = look(30, 'Complete')
    expect(action).to.have.property('do', 'delete')
    expect(action).to.have.deep.property('options', {
      propagationPolicy: 'Foreground',
      preconditions: { resourceVersion: '7' },
    })
  })

  it('comes back when it will be', () => {
    expect(told(look(40, 'Failed'))).to.deep.equal(['requeueAfter 10000'])
  })

  it('leaves Jobs alone that run, are kept, or go already', () => {
    expect(look(0)).to.deep.equal([])
    expect(look(undefined, 'Complete')).to.deep.equal([])
    expect(look(0, 'Complete', true)).to.deep.equal([])
  })
})
