// What a cluster is when nothing is chosen.
import { expect } from 'chai'
import { withDefaults, type ClusterOptions, type CompleteOptions } from './options.ts'

describe('withDefaults', () => {
  it('is a cluster of one node, in memory, on a free port of this machine', () => {
    expect(withDefaults({})).to.deep.include({
      port: 0,
      bindAddress: '127.0.0.1',
      dataDir: undefined,
      durability: 'sync',
      nodes: 1,
      controllers: true,
      scheduler: true,
      kubelet: true,
      serviceClusterIPRange: '10.0.0.0/24',
      serviceAddress: '10.0.0.1',
      serviceNodePortRange: { from: 30000, to: 32767 },
      serviceAccountIssuer: 'https://kubernetes.default.svc',
      apiAudiences: ['https://kubernetes.default.svc'],
      name: 'kubeling',
    })
  })

  const cases: { name: string; options: ClusterOptions; complete: Partial<CompleteOptions> }[] = [
    {
      name: 'parts that are left out',
      options: { disable: ['scheduler', 'kubelet'] },
      complete: { controllers: true, scheduler: false, kubelet: false, nodes: 0 },
    },
    {
      name: 'the audience of another issuer',
      options: { serviceAccountIssuer: 'https://x' },
      complete: { apiAudiences: ['https://x'] },
    },
    {
      name: 'audiences of their own',
      options: { serviceAccountIssuer: 'https://x', apiAudiences: ['y'] },
      complete: { apiAudiences: ['y'] },
    },
    {
      name: 'the first address of another range',
      options: { serviceClusterIPRange: '10.96.0.0/12' },
      complete: { serviceAddress: '10.96.0.1' },
    },
    {
      name: 'the first address of a range written by one of its addresses',
      options: { serviceClusterIPRange: '10.0.0.77/24' },
      complete: { serviceAddress: '10.0.0.1' },
    },
    { name: 'zero nodes', options: { nodes: 0 }, complete: { nodes: 0 } },
  ]
  for (const { name, options, complete } of cases) {
    it(`takes ${name}`, () => {
      expect(withDefaults(options)).to.deep.include(complete)
    })
  }

  it('takes an address that clients are told, and never one that endpoints may not have', () => {
    expect(withDefaults({ advertiseAddress: '192.0.2.1' }).advertiseAddress).to.equal('192.0.2.1')
    expect(withDefaults({}).advertiseAddress).to.not.match(/^127\.|^0\.0\.0\.0$/)
    expect(withDefaults({ bindAddress: '0.0.0.0' }).advertiseAddress).to.not.match(/^127\.|^0\.0\.0\.0$/)
  })
})
