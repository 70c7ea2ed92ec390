// Services through the API: addresses and ports are theirs from creation to deletion, and nobody else's.
import { expect } from 'chai'
import type { Service } from '../api/core.ts'
import { refused, service, TestApi } from './testing.ts'

describe('services', () => {
  let api: TestApi

  beforeEach(async () => {
    api = await TestApi.start()
  })

  afterEach(() => api.store.close())

  it('get addresses of their own, however many are made at once', async () => {
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, at) => api.create('services', service(`s${at}`, { type: 'NodePort' }))),
    )
    expect(new Set(created.map(({ spec }) => spec!.clusterIP)).size).to.equal(40)
    expect(new Set(created.map(({ spec }) => spec!.ports![0]!.nodePort)).size).to.equal(40)
  })

  it('keep their address when a PUT leaves it out', async () => {
    const { spec } = await api.create('services', service('s'))
    const updated = await api.update('services', service('s', { ports: [{ port: 81 }] }))
    expect(updated.spec?.clusterIP).to.equal(spec!.clusterIP)
  })

  it('cannot change it', async () => {
    await api.create('services', service('s'))
    expect(await refused(api.patch('services', 's', { spec: { clusterIP: '10.0.0.9' } }))).to.contain(
      '422 Invalid: Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set',
    )
  })

  it('give it back with their deletion, and not with a dry run of it', async () => {
    const { spec } = await api.create('services', service('a'))
    const wanted = { clusterIP: spec!.clusterIP! }
    await api.delete('services', 'a', { dryRun: ['All'] })
    expect(await refused(api.create('services', service('b', wanted)))).to.contain('provided IP is already allocated')
    await api.delete('services', 'a')
    expect((await api.create('services', service('b', wanted))).spec?.clusterIP).to.equal(wanted.clusterIP)
  })

  it('take none in a dry run, and none when their name is taken', async () => {
    const dry = await api.create('services', service('a'), { query: 'dryRun=All' })
    const { spec } = await api.create('services', service('a'))
    expect([dry.spec?.clusterIP, spec!.clusterIP]).to.deep.equal(['10.0.0.0', '10.0.0.16'])
    await refused(api.create('services', service('a')))
    const next = await api.create('services', service('b'))
    expect(next.spec?.clusterIP).to.equal('10.0.0.17')
  })

  it('lose their node port with their type', async () => {
    await api.create('services', service('a', { type: 'NodePort' }))
    const patched = await api.patch<Service>('services', 'a', { spec: { type: 'ClusterIP' } })
    expect(patched.spec?.ports?.[0]).to.not.have.property('nodePort')
    const other = await api.create('services', service('b', { type: 'NodePort' }))
    expect(other.spec?.ports?.[0]?.nodePort).to.equal(30086)
  })
})
