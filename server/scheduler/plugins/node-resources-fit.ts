// A node must have room for what a pod asks for; which of those that have is best is a matter of strategy.
// Source: pkg/scheduler/framework/plugins/noderesources, Fit (v1.36)
import { deepEqual } from '../../apimachinery/equality.ts'
import type { ClusterEvent, FilterPlugin, NodeInfo, PodInfo, Rejection } from '../framework.ts'
import { podInfoOf } from '../pod-info.ts'
import { podsAmount, totalsOf, type ResourceTotals } from '../resources.ts'

/** Devices that are somebody else's business. Source: fitsRequest, ignoredResources and ignoredResourceGroups */
export type IgnoredResources = (name: string) => boolean

export function nodeResourcesFit(isIgnored: IgnoredResources): FilterPlugin {
  return {
    name: 'NodeResourcesFit',
    isLocal: true,
    prepare: (pod) => ({ filter: (node) => fit(pod, node, isIgnored) }),
    mayHelp,
  }
}

function mayHelp(event: ClusterEvent, pod: PodInfo): boolean {
  switch (event.kind) {
    case 'AssignedPodDeleted':
      return true
    case 'AssignedPodUpdated':
      return asksForLess(podInfoOf(event.pod).requests, podInfoOf(event.old).requests)
    case 'NodeAdded':
      return fitsWhenEmpty(pod, totalsOf(event.node.status?.allocatable), podsAmount(event.node.status?.allocatable))
    case 'NodeUpdated': {
      const { allocatable } = event.node.status ?? {}
      if (deepEqual(allocatable, event.old.status?.allocatable)) return false
      return fitsWhenEmpty(pod, totalsOf(allocatable), podsAmount(allocatable))
    }
    case 'AssignedPodAdded':
    case 'StorageChanged':
    case 'DevicesChanged':
      return false
  }
}

function fit(
  { requests }: PodInfo,
  { allocatable, requested, podCount, allowedPods }: NodeInfo,
  isIgnored: IgnoredResources,
): Rejection | undefined {
  // Made only on demand: nearly every call finds that the pod fits.
  let reasons: string[] | undefined
  let resolvable = true
  const lacks = (what: string, wanted: number, total: number): void => {
    reasons = [...(reasons ?? []), `Insufficient ${what}`]
    if (wanted > total) resolvable = false
  }
  if (podCount + 1 > allowedPods) reasons = ['Too many pods']
  if (requests.cpuMilli > 0 && requests.cpuMilli > allocatable.cpuMilli - requested.cpuMilli) {
    lacks('cpu', requests.cpuMilli, allocatable.cpuMilli)
  }
  if (requests.memory > 0 && requests.memory > allocatable.memory - requested.memory) {
    lacks('memory', requests.memory, allocatable.memory)
  }
  if (
    requests.ephemeralStorage > 0 &&
    requests.ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage
  ) {
    lacks('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage)
  }
  for (const [name, wanted] of requests.scalars) {
    const total = allocatable.scalars.get(name) ?? 0
    if (wanted > total - (requested.scalars.get(name) ?? 0) && wanted > 0 && !isIgnored(name))
      lacks(name, wanted, total)
  }
  return reasons === undefined ? undefined : { resolvable, reasons }
}

function asksForLess(now: ResourceTotals, before: ResourceTotals): boolean {
  if (now.cpuMilli < before.cpuMilli || now.memory < before.memory) return true
  if (now.ephemeralStorage < before.ephemeralStorage) return true
  for (const [name, wanted] of before.scalars) if ((now.scalars.get(name) ?? 0) < wanted) return true
  return false
}

function fitsWhenEmpty({ requests }: PodInfo, allocatable: ResourceTotals, allowedPods: number): boolean {
  if (allowedPods < 1 || requests.cpuMilli > allocatable.cpuMilli || requests.memory > allocatable.memory) return false
  if (requests.ephemeralStorage > allocatable.ephemeralStorage) return false
  for (const [name, wanted] of requests.scalars) if (wanted > (allocatable.scalars.get(name) ?? 0)) return false
  return true
}
