// Cluster IPs and node ports: what is taken, what is given back, and that a refusal or a dry run takes nothing.
import { expect } from 'chai'
import type { Service, ServicePort, ServiceSpec } from '../../../api/core.ts'
import { copy } from '../../../apimachinery/equality.ts'
import type { AnyObject, Frozen } from '../../../apimachinery/types.ts'
import type { ServiceAllocator, ServiceAllocatorOptions } from './allocator.ts'
import { prepareForUpdate } from './defaults.ts'
import { addressesInMemory, allocatorOf as allocatorWith } from './testing.ts'

type AnyService = Service & AnyObject & { spec: ServiceSpec }

function service(spec: ServiceSpec): AnyService {
  return { metadata: { name: 's' }, spec: { type: 'ClusterIP', ...spec } }
}

function port(number: number, more: Partial<ServicePort> = {}): ServicePort {
  return { port: number, protocol: 'TCP', ...more }
}

function allocatorOf(options: Partial<ServiceAllocatorOptions> = {}): ServiceAllocator {
  return allocatorWith({ nodePorts: { from: 30000, to: 30003 }, ...options })
}

/** As the registry does it. */
function write(allocator: ServiceAllocator, draft: AnyService, old?: Frozen<AnyObject>, dryRun = false): AnyService {
  const object = copy(draft)
  const reservation = allocator.begin(object, old, dryRun)
  if (old !== undefined) prepareForUpdate(object, copy(old) as AnyService)
  void reservation.persist?.()
  void reservation.commit()
  return object
}

const nodePorts = ({ spec }: AnyService): (number | undefined)[] => spec.ports!.map(({ nodePort }) => nodePort)

