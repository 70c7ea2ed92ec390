// Which controllers a list enables, and which names it may hold.
import { expect } from 'chai'
import { controllerEntry, controllerNames, isControllerEnabled } from './controller-names.ts'
import { newControllers } from './controllers/index.ts'

describe('--controllers', () => {
  it('knows every controller there is', () => {
    const names = newControllers({
      rootCA: '',
      authority: {
        read: () => Promise.reject(new Error('nothing to read')),
        sign: () => Promise.reject(new Error('nothing to sign')),
      },
      mayRequestCertificates: () => false,
      signToken: () => Promise.reject(new Error('nothing to sign')),
      checkPolicyTypes: () => Promise.resolve([]),
      clusterCIDRs: ['10.244.0.0/16'],
      loadBalancerCIDR: '172.31.255.0/24',
    }).map(({ name }) => name)
    expect(names.filter((name) => !controllerNames.includes(name))).to.deep.equal([])
  })

  it('understands older names, and refuses those that no controller has', () => {
    expect(['*', 'cronjob', '-podgc', 'job-controller'].map(controllerEntry)).to.deep.equal([
      '*',
      'cronjob-controller',
      '-pod-garbage-collector-controller',
      'job-controller',
    ])
    expect(() => controllerEntry('-nobody')).to.throw('"nobody" is not in the list of known controllers')
  })

  for (const [list, expected] of [
    [['*'], true],
    [['*', '-job-controller'], false],
    [['-job-controller', '*'], false],
    [['job-controller'], true],
    [['cronjob-controller'], false],
    [['job-controller', '-job-controller'], true],
    [[], false],
  ] as const) {
    it(`judges the Job controller by ${JSON.stringify(list)}`, () => {
      expect(isControllerEnabled('job-controller', list)).to.equal(expected)
    })
  }

  it('leaves off what is off by default until it is named', () => {
    expect(isControllerEnabled('token-cleaner-controller', ['*'])).to.equal(false)
    expect(isControllerEnabled('token-cleaner-controller', ['*', 'token-cleaner-controller'])).to.equal(true)
  })
})
