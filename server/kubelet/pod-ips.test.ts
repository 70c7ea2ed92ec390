// Addresses of pods.
import { expect } from 'chai'
import { PodIPs } from './pod-ips.ts'

describe('PodIPs', () => {
  it('gives each pod one address, the same each time', () => {
    const ips = new PodIPs('10.244.3.0/24')
    expect([ips.take('a'), ips.take('b'), ips.take('a')]).to.deep.equal(['10.244.3.2', '10.244.3.3', '10.244.3.2'])
  })

  it('gives freed addresses again only when its turn comes round', () => {
    const ips = new PodIPs('10.0.0.0/29')
    const all = ['a', 'b', 'c', 'd', 'e'].map((uid) => ips.take(uid))
    expect(all).to.deep.equal(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'])
    expect(ips.take('f')).to.equal(undefined)
    ips.release('b')
    expect(ips.take('f')).to.equal('10.0.0.3')
  })

  it('does not give what a pod has from before a restart', () => {
    const ips = new PodIPs('10.0.0.0/24')
    ips.keep('old', '10.0.0.2')
    ips.keep('elsewhere', '10.9.0.3')
    expect(ips.take('new')).to.equal('10.0.0.3')
    expect(ips.take('old')).to.equal('10.0.0.2')
  })

  it('does not let two pods keep the same address', () => {
    const ips = new PodIPs('10.0.0.0/24')
    ips.keep('old', '10.0.0.2')
    ips.keep('liar', '10.0.0.2')
    ips.release('liar')
    expect(ips.take('new')).to.equal('10.0.0.3')
  })

  it('refuses what is no IPv4 network', () => {
    expect(() => new PodIPs('fd00::/64')).to.throw('not an IPv4 CIDR: fd00::/64')
  })
})
