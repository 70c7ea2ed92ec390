// The owners of a scale are those of the number of replicas in what it scales.
// Source: k8s.io/apimachinery/pkg/util/managedfields, ScaleHandler (v1.36)
import { difference, has, isEmpty, setOf } from './field-set.ts'
import { managerId, type Manager, type Managers } from './managers.ts'
import { fieldElement, type PathElement } from './path-element.ts'

/** Where objects of a version have the number; undefined for a version that is not served. */
export type ReplicasPath = (apiVersion: string) => readonly PathElement[] | undefined

export const pathOfFields = (names: readonly string[]): PathElement[] => names.map(fieldElement)

const inScale = pathOfFields(['spec', 'replicas'])
export const scaleVersion = 'autoscaling/v1'

/** Whose replicas they are, as owners of the scale. */
export function scaleManagers(parent: Managers, pathIn: ReplicasPath): Managers {
  const result: Managers = new Map()
  for (const manager of parent.values()) {
    const path = pathIn(manager.apiVersion)
    if (path === undefined || !has(manager.set, path)) continue
    const scaler: Manager = { ...manager, apiVersion: scaleVersion, set: setOf(inScale) }
    result.set(managerId(scaler), scaler)
  }
  return result
}

/** The owners of the scaled object, once those of its scale are these. A new one of them has no time, as upstream. */
export function parentManagers(parent: Managers, scale: Managers, pathIn: ReplicasPath, apiVersion: string): Managers {
  const result: Managers = new Map()
  const added = new Map(scale)
  for (const [id, manager] of parent) {
    const path = pathIn(manager.apiVersion)
    if (path === undefined) continue
    if (!has(manager.set, path) || added.delete(id)) {
      result.set(id, manager)
      continue
    }
    const set = difference(manager.set, setOf(path))
    if (!isEmpty(set)) result.set(id, { ...manager, set })
  }
  const path = pathIn(apiVersion)
  for (const [id, manager] of added) {
    if (path === undefined || !has(manager.set, inScale)) continue
    result.set(id, { ...manager, apiVersion, set: setOf(path), time: parent.get(id)?.time })
  }
  return result
}
