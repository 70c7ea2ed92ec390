// Service accounts, the root CA and aggregated roles; the list of all controllers.
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as rbac from '../api/rbac.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { PatchAction } from '../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../client/controller.ts'
import { clusterroleAggregation } from './clusterrole-aggregation.ts'
import { newControllers } from './index.ts'
import { rootCACertificatePublisher } from './root-ca-certificate-publisher.ts'
import { serviceaccount } from './serviceaccount.ts'
import { NOW, told, written } from './testing.ts'

function run(controller: Controller, key: string, objects: Record<string, readonly KubeObject[]>) {
  const { definition } = controller as Controller & { definition: ControllerDefinition }
  return definition.reconcile(key, listersOf(definition, objects), NOW)
}

const team = (phase: string): KubeObject => ({ metadata: { name: 'team' }, status: { phase } }) as KubeObject
const inTeam = (name: string, more: object = {}): KubeObject => ({ metadata: { name, namespace: 'team' }, ...more })

describe('serviceaccount-controller', () => {
  it('gives an active namespace its default account, once', () => {
    expect(told(run(serviceaccount, 'team', { namespaces: [team('Active')] }))).to.deep.equal([
      'create serviceaccounts default',
    ])
    expect(run(serviceaccount, 'team', { namespaces: [team('Terminating')] })).to.deep.equal([])
    expect(
      run(serviceaccount, 'team', { namespaces: [team('Active')], serviceaccounts: [inTeam('default')] }),
    ).to.deep.equal([])
  })
})

describe('root-ca-certificate-publisher-controller', () => {
  const publisher = rootCACertificatePublisher('PEM')
  it('publishes the certificate, and restores it', () => {
    const made = written(run(publisher, 'team', { namespaces: [team('Active')] }), 'configmaps') as KubeObject
    expect(made).to.deep.include({ data: { 'ca.crt': 'PEM' } })
    expect(run(publisher, 'team', { namespaces: [team('Active')], configmaps: [made] })).to.deep.equal([])
    const changed = { ...made, data: { 'ca.crt': 'other' } }
    expect(told(run(publisher, 'team', { namespaces: [team('Active')], configmaps: [changed] }))).to.deep.equal([
      'update configmaps kube-root-ca.crt',
    ])
  })
})

describe('clusterrole-aggregation-controller', () => {
  const RESOURCE = 'clusterroles.rbac.authorization.k8s.io'
  const role = (name: string, label: string, resources: string[]): rbac.ClusterRole => ({
    metadata: { name, labels: { [label]: 'true' } },
    rules: [{ apiGroups: [''], resources, verbs: ['get'] }],
  })
  const view: rbac.ClusterRole = {
    metadata: { name: 'view' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'to-view': 'true' } }] },
  }

  it('collects the rules of roles it selects, by name, each once', () => {
    const roles = [
      view,
      role('z', 'to-view', ['pods']),
      role('a', 'to-view', ['services']),
      role('b', 'to-view', ['pods']),
      role('c', 'to-edit', ['nodes']),
    ]
    const [applied] = run(clusterroleAggregation, 'view', { [RESOURCE]: roles }) as readonly PatchAction[]
    expect(applied?.applyAs).to.equal('clusterrole-aggregation-controller')
    const { rules } = applied!.patch as rbac.ClusterRole
    expect(rules?.map((rule) => rule.resources)).to.deep.equal([['services'], ['pods']])
    expect(
      run(clusterroleAggregation, 'view', {
        [RESOURCE]: [{ ...view, rules: rules as rbac.PolicyRule[] }, ...roles.slice(1)],
      }),
    ).to.deep.equal([])
  })
})

describe('the list of controllers', () => {
  const all = newControllers({
    rootCA: 'PEM',
    authority: { read: () => Promise.reject(new Error('none')), sign: () => Promise.reject(new Error('none')) },
    mayRequestCertificates: () => false,
    signToken: () => Promise.reject(new Error('none')),
    checkPolicyTypes: () => Promise.resolve([]),
    clusterCIDRs: ['10.244.0.0/16'],
    loadBalancerCIDR: '172.31.255.0/24',
  })

  it('has no name twice', () => {
    expect(new Set(all.map(({ name }) => name)).size).to.equal(all.length)
  })

  it('holds every controller of this folder', () => {
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    const defined = sources.flatMap((text) =>
      [...text.matchAll(/(?:name: |controllerOf\()'([a-z-]+-controller)'/g)].map((match) => match[1] ?? ''),
    )
    expect(all.map(({ name }) => name)).to.have.members(defined)
  })
})
