// Which plugins there are, at which extension points each works, and which of them a profile asks in which order.
// Source: pkg/scheduler/apis/config/v1, getDefaultPlugins and mergePlugins; framework/runtime, updatePluginList and
// expandMultiPointPlugins (v1.36)
import { extensionPoints, pluginSets, type ExtensionPoint } from './schema.ts'
import type { PluginEntry, Plugins, PluginSet } from './types.ts'

/** By name of the plugin. */
const pluginPoints: Readonly<Record<string, readonly ExtensionPoint[]>> = {
  SchedulingGates: ['preEnqueue'],
  PrioritySort: ['queueSort'],
  NodeUnschedulable: ['filter'],
  NodeName: ['filter'],
  TaintToleration: ['filter', 'preScore', 'score'],
  NodeAffinity: ['preFilter', 'filter', 'preScore', 'score'],
  NodePorts: ['preFilter', 'filter'],
  NodeResourcesFit: ['preFilter', 'filter', 'preScore', 'score'],
  VolumeRestrictions: ['preFilter', 'filter'],
  NodeVolumeLimits: ['preFilter', 'filter'],
  VolumeBinding: ['preFilter', 'filter', 'preScore', 'score', 'reserve', 'preBind'],
  VolumeZone: ['preFilter', 'filter'],
  PodTopologySpread: ['preFilter', 'filter', 'preScore', 'score'],
  InterPodAffinity: ['preFilter', 'filter', 'preScore', 'score'],
  DynamicResources: ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score', 'reserve', 'preBind'],
  DefaultPreemption: ['preEnqueue', 'postFilter'],
  NodeResourcesBalancedAllocation: ['preScore', 'score'],
  ImageLocality: ['score'],
  DefaultBinder: ['bind'],
  NodeDeclaredFeatures: ['preFilter', 'filter'],
}

const weights: Readonly<Record<string, number>> = {
  TaintToleration: 3,
  NodeAffinity: 2,
  NodeResourcesFit: 1,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  DynamicResources: 2,
  NodeResourcesBalancedAllocation: 1,
  ImageLocality: 1,
}

/** All of them, in the order in which they stand above. */
const defaults: PluginSet = {
  enabled: Object.keys(pluginPoints).map((name) => ({
    name,
    ...(weights[name] === undefined ? {} : { weight: weights[name] }),
  })),
}

export function mergePlugins(custom: Plugins = {}): Plugins {
  return Object.fromEntries(
    pluginSets.map((point) => [point, mergeSets(point === 'multiPoint' ? defaults : {}, custom[point] ?? {})]),
  )
}

function mergeSets(base: PluginSet, custom: PluginSet): PluginSet {
  const disabled = (custom.disabled ?? []).map(({ name }) => ({ name }))
  const isDisabled = new Set(disabled.map(({ name }) => name))
  const replaced = new Set<PluginEntry>()
  const enabled: PluginEntry[] = []
  for (const entry of isDisabled.has('*') ? [] : (base.enabled ?? [])) {
    if (isDisabled.has(entry.name)) continue
    // One that is named anew keeps its place.
    const anew = custom.enabled?.findLast(({ name }) => name === entry.name)
    if (anew !== undefined) replaced.add(anew)
    enabled.push(anew ?? entry)
  }
  for (const entry of custom.enabled ?? []) if (!replaced.has(entry)) enabled.push(entry)
  return { enabled, disabled }
}

/** The names at each extension point, in order, and the weights of those that score. */
export interface EnabledPlugins {
  readonly at: Readonly<Record<ExtensionPoint, readonly string[]>>
  readonly weights: ReadonlyMap<string, number>
}

/** @throws Error if there is no such plugin, or it cannot be where it is named */
export function enabledPlugins(plugins: Plugins): EnabledPlugins {
  const at = Object.fromEntries(extensionPoints.map((point) => [point, namesAt(point, plugins)]))
  const found = new Map<string, number>()
  for (const { name, weight = 0 } of [...(plugins.score?.enabled ?? []), ...(plugins.multiPoint?.enabled ?? [])]) {
    if (!found.has(name)) found.set(name, weight === 0 ? 1 : weight)
  }
  return { at: at as EnabledPlugins['at'], weights: found }
}

function namesAt(point: ExtensionPoint, plugins: Plugins): readonly string[] {
  const type = `${point[0]!.toUpperCase()}${point.slice(1)}Plugin`
  const own = new Set<string>()
  for (const { name } of plugins[point]?.enabled ?? []) {
    const points = pluginPoints[name]
    if (points === undefined) throw new Error(`${type} "${name}" does not exist`)
    if (!points.includes(point)) throw new Error(`plugin "${name}" does not extend ${type} plugin`)
    if (own.has(name)) throw new Error(`plugin "${name}" already registered as "${type}"`)
    own.add(name)
  }
  const disabled = new Set(plugins[point]?.disabled?.map(({ name }) => name))
  if (disabled.has('*')) return [...own]
  const overriding = new Set<string>()
  const general = new Set<string>()
  for (const { name } of plugins.multiPoint?.enabled ?? []) {
    const points = pluginPoints[name]
    if (points === undefined) throw new Error(`${type} "${name}" does not exist`)
    if (!points.includes(point) || disabled.has(name)) continue
    if (own.has(name)) overriding.add(name)
    else if (general.has(name)) throw new Error(`plugin "${name}" already registered as "${type}"`)
    else general.add(name)
  }
  const all = [...own]
  return [...all.filter((name) => overriding.has(name)), ...general, ...all.filter((name) => !overriding.has(name))]
}
