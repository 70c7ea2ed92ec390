// The order of the admission plugins, and which are on.
import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { makeChain } from './chain.ts'
import { FakeReader, pod, request } from './fake-cluster.ts'

describe('makeChain', () => {
  it('has the plugins of a real server in its order', () => {
    expect(makeChain([]).plugins).to.deep.equal([
      'NamespaceLifecycle',
      'LimitRanger',
      'ServiceAccount',
      'TaintNodesByCondition',
      'PodSecurity',
      'Priority',
      'DefaultTolerationSeconds',
      'DefaultStorageClass',
      'StorageObjectInUseProtection',
      'PersistentVolumeClaimResize',
      'RuntimeClass',
      'CertificateApproval',
      'CertificateSigning',
      'CertificateSubjectRestriction',
      'DefaultIngressClass',
      'PodTopologyLabels',
      'PodResizeValidator',
      'MutatingAdmissionPolicy',
      'ValidatingAdmissionPolicy',
    ])
  })

  it('leaves out what is disabled, also what does not exist here', () => {
    expect(makeChain(['ServiceAccount', 'MutatingAdmissionWebhook']).plugins).not.to.include('ServiceAccount')
  })

  it('refuses a name that no plugin has', () => {
    expect(() => makeChain(['Priority', 'Nope'])).to.throw(
      /^unknown admission plugin: Nope \(known: AlwaysAdmit, .*ResourceQuota, AlwaysDeny\)$/,
    )
  })

  it('names every plugin of the folder', () => {
    const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
    const named = makeChain([]).plugins.map((name) => name.replaceAll(/([a-z])([A-Z])/g, '$1-$2').toLowerCase())
    const missing = named.filter(
      (name) => !files.some((file) => file.endsWith(`${name}.ts`)) && !name.startsWith('certificate-'),
    )
    expect(missing).to.deep.equal([])
  })

  it('answers at once where no plugin has to wait', () => {
    const chain = makeChain(['ServiceAccount'])
    const reader = new FakeReader({ namespaces: [{ metadata: { name: 'ns' } }] })
    const created = request(pod('a'))
    expect(chain.admit(created, reader)).to.equal(undefined)
    expect(chain.validate(created, reader)).to.equal(undefined)
    expect(created.object).to.deep.include({
      spec: {
        containers: [{ name: 'c', image: 'nginx' }],
        priority: 0,
        preemptionPolicy: 'PreemptLowerPriority',
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        ],
      },
    })
  })
})
