// The control plane of the textbooks.
import { expect } from 'chai'
import type { Pod, Service } from '../api/core.ts'
import { dnsAddress } from './addons.ts'
import { controlPlaneObjects } from './control-plane.ts'

const objects = controlPlaneObjects({
  node: { name: 'kubeling-control-plane', uid: 'node-uid', internalIP: '172.18.0.2' },
  port: 6443,
  serviceCIDR: '10.96.0.0/12',
  podCIDR: '10.244.0.0/16',
  now: Date.UTC(2026, 0, 1),
})

describe('controlPlaneObjects', () => {
  it('has what kubeadm makes', () => {
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`)).to.deep.equal([
      'ServiceAccount/kube-proxy',
      'ServiceAccount/coredns',
      'ClusterRoleBinding/kubeadm:node-proxier',
      'Role/kube-proxy',
      'RoleBinding/kube-proxy',
      'ClusterRole/system:coredns',
      'ClusterRoleBinding/system:coredns',
      'ConfigMap/kube-proxy',
      'ConfigMap/coredns',
      'Service/kube-dns',
      'DaemonSet/kube-proxy',
      'Deployment/coredns',
      'ServiceAccount/storage-provisioner',
      'ClusterRoleBinding/storage-provisioner',
      'ClusterRole/storage-resizer',
      'ClusterRoleBinding/storage-resizer',
      'StorageClass/standard',
      'Pod/etcd-kubeling-control-plane',
      'Pod/kube-apiserver-kubeling-control-plane',
      'Pod/kube-controller-manager-kubeling-control-plane',
      'Pod/kube-scheduler-kubeling-control-plane',
    ])
  })

  it('shows static pods as mirror pods that belong to their node', () => {
    const pod = objects.find(({ metadata }) => metadata?.name === 'etcd-kubeling-control-plane') as Pod
    expect(pod.metadata?.labels).to.deep.equal({ component: 'etcd', tier: 'control-plane' })
    expect(pod.metadata?.annotations).to.deep.include({
      'kubeadm.kubernetes.io/etcd.advertise-client-urls': 'https://172.18.0.2:2379',
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.seen': '2026-01-01T00:00:00.000000000Z',
    })
    expect(pod.metadata?.annotations?.['kubernetes.io/config.mirror']).to.equal(
      pod.metadata?.annotations?.['kubernetes.io/config.hash'],
    )
    expect(pod.metadata?.ownerReferences).to.deep.equal([
      { apiVersion: 'v1', kind: 'Node', name: 'kubeling-control-plane', uid: 'node-uid', controller: true },
    ])
    expect(pod.spec).to.deep.include({
      nodeName: 'kubeling-control-plane',
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
    })
    expect(pod.spec?.containers[0]?.command?.slice(0, 2)).to.deep.equal([
      'etcd',
      '--advertise-client-urls=https://172.18.0.2:2379',
    ])
  })

  it('gives DNS the tenth address of the service range', () => {
    const service = objects.find(({ kind }) => kind === 'Service') as Service
    expect(service.spec?.clusterIP).to.equal('10.96.0.10')
    expect(dnsAddress('10.0.0.250/16')).to.equal('10.0.1.4')
  })
})
