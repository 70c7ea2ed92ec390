// Protection finalizers and default classes of storage and ingress.
import { expect } from 'chai'
import type { AnyObject } from '../apimachinery/types.ts'
import { makeCertificateApproval, makeCertificateSigning } from './certificate-signers.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { FakeReader, request } from './fake-cluster.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

const claim = (spec: object = {}, more: object = {}) => ({ metadata: { name: 'p', namespace: 'ns' }, spec, ...more })
const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }

describe('StorageObjectInUseProtection', () => {
  it('adds the finalizer of the resource, once', () => {
    const created = request(claim(), { resource: 'persistentvolumeclaims' })
    void storageObjectInUseProtection.admit!(created, new FakeReader())
    void storageObjectInUseProtection.admit!(created, new FakeReader())
    expect(created.object!.metadata!.finalizers).to.deep.equal(['kubernetes.io/pvc-protection'])
  })
})

describe('DefaultStorageClass', () => {
  const reader = new FakeReader({
    'storageclasses.storage.k8s.io': [
      { metadata: { name: 'old', creationTimestamp: '2026-01-01T00:00:00Z', annotations: isDefault } },
      { metadata: { name: 'new', creationTimestamp: '2026-01-02T00:00:00Z', annotations: isDefault } },
      { metadata: { name: 'other' } },
    ],
  })
  const admitted = (spec: object) => {
    const created = request(claim(spec), { resource: 'persistentvolumeclaims' })
    void defaultStorageClass.admit!(created, reader)
    return (created.object!['spec'] as { storageClassName?: string }).storageClassName
  }

  it('names the newest default', () => expect(admitted({})).to.equal('new'))
  it('respects a choice, also that of none', () => {
    expect(admitted({ storageClassName: 'other' })).to.equal('other')
    expect(admitted({ storageClassName: '' })).to.equal('')
  })
})

describe('DefaultIngressClass', () => {
  it('names the default', () => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
    const reader = new FakeReader({ 'ingressclasses.networking.k8s.io': [{ metadata: { name: 'i', annotations } }] })
    const created = request(
      { metadata: { name: 'a' }, spec: {} },
      { group: 'networking.k8s.io', resource: 'ingresses' },
    )
    void defaultIngressClass.admit!(created, reader)
    expect(created.object!['spec']).to.deep.equal({ ingressClassName: 'i' })
  })
})

describe('PersistentVolumeClaimResize', () => {
  const reader = new FakeReader({
    'storageclasses.storage.k8s.io': [
      { metadata: { name: 'grows' }, allowVolumeExpansion: true },
      { metadata: { name: 'fixed' } },
    ],
  })
  const sized = (storage: string, storageClassName: string, phase = 'Bound'): AnyObject =>
    claim({ storageClassName, resources: { requests: { storage } } }, { status: { phase } })
  const resize = (from: AnyObject, to: AnyObject) => () =>
    persistentVolumeClaimResize.validate!(
      request(to, { operation: 'UPDATE', resource: 'persistentvolumeclaims', oldObject: from }),
      reader,
    )

  it('lets bound claims of the right class grow', () => {
    expect(resize(sized('1Gi', 'grows'), sized('2Gi', 'grows'))).not.to.throw()
    expect(resize(sized('1Gi', 'fixed'), sized('1024Mi', 'fixed'))).not.to.throw()
  })

  it('refuses all others', () => {
    expect(resize(sized('1Gi', 'grows', 'Pending'), sized('2Gi', 'grows'))).to.throw(
      'persistentvolumeclaims "p" is forbidden: Only bound persistent volume claims can be expanded',
    )
    expect(resize(sized('1Gi', 'fixed'), sized('2Gi', 'fixed'))).to.throw(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  })
})

describe('TaintNodesByCondition', () => {
  it('taints a new node once', () => {
    const created = request({ metadata: { name: 'n' }, spec: {} }, { resource: 'nodes', namespace: '' })
    void taintNodesByCondition.admit!(created, new FakeReader())
    void taintNodesByCondition.admit!(created, new FakeReader())
    expect(created.object!['spec']).to.deep.equal({
      taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    })
  })
})

describe('CertificateApproval and CertificateSigning', () => {
  const csr = (status: object) => ({ metadata: { name: 'c' }, spec: { signerName: 'example.com/s' }, status })
  const update = (subresource: string, object: object) =>
    request(object, {
      operation: 'UPDATE',
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      subresource,
      oldObject: csr({}),
    })
  const only =
    (allowed: string) =>
    (_user: unknown, verb: string, { name }: { name: string }) =>
      `${verb} ${name}` === allowed

  async function refusal(
    plugin: ReturnType<typeof makeCertificateApproval>,
    attributes: ReturnType<typeof request>,
  ): Promise<string | undefined> {
    try {
      await plugin.validate!(attributes, new FakeReader())
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  it('ask for the signer, then for all of its domain', async () => {
    expect(await refusal(makeCertificateApproval(only('approve example.com/*')), update('approval', csr({})))).to.equal(
      undefined,
    )
    expect(await refusal(makeCertificateApproval(only('sign example.com/s')), update('approval', csr({})))).to.equal(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "example.com/s"',
    )
  })

  it('concern a status only when it changes the certificate or the conditions', async () => {
    const plugin = makeCertificateSigning(only('nothing'))
    expect(await refusal(plugin, update('status', csr({})))).to.equal(undefined)
    expect(await refusal(plugin, update('status', csr({ certificate: 'x' })))).to.include(
      'user not permitted to sign requests',
    )
  })
})