describe('ServiceAllocator', () => {
  describe('cluster IPs', () => {
    it('come from the upper part of the range first, and never twice', () => {
      const allocator = allocatorOf({ ranges: () => ['10.0.0.0/27'] })
      const ips = Array.from({ length: 30 }, () => write(allocator, service({})).spec.clusterIP)
      expect(ips[0]).to.equal('10.0.0.16')
      expect(new Set(ips).size).to.equal(30)
      expect(ips).to.not.include.members(['10.0.0.0', '10.0.0.31'])
      expect(() => write(allocator, service({}))).to.throw(
        'failed to allocate a serviceIP for Service "s": range is full',
      )
    })

    it('that are in use are known from what is there', () => {
      const objects = addressesInMemory('10.0.0.16')
      expect(write(allocatorOf({ objects }), service({})).spec.clusterIPs).to.deep.equal(['10.0.0.17'])
    })

    const refusals: [name: string, ip: string, why: string][] = [
      ['taken', '10.0.0.16', 'failed to allocate IP 10.0.0.16: provided IP is already allocated'],
      [
        'outside the range',
        '10.0.1.1',
        'failed to allocate IP 10.0.1.1: the provided network does not match the current range',
      ],
      [
        'the address of the network',
        '10.0.0.0',
        'failed to allocate IP 10.0.0.0: the provided network does not match the current range',
      ],
    ]
    for (const [name, clusterIP, why] of refusals) {
      it(`are refused when ${name}`, () => {
        const allocator = allocatorOf()
        write(allocator, service({}))
        expect(() => write(allocator, service({ clusterIP }))).to.throw(
          `Service "s" is invalid: spec.clusterIPs: Invalid value: ["${clusterIP}"]: ${why}`,
        )
      })
    }

    it('are not given while an IPAddress has them', async () => {
      const objects = addressesInMemory('10.0.0.16')
      const allocator = allocatorOf({ objects })
      expect(() => write(allocator, service({ clusterIP: '10.0.0.16' }))).to.throw('provided IP is already allocated')
      const draft = service({})
      const reservation = allocator.begin(draft, undefined, false)
      await reservation.persist!()
      expect([...objects.addresses]).to.deep.equal(['10.0.0.16', '10.0.0.17'])
      await reservation.revert()
      expect([...objects.addresses]).to.deep.equal(['10.0.0.16'])
    })

    it('are told of where nobody was told before', async () => {
      const objects = addressesInMemory('10.0.0.16')
      const specs = [{ clusterIPs: ['10.0.0.16'] }, { clusterIPs: ['10.0.0.20'] }, { clusterIPs: ['None'] }]
      await allocatorOf({ objects, existing: () => specs.map(service) }).repair()
      expect([...objects.addresses]).to.deep.equal(['10.0.0.16', '10.0.0.20'])
    })

    it('may be of a range that was added', () => {
      const allocator = allocatorOf({ ranges: () => ['10.0.0.0/24', '10.1.0.0/28'] })
      expect(write(allocator, service({ clusterIP: '10.1.0.3' })).spec.clusterIPs).to.deep.equal(['10.1.0.3'])
    })

    it('may be asked for', () => {
      expect(write(allocatorOf(), service({ clusterIP: '10.0.0.5' })).spec).to.deep.include({
        clusterIP: '10.0.0.5',
        clusterIPs: ['10.0.0.5'],
      })
    })

    it('stay when an update leaves them out, and are free when the service is gone', async () => {
      const allocator = allocatorOf()
      const first = write(allocator, service({}))
      expect(write(allocator, service({}), first).spec.clusterIP).to.equal('10.0.0.16')
      expect(write(allocator, service({})).spec.clusterIP).to.equal('10.0.0.17')
      await allocator.release(first)
      expect(write(allocator, service({})).spec.clusterIP).to.equal('10.0.0.16')
    })

    it('go when a service becomes ExternalName, and come again after', () => {
      const allocator = allocatorOf()
      const first = write(allocator, service({}))
      const external = write(allocator, service({ type: 'ExternalName', externalName: 'a.b' }), first)
      expect(external.spec).to.not.have.any.keys('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy')
      expect(write(allocator, service({})).spec.clusterIP).to.equal('10.0.0.16')
      expect(write(allocator, service({}), external).spec.clusterIP).to.equal('10.0.0.17')
    })

    it('are none for headless services', () => {
      const allocator = allocatorOf()
      const withSelector = write(allocator, service({ clusterIP: 'None', selector: { a: 'b' } }))
      expect(withSelector.spec).to.deep.include({
        clusterIPs: ['None'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      })
      const without = write(allocator, service({ clusterIP: 'None' }))
      expect(without.spec).to.deep.include({
        clusterIPs: ['None'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
      })
      expect(write(allocator, service({})).spec.clusterIP).to.equal('10.0.0.16')
    })
  })

  describe('node ports', () => {
    it('are given to NodePort services, one to each port', () => {
      const allocator = allocatorOf()
      expect(nodePorts(write(allocator, service({ type: 'NodePort', ports: [port(80), port(81)] })))).to.deep.equal([
        30000, 30001,
      ])
      expect(nodePorts(write(allocator, service({ ports: [port(80)] })))).to.deep.equal([undefined])
      expect(nodePorts(write(allocator, service({ type: 'LoadBalancer', ports: [port(80)] })))).to.deep.equal([30002])
      const without = service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [port(80)] })
      expect(nodePorts(write(allocator, without))).to.deep.equal([undefined])
    })

    it('are the same for one port in two protocols, of a new service', () => {
      const ports = [port(80, { name: 't' }), port(80, { name: 'u', protocol: 'UDP' })]
      expect(nodePorts(write(allocatorOf(), service({ type: 'NodePort', ports })))).to.deep.equal([30000, 30000])
      const asked = [port(80, { name: 't' }), port(80, { name: 'u', protocol: 'UDP', nodePort: 30003 })]
      expect(nodePorts(write(allocatorOf(), service({ type: 'NodePort', ports: asked })))).to.deep.equal([30003, 30003])
    })

    const refusals: [name: string, nodePort: number, why: string][] = [
      ['taken', 30000, 'provided port is already allocated'],
      ['below the range', 29999, 'provided port is not in the valid range. The range of valid ports is 30000-30003'],
      ['above the range', 30004, 'provided port is not in the valid range. The range of valid ports is 30000-30003'],
    ]
    for (const [name, nodePort, why] of refusals) {
      it(`are refused when ${name}`, () => {
        const allocator = allocatorOf()
        write(allocator, service({ type: 'NodePort', ports: [port(80)] }))
        const draft = service({ type: 'NodePort', ports: [port(80), port(81, { nodePort })] })
        expect(() => write(allocator, draft)).to.throw(
          `Service "s" is invalid: spec.ports[1].nodePort: Invalid value: ${nodePort}: ${why}`,
        )
      })
    }

    it('stay with their port when an update leaves them out', () => {
      const allocator = allocatorOf()
      const first = write(
        allocator,
        service({ type: 'NodePort', ports: [port(80, { name: 'a' }), port(81, { name: 'b' })] }),
      )
      const next = service({ type: 'NodePort', ports: [port(81, { name: 'b' }), port(82, { name: 'c' })] })
      const second = write(allocator, next, first)
      expect(nodePorts(second)).to.deep.equal([30001, 30002])
      expect(nodePorts(write(allocator, service({ type: 'NodePort', ports: [port(90)] })))).to.deep.equal([30000])
    })

    it('go with a change to ClusterIP', () => {
      const allocator = allocatorOf()
      const first = write(allocator, service({ type: 'NodePort', ports: [port(80)] }))
      const second = write(allocator, { ...first, spec: { ...first.spec, type: 'ClusterIP' } }, first)
      expect(nodePorts(second)).to.deep.equal([undefined])
      expect(nodePorts(write(allocator, service({ type: 'NodePort', ports: [port(80)] })))).to.deep.equal([30000])
    })

    it('can run out', async () => {
      const allocator = allocatorOf()
      const ports = [80, 81, 82, 83].map((each) => port(each))
      const first = write(allocator, service({ type: 'NodePort', ports }))
      expect(() => write(allocator, service({ type: 'NodePort', ports: [port(80)] }))).to.throw(
        'failed to allocate a nodePort: range is full',
      )
      await allocator.release(first)
      write(allocator, service({ type: 'NodePort', ports }))
    })

    it('of health checks are kept, asked for or not', () => {
      const allocator = allocatorOf()
      const local: ServiceSpec = {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        allocateLoadBalancerNodePorts: false,
        ports: [port(80)],
      }
      const first = write(allocator, service({ ...local, healthCheckNodePort: 30000 }))
      expect(write(allocator, service(local)).spec.healthCheckNodePort).to.equal(30001)
      expect(() => write(allocator, service({ ...local, healthCheckNodePort: 30000 }))).to.throw(
        'failed to allocate requested HealthCheck NodePort 30000: provided port is already allocated',
      )
      expect(write(allocator, service(local), first).spec.healthCheckNodePort).to.equal(30000)
    })
  })

  it('takes nothing in a dry run', () => {
    const allocator = allocatorOf()
    const draft = service({ type: 'NodePort', ports: [port(80)] })
    expect(write(allocator, draft, undefined, true).spec).to.deep.include({ clusterIP: '10.0.0.0' })
    const first = write(allocator, draft)
    expect([first.spec.clusterIP, ...nodePorts(first)]).to.deep.equal(['10.0.0.16', 30000])
    write(allocator, service({ type: 'ExternalName' }), first, true)
    const second = write(allocator, draft)
    expect([second.spec.clusterIP, ...nodePorts(second)]).to.deep.equal(['10.0.0.17', 30001])
  })

  it('takes nothing for a service that is refused, and gives nothing back', () => {
    const allocator = allocatorOf()
    const first = write(allocator, service({ type: 'NodePort', ports: [port(80)] }))
    expect(() =>
      write(
        allocator,
        service({ type: 'NodePort', ports: [port(80, { nodePort: 30001 }), port(81, { nodePort: 30000 })] }),
      ),
    ).to.throw()
    const moved = service({ type: 'NodePort', clusterIP: '10.0.0.9', ports: [port(80, { nodePort: 1 })] })
    expect(() => write(allocator, moved, first)).to.throw()
    const second = write(allocator, service({ type: 'NodePort', ports: [port(80)] }))
    expect([second.spec.clusterIP, ...nodePorts(second)]).to.deep.equal(['10.0.0.17', 30001])
  })
})
