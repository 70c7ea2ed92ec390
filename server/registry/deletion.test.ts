// Propagation policies as finalizers, and what DeleteOptions may say.
import { expect } from 'chai'
import {
  finalizersAfterDelete,
  propagationOf,
  validateDeleteOptions,
  type DeleteOptions,
  type Propagation,
} from './deletion.ts'

describe('finalizersAfterDelete', () => {
  const cases: { present: string[]; policy?: Propagation; byDefault?: 'orphan'; left: string[] }[] = [
    { present: [], left: [] },
    { present: ['x'], left: ['x'] },
    { present: [], policy: 'Orphan', left: ['orphan'] },
    { present: [], policy: 'Foreground', left: ['foregroundDeletion'] },
    { present: ['x'], policy: 'Foreground', left: ['x', 'foregroundDeletion'] },
    { present: ['orphan'], left: ['orphan'] },
    { present: ['foregroundDeletion'], left: ['foregroundDeletion'] },
    { present: ['orphan', 'x'], policy: 'Background', left: ['x'] },
    { present: ['foregroundDeletion'], policy: 'Orphan', left: ['orphan'] },
    { present: [], byDefault: 'orphan', left: ['orphan'] },
    { present: ['foregroundDeletion'], byDefault: 'orphan', left: ['foregroundDeletion'] },
    { present: [], byDefault: 'orphan', policy: 'Background', left: [] },
  ]
  for (const { present, policy, byDefault, left } of cases) {
    const kind = byDefault === undefined ? '' : ', of a kind that orphans'
    it(`leaves [${left.join()}] of [${present.join()}] with ${policy ?? 'no policy'}${kind}`, () => {
      expect(finalizersAfterDelete({ finalizers: present }, policy, byDefault ?? 'background')).to.deep.equal(left)
    })
  }
})

describe('validateDeleteOptions', () => {
  const cases: { name: string; options: DeleteOptions; problems: string[] }[] = [
    { name: 'nothing', options: {}, problems: [] },
    { name: 'a policy', options: { propagationPolicy: 'Orphan', gracePeriodSeconds: 0 }, problems: [] },
    {
      name: 'a policy that is none',
      options: { propagationPolicy: 'orphan' },
      problems: [
        'propagationPolicy: Unsupported value: "orphan": supported values: "Foreground", "Background", "Orphan", "nil"',
      ],
    },
    {
      name: 'two policies',
      options: { propagationPolicy: 'Orphan', orphanDependents: false },
      problems: [
        'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
      ],
    },
    { name: 'a dry run', options: { dryRun: ['All'] }, problems: [] },
    {
      name: 'half a dry run',
      options: { dryRun: ['Some'] },
      problems: ['dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    },
  ]
  for (const { name, options, problems } of cases) {
    it(`${problems.length === 0 ? 'takes' : 'refuses'} ${name}`, () => {
      expect(validateDeleteOptions(options).map(({ field, message }) => `${field}: ${message}`)).to.deep.equal(problems)
    })
  }
})

describe('propagationOf', () => {
  it('reads the old option and the new', () => {
    expect(propagationOf({})).to.equal(undefined)
    expect(propagationOf({ orphanDependents: true })).to.equal('Orphan')
    expect(propagationOf({ orphanDependents: false })).to.equal('Background')
    expect(propagationOf({ propagationPolicy: 'Foreground' })).to.equal('Foreground')
  })
})
