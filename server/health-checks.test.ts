// The checks behind /livez, /readyz and /healthz.
import { expect } from 'chai'
import { checkStore, healthChecks, type HealthSources } from './health-checks.ts'
import { openMemoryStore } from './storage/memory.ts'

describe('healthChecks', () => {
  const sources = { isStored: true, isStarted: true, isShuttingDown: false }
  const checks = healthChecks({
    storage: () => {
      if (!sources.isStored) throw new Error('disk is full')
    },
    isStarted: () => sources.isStarted,
    isShuttingDown: () => sources.isShuttingDown,
  } satisfies HealthSources)

  beforeEach(() => Object.assign(sources, { isStored: true, isStarted: true, isShuttingDown: false }))

  function failing(endpoint: keyof typeof checks): string[] {
    return checks[endpoint].flatMap(({ name, check }) => {
      try {
        check()
        return []
      } catch {
        return [name]
      }
    })
  }

  it('all pass for a server that runs', () => {
    for (const endpoint of ['healthz', 'livez', 'readyz'] as const) expect(failing(endpoint)).to.deep.equal([])
  })

  it('fail for the store when it fails', () => {
    sources.isStored = false
    expect(failing('livez')).to.deep.equal(['etcd'])
    expect(failing('readyz')).to.deep.equal(['etcd', 'etcd-readiness'])
  })

  it('fail for what is not done yet', () => {
    sources.isStarted = false
    expect(failing('readyz')).to.include.members([
      'informer-sync',
      'poststarthook/rbac/bootstrap-roles',
      'autoregister-completion',
    ])
    expect(failing('readyz')).to.not.include('ping')
  })

  it('let a server that shuts down live, but not be ready', () => {
    sources.isShuttingDown = true
    expect(failing('livez')).to.deep.equal([])
    expect(failing('readyz')).to.deep.equal(['shutdown'])
  })
})

describe('checkStore', () => {
  it('is content with a store that takes watches, and throws what ended one that does not', async () => {
    const store = openMemoryStore()
    checkStore(store)
    await store.close()
    expect(() => checkStore(store)).to.throw()
  })
})
