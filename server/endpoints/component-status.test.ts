// Component statuses: what is answered from what the probes found.
import { expect } from 'chai'
import { componentStatuses, type ComponentHealth } from './component-status.ts'
import type { Scope } from './api.ts'
import { TestApi } from './testing.ts'

const parts: ComponentHealth[] = [
  { name: 'etcd-0', isHealthy: true, message: 'ok' },
  { name: 'scheduler', isHealthy: false, message: 'connection refused' },
]

describe('component statuses', () => {
  async function scope(name: string, query = ''): Promise<Scope> {
    const { resources, user } = await TestApi.start()
    const resource = resources.get('', 'v1', 'componentstatuses')!
    return {
      resource,
      subresource: '',
      namespace: '',
      name,
      user,
      query: new URLSearchParams(query),
      userAgent: '',
      warn() {},
    }
  }

  it('are what the probes find, and have no revision', async () => {
    const answer = componentStatuses(await scope(''), () => parts)
    if (answer.type !== 'list') throw new Error(answer.type)
    expect(answer.metadata).to.deep.equal({})
    expect(answer.entries.map(({ object }) => object['conditions'])).to.deep.equal([
      [{ type: 'Healthy', status: 'True', message: 'ok' }],
      [{ type: 'Healthy', status: 'False', message: 'connection refused' }],
    ])
  })

  it('are selected by name', async () => {
    const answer = componentStatuses(await scope('', 'fieldSelector=metadata.name%3Dscheduler'), () => parts)
    expect(answer.type === 'list' && answer.entries.map(({ object }) => object.metadata!.name)).to.deep.equal([
      'scheduler',
    ])
  })

  it('refuse a name that no component has', async () => {
    const one = await scope('nope')
    expect(() => componentStatuses(one, () => parts)).to.throw('componentstatus "nope" not found')
  })
})
