// Pods and templates against the level of their namespace: refused, warned about, or let through.
import { expect } from 'chai'
import { FakeReader, pod, request } from '../fake-cluster.ts'
import { podSecurity } from './pod-security.ts'

const prefix = 'pod-security.kubernetes.io/'
const namespace = (labels: Record<string, string>) => ({
  metadata: {
    name: 'ns',
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [prefix + name, value])),
  },
})
const readerFor = (labels: Record<string, string>) => new FakeReader({ namespaces: [namespace(labels)] })
const create =
  (labels: Record<string, string>, spec: object, metadata: object = {}) =>
  () =>
    podSecurity.validate!(request(pod('p', spec, metadata)), readerFor(labels))

const bareContainer =
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'

const hardened = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [{ name: 'c', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
}

describe('PodSecurity', () => {
  const refused: [string, Record<string, string>, object, string][] = [
    [
      'privileged containers',
      { enforce: 'baseline' },
      { hostNetwork: true, containers: [{ name: 'c', securityContext: { privileged: true } }] },
      '"baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
    ],
    [
      'host paths',
      { enforce: 'baseline' },
      { volumes: [{ name: 'h', hostPath: { path: '/' } }] },
      '"baseline:latest": hostPath volumes (volume "h")',
    ],
    [
      'host ports',
      { enforce: 'baseline' },
      {
        containers: [
          { name: 'a', ports: [{ hostPort: 80 }] },
          { name: 'b', ports: [{ hostPort: 81 }] },
        ],
      },
      '"baseline:latest": hostPort (containers "a", "b" use hostPorts 80, 81)',
    ],
    [
      'capabilities',
      { enforce: 'baseline', 'enforce-version': 'v1.30' },
      { containers: [{ name: 'c', securityContext: { capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_ADMIN'] } } }] },
      '"baseline:v1.30": non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'SELinux options',
      { enforce: 'baseline' },
      { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } } },
      '"baseline:latest": seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)',
    ],
    [
      'sysctls that were not safe yet',
      { enforce: 'baseline', 'enforce-version': 'v1.28' },
      { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'net.ipv4.tcp_syncookies' }] } },
      '"baseline:v1.28": forbidden sysctls (net.ipv4.tcp_rmem)',
    ],
    [
      'anything bare',
      { enforce: 'restricted' },
      { containers: [{ name: 'c' }] },
      `"restricted:latest": ${bareContainer}`,
    ],
    [
      'volumes of restricted types',
      { enforce: 'restricted' },
      {
        ...hardened,
        volumes: [
          { name: 'n', nfs: {} },
          { name: 'e', emptyDir: {} },
        ],
      },
      '"restricted:latest": restricted volume types (volume "n" uses restricted volume type "nfs")',
    ],
    [
      'a level it cannot read',
      { enforce: 'strict' },
      { containers: [{ name: 'c' }] },
      `"restricted:latest": ${bareContainer}`,
    ],
  ]
  for (const [what, labels, spec, message] of refused) {
    it(`refuses ${what}`, () =>
      expect(create(labels, spec)).to.throw(`pods "p" is forbidden: violates PodSecurity ${message}`))
  }

  it('admits what the policy allows', () => {
    expect(create({}, { hostNetwork: true })).not.to.throw()
    expect(create({ enforce: 'baseline' }, {})).not.to.throw()
    expect(create({ enforce: 'restricted' }, hardened)).not.to.throw()
    expect(
      create(
        { enforce: 'baseline', 'enforce-version': 'v1.33' },
        { containers: [{ name: 'c', livenessProbe: { httpGet: { host: 'h' } } }] },
      ),
    ).not.to.throw()
  })

  it('warns about pods and templates', () => {
    for (const [group, resource, object] of [
      ['', 'pods', pod('p', { containers: [{ name: 'c' }] })],
      ['apps', 'deployments', { spec: { template: { spec: { containers: [{ name: 'c' }] } } } }],
      [
        'batch',
        'cronjobs',
        { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'c' }] } } } } } },
      ],
    ] as const) {
      const attributes = request(object, { group, resource })
      void podSecurity.validate!(attributes, readerFor({ warn: 'restricted' }))
      expect(attributes.warnings).to.deep.equal([`would violate PodSecurity "restricted:latest": ${bareContainer}`])
    }
  })

  it('warns about templates whose pods will be refused', () => {
    const attributes = request(
      { spec: { template: { spec: { hostPID: true } } } },
      { group: 'apps', resource: 'deployments' },
    )
    void podSecurity.validate!(attributes, readerFor({ enforce: 'baseline' }))
    expect(attributes.warnings).to.deep.equal([
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    ])
  })

  it('lets a running pod be labelled, not be given a new image', () => {
    const reader = readerFor({ enforce: 'restricted' })
    const update = (image: string) => () =>
      podSecurity.validate!(
        request(pod('p', { containers: [{ name: 'c', image }] }), { operation: 'UPDATE', oldObject: pod('p') }),
        reader,
      )
    expect(update('nginx')).not.to.throw()
    expect(update('nginx:2')).to.throw('violates PodSecurity')
  })

  it('tells of the pods that a stricter namespace holds already', () => {
    const pods = [pod('b', { hostPID: true }), pod('a', { hostPID: true }), pod('c')]
    const attributes = request(namespace({ enforce: 'baseline' }), {
      operation: 'UPDATE',
      resource: 'namespaces',
      kind: 'Namespace',
      oldObject: namespace({}),
    })
    void podSecurity.validate!(attributes, new FakeReader({ pods }))
    expect(attributes.warnings).to.deep.equal([
      'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): host namespaces',
    ])
  })

  it('refuses labels it cannot read', () => {
    const attributes = request(namespace({ enforce: 'x', 'warn-version': 'v2' }), {
      resource: 'namespaces',
      kind: 'Namespace',
    })
    expect(() => podSecurity.validate!(attributes, new FakeReader())).to.throw(
      'Namespace "ns" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
    )
  })
})
