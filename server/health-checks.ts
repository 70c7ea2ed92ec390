// The named checks behind /livez, /readyz and /healthz, and component statuses: a real server's lists, fed by the parts
// that stand for its own.
import type { ComponentHealth } from './endpoints/component-status.ts'
import type { HealthCheck, HealthChecks } from './http/health.ts'
import type { Store } from './storage/store.ts'

export interface HealthSources {
  /** Throws what is wrong with the store. */
  storage(): void
  /** Whether bootstrap objects are there and components have started. */
  isStarted(): boolean
  isShuttingDown(): boolean
}

/** A store whose disk has failed, or that is closed, refuses those who want to hear of changes. @throws StoreFailedError */
export function checkStore(store: Store): void {
  store.subscribe('/', { onEvents() {}, onClose() {} }).close()
}

/** Done once start-up is over. */
const postStartHooks = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
  'autoregister-completion',
  'apiservice-openapi-controller',
  'apiservice-openapiv3-controller',
]

/** One check stands without the prefix of post-start hooks. */
const plainChecks = new Set(['autoregister-completion'])

export function healthChecks(sources: HealthSources): HealthChecks {
  const always = (name: string): HealthCheck => ({ name, check: () => {} })
  const started = (name: string): HealthCheck => ({
    name,
    check: () => {
      if (!sources.isStarted()) throw new Error('not finished')
    },
  })
  const etcd: HealthCheck = { name: 'etcd', check: () => sources.storage() }
  const hooks = postStartHooks.map((name) => started(plainChecks.has(name) ? name : `poststarthook/${name}`))
  const live = [always('ping'), always('log'), always('loopback-serving-certificate'), etcd, ...hooks]
  const shutdown: HealthCheck = {
    name: 'shutdown',
    check: () => {
      if (sources.isShuttingDown()) throw new Error('process is shutting down')
    },
  }
  const readiness: HealthCheck = { name: 'etcd-readiness', check: () => sources.storage() }
  const informers = started('informer-sync')
  return {
    healthz: live,
    livez: live,
    readyz: [always('ping'), always('log'), etcd, readiness, informers, ...hooks, shutdown],
  }
}

/** Where a real server looks for its companions. */
const probedPorts = { controllers: 10257, scheduler: 10259 } as const

/** @param runs which of the parts that may be left out are there */
export function componentHealth(
  runs: Readonly<Record<keyof typeof probedPorts, boolean>>,
  storage: () => void,
): ComponentHealth[] {
  const companion = (name: string, part: keyof typeof probedPorts): ComponentHealth => {
    const address = `127.0.0.1:${probedPorts[part]}`
    const refused = `Get "https://${address}/healthz": dial tcp ${address}: connect: connection refused`
    return { name, isHealthy: runs[part], message: runs[part] ? 'ok' : refused }
  }
  return [companion('controller-manager', 'controllers'), etcdHealth(storage), companion('scheduler', 'scheduler')]
}

function etcdHealth(storage: () => void): ComponentHealth {
  try {
    storage()
    return { name: 'etcd-0', isHealthy: true, message: 'ok' }
  } catch (error) {
    return { name: 'etcd-0', isHealthy: false, message: error instanceof Error ? error.message : String(error) }
  }
}
