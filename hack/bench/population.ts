// Namespaces with many pods, spread over nodes and labels, as a cluster has them.
import type { Bench, Target } from './bench.ts'
import type { Load } from './load.ts'
import {
  configMapsPath,
  creators,
  leasesPath,
  namespace,
  ownPod,
  podsPath,
  prerequisites,
  watchedNamespace,
  watchedPath,
} from './operations.ts'
import { sentPod } from './pod.ts'

/** The namespaces of the benchmark, with the service account that pods of a server with that admission need. */
export async function prepareNamespaces(target: Target): Promise<void> {
  const { api } = target
  for (const name of [namespace, watchedNamespace]) {
    await api.ensure('/api/v1/namespaces', { metadata: { name } })
    await api.ensure(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  }
  // Of an earlier run that was cut short.
  await cleanUp(target)
}

/** Objects of the clients of single requests. */
export async function prepareObjects(target: Target, clients: number): Promise<void> {
  await prepareNamespaces(target)
  for (const { path, object } of prerequisites(clients)) await target.api.ensure(path, object)
}

/** Pods that are patched while they are watched. */
export async function prepareWatched(target: Target, writers: number): Promise<void> {
  await prepareNamespaces(target)
  for (let who = 0; who < writers; who++) await target.api.ensure(watchedPath, sentPod(ownPod(who), watchedNamespace))
}

/** So many pods, numbered from 0, by several clients at once. */
export async function createPods(bench: Bench, load: Load, from: number, upTo: number): Promise<void> {
  bench.progress(`creating ${upTo - from} pods`)
  const each = Math.ceil((upTo - from) / creators)
  await load.run({
    kind: 'requests',
    operation: 'create-bucket-pod',
    clients: creators,
    from: Math.floor(from / creators),
    count: each,
    seconds: Infinity,
  })
}

/** The namespaces stay: a server without controllers would never be done with their deletion. */
export async function cleanUp({ api, own }: Target): Promise<void> {
  if (own !== undefined) return
  for (const collection of [podsPath, configMapsPath, leasesPath, watchedPath])
    await api.ask('DELETE', `${collection}?gracePeriodSeconds=0`, {})
}
