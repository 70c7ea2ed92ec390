// The library: a cluster in the process of a test.
//
//   await using cluster = await startCluster()
//   const core = (await cluster.kubeConfig()).makeApiClient(CoreV1Api)
export { startCluster, type Cluster } from './cluster.ts'
export { componentNames, type ClusterOptions, type ComponentName } from './options.ts'
export { FakeClock, systemClock, type Clock, type Timer } from './apimachinery/clock.ts'
export { ClusterClock, type ClockSettings } from './apimachinery/cluster-clock.ts'
export type { AnyObject, UserInfo } from './apimachinery/types.ts'
export { StatusError } from './apimachinery/errors.ts'
export type { Client } from './client/client.ts'
export { StoreOpenError } from './storage/store.ts'
export { SchedulerConfigurationError } from './scheduler/index.ts'
export { DamagedPKIError } from './pki.ts'
export { kubernetesVersion } from './version.ts'
