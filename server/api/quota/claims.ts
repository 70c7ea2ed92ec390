// What PersistentVolumeClaims use of a quota, in all and of each storage class.
// Source: kubernetes pkg/quota/v1/evaluator/core, persistent_volume_claims (v1.36)
import { compareQuantities, parseQuantity, roundUpQuantity, type Quantity } from '../../apimachinery/quantity.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { PersistentVolumeClaim } from '../core.ts'
import { one } from './amounts.ts'
import type { Counting } from './evaluator.ts'
import { selectsName } from './scopes.ts'

type Claim = Frozen<PersistentVolumeClaim>

const names = ['persistentvolumeclaims', 'requests.storage']
const classSuffix = '.storageclass.storage.k8s.io/'

export const persistentVolumeClaims: Counting = {
  counts: (name) =>
    name === 'count/persistentvolumeclaims' ||
    names.includes(name) ||
    names.some((one) => name.endsWith(`${classSuffix}${one}`)),

  usage(object) {
    const claim = object as Claim
    const storage = requestedStorage(claim)
    const className = storageClassOf(claim)
    const own: Record<string, Quantity> = {
      persistentvolumeclaims: one,
      ...(storage === undefined ? {} : { 'requests.storage': storage }),
    }
    const usage: Record<string, Quantity> = { ...own, 'count/persistentvolumeclaims': one }
    if (className === '') return usage
    for (const [name, amount] of Object.entries(own)) usage[`${className}${classSuffix}${name}`] = amount
    return usage
  },

  isInScope(selector, object) {
    if (selector.scopeName !== 'VolumeAttributesClass') return false
    const { spec, status } = object as Claim
    const classes = [
      spec?.volumeAttributesClassName,
      status?.currentVolumeAttributesClassName,
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ].filter((name) => name !== undefined && name !== '')
    return classes.length === 0 ? selectsName(selector, '') : classes.some((name) => selectsName(selector, name!))
  },
}

function storageClassOf({ metadata, spec }: Claim): string {
  return metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? ''
}

/** What is asked for, or what is being made of it if that is more; in whole bytes. */
function requestedStorage({ spec, status }: Claim): Quantity | undefined {
  const asked = spec?.resources?.requests?.['storage']
  if (asked === undefined) return undefined
  const wanted = roundUpQuantity(parseQuantity(asked), 0)
  const allocated = status?.allocatedResources?.['storage']
  if (allocated === undefined || compareQuantities(parseQuantity(allocated), wanted) <= 0) return wanted
  return roundUpQuantity(parseQuantity(allocated), 0)
}
