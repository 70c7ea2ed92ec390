// What ResourceClaims use of a quota: devices by class, in the worst case.
// Left out: extended resources that stand for device classes.
// Source: kubernetes pkg/quota/v1/evaluator/core, resource_claims (v1.36)
import { newQuantity } from '../../apimachinery/quantity.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { ResourceClaim } from '../resource.ts'
import { one, sum, type Amounts } from './amounts.ts'
import type { Counting } from './evaluator.ts'

const COUNT = 'count/resourceclaims.resource.k8s.io'
const classSuffix = '.deviceclass.resource.k8s.io/devices'
/** Devices a claim can get at most: as many as it gets when it asks for all. */
const MOST_DEVICES = 32

export const resourceClaims: Counting = {
  counts: (name) => name === COUNT || name.endsWith(classSuffix),

  usage(object) {
    const { spec } = object as Frozen<ResourceClaim>
    let usage: Amounts = { [COUNT]: one }
    for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
      const most = new Map<string, number>()
      for (const { deviceClassName, allocationMode, count } of exactly === undefined ? firstAvailable : [exactly]) {
        const devices = allocationMode === 'All' ? MOST_DEVICES : (count ?? 0)
        most.set(deviceClassName, Math.max(devices, most.get(deviceClassName) ?? 0))
      }
      for (const [name, devices] of most) usage = sum(usage, { [name + classSuffix]: newQuantity(devices) })
    }
    return usage
  },
}
