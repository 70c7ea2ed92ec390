// What pods and templates share: images, quantities, resources, defaults, findings.
import { expect } from 'chai'
import type { PodSpec } from '../../api/core.ts'
import { field } from '../../apimachinery/field.ts'
import { defaultPodSpec, podTemplateWarnings, validatePodTemplate } from './index.ts'
import { imageTag } from './image-name.ts'
import { isWholeQuantity } from './resource-lists.ts'
import { aggregateContainerResources, computePodQOS } from './resource-sums.ts'
import { formatQuantity } from '../../apimachinery/quantity.ts'

describe('imageTag', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const cases: [image: string, tag: string][] = [
    ['nginx', 'latest'],
    ['nginx:1.25', '1.25'],
    [`nginx@${digest}`, ''],
    [`nginx:1.25@${digest}`, '1.25'],
    ['localhost:5000/team/app', 'latest'],
    ['localhost:5000/team/app:v1', 'v1'],
    ['registry.example.com/a/b__c:latest', 'latest'],
    ['Upper/case', 'latest'],
    [`app@md5:${'a'.repeat(32)}`, ''],
    ['a'.repeat(247), 'latest'],
    ['a'.repeat(248), ''],
    ['UPPER', ''],
    ['bad name', ''],
    ['', ''],
    ['a'.repeat(64), ''],
  ]
  for (const [image, tag] of cases) it(`of "${image}" is "${tag}"`, () => expect(imageTag(image)).to.equal(tag))
})

describe('isWholeQuantity', () => {
  for (const whole of ['1', '1000m', '1.0Gi', '1E', '9223372036854775807'])
    it(`takes ${whole} for whole`, () => expect(isWholeQuantity(whole)).to.equal(true))
  for (const fraction of ['1m', '0.5', '1.5', '1Ei'])
    it(`takes ${fraction} for a fraction`, () => expect(isWholeQuantity(fraction)).to.equal(false))
})

function spec(resources: PodSpec['containers'][number]['resources'], more: Partial<PodSpec> = {}): PodSpec {
  return { containers: [{ name: 'c', image: 'i', ...(resources === undefined ? {} : { resources }) }], ...more }
}

describe('computePodQOS', () => {
  const cases: [name: string, spec: PodSpec, qos: string][] = [
    ['nothing told', spec(undefined), 'BestEffort'],
    ['zeros', spec({ requests: { cpu: '0' } }), 'BestEffort'],
    ['requests only', spec({ requests: { cpu: '1' } }), 'Burstable'],
    ['cpu alone', spec({ limits: { cpu: '1' }, requests: { cpu: '1' } }), 'Burstable'],
    [
      'all equal',
      spec({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }),
      'Guaranteed',
    ],
    [
      'a request below its limit',
      spec({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }),
      'Burstable',
    ],
    [
      'the pod as a whole',
      spec(undefined, { resources: { limits: { cpu: '1', memory: '1' }, requests: { cpu: '1', memory: '1' } } }),
      'Guaranteed',
    ],
  ]
  for (const [name, pod, qos] of cases) it(`is ${qos} for ${name}`, () => expect(computePodQOS(pod)).to.equal(qos))
})

describe('aggregateContainerResources', () => {
  const container = (cpu: string, restartPolicy?: string): PodSpec['containers'][number] => ({
    name: 'c',
    resources: { requests: { cpu } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  })

  it('takes the larger of running and initializing, where sidecars count for both', () => {
    const pod: PodSpec = {
      initContainers: [container('1', 'Always'), container('3')],
      containers: [container('1'), container('1')],
    }
    expect(formatQuantity(aggregateContainerResources(pod, 'requests')['cpu']!)).to.equal('4')
    pod.containers.push(container('2'))
    expect(formatQuantity(aggregateContainerResources(pod, 'requests')['cpu']!)).to.equal('5')
  })
})

describe('defaultPodSpec', () => {
  it('keeps both names of the service account, of which the new one wins', () => {
    const pod = spec(undefined, { serviceAccount: 'old' })
    defaultPodSpec(pod)
    expect(pod).to.include({ serviceAccount: 'old', serviceAccountName: 'old' })
    pod.serviceAccountName = 'new'
    defaultPodSpec(pod)
    expect(pod).to.include({ serviceAccount: 'new', serviceAccountName: 'new' })
  })

  it('rounds quantities up to thousandths', () => {
    const pod = spec({ limits: { cpu: '0.0001', memory: '1' } })
    defaultPodSpec(pod)
    expect(pod.containers[0]!.resources!.limits).to.deep.equal({ cpu: '1m', memory: '1' })
  })
})

describe('validatePodTemplate', () => {
  const complete: Partial<PodSpec> = {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
  }
  const fieldsOf = (pod: PodSpec): string[] => {
    defaultPodSpec(pod)
    for (const container of pod.containers) container.terminationMessagePolicy = 'File'
    return validatePodTemplate({ spec: pod }, field('spec', 'template')).map(
      (error) => `${error.field}: ${error.message}`,
    )
  }

  it('accepts a plain template', () => expect(fieldsOf(spec(undefined, complete))).to.deep.equal([]))

  it('tells of ephemeral containers, which only pods have', () => {
    const pod = spec(undefined, {
      ...complete,
      ephemeralContainers: [{ name: 'e', image: 'i', terminationMessagePolicy: 'File' }],
    })
    expect(fieldsOf(pod)).to.deep.equal([
      'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
    ])
  })

  it('wants host ports to be those of the container on the network of the node', () => {
    const pod = spec(undefined, { ...complete, hostNetwork: true })
    pod.containers[0]!.ports = [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }]
    expect(fieldsOf(pod)).to.deep.equal([
      'spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ])
  })
})

describe('podTemplateWarnings', () => {
  const warningsOf = (pod: PodSpec): string[] => podTemplateWarnings({ spec: pod }, field('template'))

  it('tells of old node labels', () => {
    expect(warningsOf(spec(undefined, { nodeSelector: { 'beta.kubernetes.io/arch': 'amd64' } }))).to.deep.equal([
      'template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ])
  })

  it('tells of variables that hide others, unless they build on them', () => {
    const pod = spec(undefined)
    pod.containers[0]!.env = [
      { name: 'PATH', value: '/bin' },
      { name: 'PATH', value: '/usr/bin:$(PATH)' },
      { name: 'PATH', value: '/sbin' },
    ]
    expect(warningsOf(pod)).to.deep.equal([
      'template.spec.containers[0].env[2]: hides previous definition of "PATH", which may be dropped when using apply',
    ])
  })

  it('tells of ports that are told twice', () => {
    const pod = spec(undefined)
    pod.containers.push({ name: 'd', ports: [{ containerPort: 80, protocol: 'TCP', name: 'web' }] })
    pod.containers[0]!.ports = [{ containerPort: 80, protocol: 'TCP', name: 'web' }]
    const first = 'template.spec.containers[0].ports[0]'
    expect(warningsOf(pod)).to.deep.equal([
      `template.spec.containers[1].ports[0]: duplicate port definition with ${first}`,
      `template.spec.containers[1].ports[0]: duplicate port name "web" with ${first}, services and probes that select ports by name will use ${first}`,
    ])
  })
})
