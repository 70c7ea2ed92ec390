// Which pods of a DaemonSet to create and delete: where they belong, and the steps of a rolling update. Pure.
// Source: kubernetes pkg/controller/daemon, podsShouldBeOnNode, rollingUpdate (v1.36)
import { scaledValue } from '../int-or-percent.ts'
import { isPodAvailable, isPodReady, isPodTerminal, type Pod } from '../pod-status.ts'
import { fit, type Node } from './node-fit.ts'
import { byAge, isUpdated, tolerationsOf, type DaemonSet } from './pods.ts'

export interface Plan {
  /** Names of nodes that need a pod. */
  readonly create: readonly string[]
  readonly delete: readonly Pod[]
}

/** Everything a decision needs: the set, the hash of its template, its nodes and their pods. */
export interface World {
  readonly set: DaemonSet
  readonly hash: string
  readonly nodes: readonly Node[]
  readonly pods: ReadonlyMap<string, readonly Pod[]>
  readonly now: number
}

export function fitOf(set: DaemonSet, node: Node): { run: boolean; stay: boolean } {
  const spec = set.spec?.template.spec
  return spec === undefined ? { run: false, stay: false } : fit(node, spec, tolerationsOf(spec))
}

function isAvailable({ set, now }: World, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}

/** @param mayReplace whether a pod that came to its end may be replaced now */
export function placement(world: World, mayReplace: (pod: Pod, node: Node) => boolean): Plan {
  const create: string[] = []
  const remove: Pod[] = []
  for (const node of world.nodes) {
    const { run, stay } = fitOf(world.set, node)
    const present = world.pods.get(node.metadata.name)
    if (present === undefined) {
      if (run) create.push(node.metadata.name)
      continue
    }
    const alive = present.filter((pod) => pod.metadata.deletionTimestamp === undefined)
    if (!stay) {
      remove.push(...alive)
      continue
    }
    remove.push(...alive.filter((pod) => isPodTerminal(pod) && mayReplace(pod, node)))
    const running = alive.filter((pod) => !isPodTerminal(pod)).toSorted(byAge)
    if (!allowsSurge(world.set)) remove.push(...running.slice(1))
    else if (running.length === 0 && run) create.push(node.metadata.name)
    else remove.push(...surplusWithSurge(world, running))
  }
  // Pods made for nodes that are gone will never be scheduled.
  const names = new Set(world.nodes.map((node) => node.metadata.name))
  for (const [nodeName, pods] of world.pods) {
    if (!names.has(nodeName)) remove.push(...pods.filter((pod) => (pod.spec?.nodeName ?? '') === ''))
  }
  return { create, delete: remove }
}

/** One pod of the new and one of an old revision may share a node until the new one is available. */
function surplusWithSurge(world: World, running: readonly Pod[]): readonly Pod[] {
  if (running.length <= 1) return []
  const isNew = (pod: Pod): boolean => isUpdated(world.set, pod, world.hash)
  const newest = running.find(isNew)
  const old = running.find((pod) => !isNew(pod))
  const surplus = running.filter((pod) => pod !== newest && pod !== old)
  if (newest !== undefined && old !== undefined && (!isPodReady(old) || isAvailable(world, newest))) surplus.push(old)
  return surplus
}

function bounds({ set }: World, desired: number): { surge: number; unavailable: number } {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {}
  if (type !== 'RollingUpdate') return { surge: 0, unavailable: 0 }
  const surge = scaledValue(rollingUpdate?.maxSurge, desired, 'up')
  const unavailable = scaledValue(rollingUpdate?.maxUnavailable, desired, 'up')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function allowsSurge(set: DaemonSet): boolean {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {}
  return type === 'RollingUpdate' && scaledValue(rollingUpdate?.maxSurge, 1, 'up') > 0
}

/** The next step towards pods of the present revision. */
export function rollingUpdate(world: World): Plan {
  const shouldRun = new Set(world.nodes.filter((node) => fitOf(world.set, node).run).map((node) => node.metadata.name))
  const { surge, unavailable } = bounds(world, shouldRun.size)
  const all = new Set([...world.pods.keys(), ...shouldRun])
  const onNodes = [...all].map((node) => ({ node, pair: pairOf(world, world.pods.get(node) ?? []) }))
  return surge === 0 ? replaceStep(world, onNodes, unavailable) : surgeStep(world, onNodes, surge, shouldRun)
}

interface Pair {
  readonly fresh?: Pod
  readonly old?: Pod
}
type OnNode = { readonly node: string; readonly pair: Pair | undefined }

/** The pods of a node by revision; undefined if there are more than one of a kind. */
function pairOf({ set, hash }: World, pods: readonly Pod[]): Pair | undefined {
  const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const [fresh, ...moreFresh] = alive.filter((pod) => isUpdated(set, pod, hash))
  const [old, ...moreOld] = alive.filter((pod) => !isUpdated(set, pod, hash))
  if (moreFresh.length > 0 || moreOld.length > 0) return undefined
  return { ...(fresh === undefined ? {} : { fresh }), ...(old === undefined ? {} : { old }) }
}

/** Deletes old pods first; those that are unavailable anyway cost nothing. */
function replaceStep(world: World, onNodes: readonly OnNode[], maxUnavailable: number): Plan {
  const free: Pod[] = []
  const candidates: Pod[] = []
  let unavailable = 0
  for (const { pair } of onNodes) {
    const { fresh, old } = pair ?? {}
    if (old === undefined) {
      if (fresh === undefined || !isAvailable(world, fresh)) unavailable++
    } else if (fresh !== undefined) {
      unavailable++
    } else if (!isAvailable(world, old)) {
      free.push(old)
      unavailable++
    } else {
      candidates.push(old)
    }
  }
  return { create: [], delete: [...free, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] }
}

/** Creates new pods beside old ones, and deletes those when the new ones are available. */
function surgeStep(world: World, onNodes: readonly OnNode[], maxSurge: number, shouldRun: ReadonlySet<string>): Plan {
  const free: string[] = []
  const candidates: string[] = []
  const remove: Pod[] = []
  const misplaced: Pod[] = []
  let surge = 0
  let available = 0
  for (const { node, pair } of onNodes) {
    if (pair === undefined) {
      surge++
      continue
    }
    const { fresh, old } = pair
    const counted = old ?? fresh
    if (counted !== undefined && isAvailable(world, counted)) available++
    if (old === undefined) continue
    if (fresh !== undefined) {
      if (isAvailable(world, fresh)) remove.push(old)
      else surge++
    } else if (!isAvailable(world, old)) {
      if (shouldRun.has(node)) free.push(node)
      else remove.push(old)
    } else if (shouldRun.has(node)) {
      candidates.push(node)
    } else {
      misplaced.push(old)
    }
  }
  remove.push(...misplaced.slice(0, Math.max(0, available - shouldRun.size)))
  return { create: [...free, ...candidates.slice(0, Math.max(0, maxSurge - surge))], delete: remove }
}
