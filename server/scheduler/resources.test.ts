// What a pod asks for in total.
import { expect } from 'chai'
import { pod } from './builders.ts'
import { podRequests } from './resources.ts'

const container = (name: string, cpu: string, restartPolicy?: string) => ({
  name,
  resources: { requests: { cpu } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
})

describe('podRequests', () => {
  it('adds containers, and takes the largest init container if that is more', () => {
    const containers = [container('a', '500m'), container('b', '1')]
    expect(podRequests(pod('p', { containers })).cpuMilli).to.equal(1500)
    expect(podRequests(pod('p', { containers, initContainers: [container('i', '3')] })).cpuMilli).to.equal(3000)
  })

  it('counts sidecars beside what runs after them', () => {
    const initContainers = [container('a', '2'), container('b', '1', 'Always'), container('c', '2')]
    const requests = podRequests(pod('p', { initContainers, containers: [container('x', '1'), container('y', '1')] }))
    expect(requests.cpuMilli).to.equal(3000)
  })

  it('assumes something for containers that ask for nothing, where that is wanted', () => {
    const requests = podRequests(pod('p', { containers: [{ name: 'c' }, container('d', '0')] }), 'assumed')
    expect(requests).to.deep.include({ cpuMilli: 100, memory: 2 * 200 * 1024 * 1024 })
  })

  it('adds overhead and lets the pod level decide', () => {
    const requests = podRequests(
      pod('p', {
        containers: [container('a', '1')],
        resources: { requests: { cpu: '4', memory: '1Gi' } },
        overhead: { cpu: '250m' },
      }),
    )
    expect(requests).to.deep.include({ cpuMilli: 4250, memory: 2 ** 30 })
  })

  it('keeps extended resources by name', () => {
    const requests = podRequests(
      pod('p', { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '2' } } }] }),
    )
    expect(requests.scalars.get('example.com/gpu')).to.equal(2)
  })
})
