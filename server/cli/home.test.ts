// Which cluster is meant when nobody says.
import { expect } from 'chai'
import { delimiter, join } from 'node:path'
import { defaultDataDir, kubeconfigInUse } from './home.ts'

describe('kubeconfigInUse', () => {
  it('is the first that $KUBECONFIG names', () => {
    expect(kubeconfigInUse({ KUBECONFIG: ['', '/a', '/b'].join(delimiter) })).to.equal('/a')
  })

  it('is the one in the data folder when it names none', () => {
    for (const environment of [{}, { KUBECONFIG: '' }]) {
      expect(kubeconfigInUse(environment)).to.equal(join(defaultDataDir(), 'kubeconfig'))
    }
  })
})
