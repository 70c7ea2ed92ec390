// What quotas refuse, and what they say is used after what they let pass.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { newConflict, type StatusError } from '../apimachinery/errors.ts'
import { FakeReader, pod, request } from './fake-cluster.ts'
import type { Attributes } from './plugin.ts'
import type { StoredQuota } from './quota-check.ts'
import { makeResourceQuota } from './resource-quota.ts'

interface Counted {
  readonly hard: Record<string, string>
  readonly used: Record<string, string>
}

/** A namespace with quotas by name, and what a plugin over it does. */
function namespaceWith(quotas: Readonly<Record<string, Counted>>) {
  const stored = new Map<string, StoredQuota>(
    Object.entries(quotas).map(([name, status]) => [
      name,
      { metadata: { name, namespace: 'ns', resourceVersion: '1' }, status } as unknown as StoredQuota,
    ]),
  )
  const updates: string[] = []
  let conflicts = 0
  const reader = new FakeReader()
  reader.list = () => [...stored.values()] as never
  const plugin = makeResourceQuota(new FakeClock(), async (quota) => {
    const { name } = quota.metadata
    if (conflicts-- > 0) throw newConflict({ group: '', resource: 'resourcequotas' }, name, 'changed')
    updates.push(`${name} ${JSON.stringify(quota.status?.used)}`)
    stored.set(name, quota)
  })
  const admit = async (attributes: Attributes): Promise<string> => {
    try {
      await plugin.validate!(attributes, reader)
      return 'admitted'
    } catch (error) {
      return (error as StatusError).message
    }
  }
  return { admit, updates, plugin, reader, conflict: (times: number) => (conflicts = times) }
}

const containers = (requests: object) => [{ name: 'c', resources: { requests } }]

describe('ResourceQuota', () => {
  it('lets everything pass where there are no quotas, at once', () => {
    const { plugin, reader } = namespaceWith({})
    expect(plugin.validate!(request(pod('p')), reader)).to.equal(undefined)
  })

  it('counts what it lets pass', async () => {
    const { admit, updates } = namespaceWith({
      q: { hard: { pods: '2', 'requests.cpu': '1' }, used: { pods: '1', 'requests.cpu': '400m' } },
    })
    expect(await admit(request(pod('p', { containers: containers({ cpu: '500m' }) })))).to.equal('admitted')
    expect(updates).to.deep.equal(['q {"pods":"2","requests.cpu":"900m"}'])
  })

  it('refuses what is too much, in the names and amounts that are', async () => {
    const { admit, updates } = namespaceWith({
      q: { hard: { pods: '2', 'requests.cpu': '1' }, used: { pods: '1', 'requests.cpu': '400m' } },
    })
    expect(await admit(request(pod('p', { containers: containers({ cpu: '700m' }) })))).to.equal(
      'pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=700m, used: requests.cpu=400m, limited: requests.cpu=1',
    )
    expect(updates).to.deep.equal([])
  })

  it('asks containers to say what is limited', async () => {
    const { admit } = namespaceWith({ q: { hard: { cpu: '1', 'limits.memory': '1Gi' }, used: {} } })
    expect(await admit(request(pod('p', { containers: [{ name: 'b' }, ...containers({ cpu: '1' })] })))).to.equal(
      'pods "p" is forbidden: failed quota: q: must specify cpu for: b; limits.memory for: b,c',
    )
  })

  it('refuses where nobody has counted yet', async () => {
    const { admit } = namespaceWith({ q: { hard: { pods: '1', 'count/pods': '1' }, used: { pods: '0' } } })
    expect(await admit(request(pod('p')))).to.equal(
      'pods "p" is forbidden: status unknown for quota: q, resources: count/pods,pods',
    )
  })

  it('decides together what comes together, with one update', async () => {
    const { admit, updates } = namespaceWith({ q: { hard: { pods: '3' }, used: { pods: '0' } } })
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => admit(request(pod(name)))))
    expect(answers.filter((answer) => answer === 'admitted')).to.have.length(3)
    expect(updates.at(-1)).to.equal('q {"pods":"3"}')
    expect(updates.length).to.be.lessThan(3)
  })

  it('looks again when somebody else has changed a quota, and charges no other one twice', async () => {
    const { admit, updates, conflict } = namespaceWith({
      q: { hard: { pods: '3' }, used: { pods: '0' } },
      r: { hard: { pods: '5' }, used: { pods: '1' } },
    })
    conflict(1)
    expect(await admit(request(pod('p')))).to.equal('admitted')
    expect(updates).to.deep.equal(['r {"pods":"2"}', 'q {"pods":"1"}'])
    conflict(9)
    expect(await admit(request(pod('o')))).to.match(/changed/)
  })

  it('charges the difference when an object changes', async () => {
    const { admit, updates } = namespaceWith({
      q: { hard: { 'services.nodeports': '1' }, used: { 'services.nodeports': '0' } },
    })
    const service = (type: string) => ({
      metadata: { name: 's', namespace: 'ns' },
      spec: { type, ports: [{ port: 80 }] },
    })
    const change = (from: string, to: string) =>
      request(service(to), {
        operation: 'UPDATE',
        resource: 'services',
        kind: 'Service',
        oldObject: service(from) as never,
      })
    expect(await admit(change('ClusterIP', 'NodePort'))).to.equal('admitted')
    expect(await admit(change('NodePort', 'NodePort'))).to.equal('admitted')
    expect(await admit(change('ClusterIP', 'NodePort'))).to.match(/exceeded quota: q, requested: services.nodeports=1/)
    expect(updates).to.deep.equal(['q {"services.nodeports":"1"}'])
  })

  it('counts nothing in a dry run', async () => {
    const { admit, updates } = namespaceWith({ q: { hard: { pods: '1' }, used: { pods: '0' } } })
    expect(await admit(request(pod('p'), { dryRun: true }))).to.equal('admitted')
    expect(updates).to.deep.equal([])
  })

  it('is not asked about events, reviews, status and what has no namespace', async () => {
    const { plugin, reader } = namespaceWith({ q: { hard: { 'count/events': '0' }, used: { 'count/events': '0' } } })
    for (const more of [
      { resource: 'events' },
      { resource: 'bindings' },
      { subresource: 'status' },
      { namespace: '' },
    ]) {
      expect(plugin.validate!(request(pod('p'), more), reader)).to.equal(undefined)
    }
  })
})
