// Replays recorded creations: what plain defaulting sets must be what the real server answered, and what it does not
// set must be known to be someone else's work.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { AnyObject } from '../server/apimachinery/types.ts'
import { decodeObject } from './decode.ts'
import { applyDefaults } from './defaults.ts'
import { resourceFacts, typeByName } from './index.ts'
import type { StructSchema } from './schema.ts'

interface Creation {
  case: string
  apiVersion: string
  resource: string
  input: unknown
  output: AnyObject
}

const creations = JSON.parse(readFileSync(new URL('./testdata/creations.json', import.meta.url), 'utf8')) as Creation[]

function defaulted(apiVersion: string, resource: string, input: unknown): AnyObject {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion]
  const facts = resourceFacts(group, version, resource)!
  const schema = typeByName(facts.type) as StructSchema
  const { object } = decodeObject(schema, input)
  applyDefaults(facts, object)
  return decodeObject(schema, object).object
}

/** Leaves by path; empty objects and lists are leaves. */
function leaves(value: unknown, path = '', out = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    out.set(path, JSON.stringify(value))
  else {
    for (const [key, member] of Object.entries(value)) {
      leaves(member, Array.isArray(value) ? `${path}[]` : path === '' ? key : `${path}.${key}`, out)
    }
  }
  return out
}

/** What the registry, a kind's own defaulting, its strategy or an admission plugin sets, by path. */
const SET_BY_OTHERS = [
  // the registry
  /^metadata\.(uid|creationTimestamp|generation)$/,
  // kinds: defaults that depend on other fields
  /\.(imagePullPolicy|image\.pullPolicy|hostPort|emptyDir)$/,
  /\.resources\.requests\.(cpu|memory)$/,
  /^metadata\.labels\.(kubernetes\.io\/metadata\.name|a)$/,
  /^spec\.limits\[\]\.(default|defaultRequest)\./,
  /^spec\.(internalTrafficPolicy|externalTrafficPolicy|allocateLoadBalancerNodePorts)$/,
  /^spec\.(sessionAffinityConfig|ports\[\]\.targetPort|selector\.a)/,
  /\.rollingUpdate\.(maxSurge|maxUnavailable|partition)$/,
  /^spec\.updateStrategy(\.type)?$/,
  /^spec\.volumeClaimTemplates\[\]\.(kind|apiVersion)$/,
  /^spec\.(parallelism|completions|backoffLimit|podReplacementPolicy)$/,
  /^spec\.(metrics|behavior)/,
  /^spec\.targetCPUUtilizationPercentage$/,
  /^spec\.policyTypes\[\]$/,
  /^subjects\[\]\.apiGroup$/,
  /\.(exactly|firstAvailable\[\])\.count$/,
  /^spec\.names\.(singular|listKind)$/,
  /^status\.storedVersions(\[\])?$/,
  // kinds: strategies
  /^(stringData|data)\.a$/,
  /^spec\.finalizers\[\]$/,
  /^status\.(phase|qosClass|lastPhaseTransitionTime)$/,
  /^status\.conditions\[\]\.(type|status|reason|message|lastProbeTime|lastTransitionTime)$/,
  /^(spec|status)$/,
  /^spec\.(nodePort|clusterIP|clusterIPs\[\]|ipFamilies\[\]|ipFamilyPolicy|healthCheckNodePort|ports\[\]\.nodePort)$/,
  /^metadata\.annotations\.deprecated\.daemonset\.template\.generation$/,
  /\.(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/,
  /^spec\.template\.metadata$/,
  /^spec\.(username|uid|groups\[\])$/,
  // admission plugins
  /^metadata\.finalizers\[\]$/,
  /^spec\.(serviceAccount|serviceAccountName|priority|preemptionPolicy)$/,
  /^spec\.(tolerations|taints)\[\]\.(key|operator|effect|tolerationSeconds)$/,
  /^spec\.volumes\[\]\.(name|projected\.)/,
  /^spec\.(c|initC)ontainers\[\]\.volumeMounts\[\]\./,
]

/** Answered, not stored: their output has another form than their input. */
const REVIEWS = /^(token|selfsubject|subjectaccess|localsubject)|review/

describe('applyDefaults', () => {
  for (const { case: name, apiVersion, resource, input, output } of creations) {
    if (REVIEWS.test(resource)) continue
    it(`sets what the real server sets: ${name}`, () => {
      const ours = leaves(defaulted(apiVersion, resource, input))
      const real = leaves(output)
      const paths = [...new Set([...ours.keys(), ...real.keys()])]
      const wrong = paths.filter(
        (path) => ours.get(path) !== real.get(path) && !SET_BY_OTHERS.some((known) => known.test(path)),
      )
      expect(wrong.map((path) => `${path}: ${ours.get(path)}, should be ${real.get(path)}`)).to.deep.equal([])
    })
  }

  it('defaults pods in templates of any depth', () => {
    const template = { spec: { containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] } }
    const cronJob = defaulted('batch/v1', 'cronjobs', { spec: { jobTemplate: { spec: { template } } } })
    expect(cronJob).to.have.nested.property('spec.jobTemplate.spec.template.spec.dnsPolicy', 'ClusterFirst')
    expect(cronJob).to.have.nested.property(
      'spec.jobTemplate.spec.template.spec.containers[0].ports[0].protocol',
      'TCP',
    )
    expect(cronJob).not.to.have.nested.property('spec.jobTemplate.spec.template.spec.enableServiceLinks')
    expect(cronJob).not.to.have.nested.property('spec.jobTemplate.spec.completionMode')
  })

  it('sets only what is absent', () => {
    const deployment = defaulted('apps/v1', 'deployments', { spec: { replicas: 0, revisionHistoryLimit: 3 } })
    expect(deployment)
      .to.have.property('spec')
      .that.includes({ replicas: 0, revisionHistoryLimit: 3, progressDeadlineSeconds: 600 })
  })

  it('takes the zero of a field without pointer for absent', () => {
    const pod = defaulted('v1', 'pods', {
      spec: { containers: [{ name: 'c', livenessProbe: { periodSeconds: 0, httpGet: { port: 1, path: '' } } }] },
    })
    expect(pod)
      .to.have.nested.property('spec.containers[0].livenessProbe')
      .that.deep.equals({
        httpGet: { path: '/', port: 1, scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      })
    expect(pod).not.to.have.nested.property('spec.containers[0].readinessProbe')
  })

  it('leaves alone what is but one branch of the real defaulting', () => {
    const deployment = defaulted('apps/v1', 'deployments', {
      spec: { strategy: { type: 'Recreate', rollingUpdate: {} } },
    })
    expect(deployment).to.have.nested.property('spec.strategy.rollingUpdate').that.deep.equals({})
    const service = defaulted('v1', 'services', { spec: { type: 'ExternalName' } })
    expect(service).not.to.have.nested.property('spec.internalTrafficPolicy')
  })

  it('gives every object lists of its own', () => {
    const driver = (): AnyObject => defaulted('storage.k8s.io/v1', 'csidrivers', { spec: {} })
    const modes = (object: AnyObject): unknown =>
      (object.spec as { volumeLifecycleModes: unknown }).volumeLifecycleModes
    expect(modes(driver())).to.deep.equal(['Persistent'])
    expect(modes(driver())).not.to.equal(modes(driver()))
  })
})
