// Address families of services on a server that has IPv4 alone, and the two members that hold their addresses.
// Source: pkg/registry/core/service/storage, initIPFamilyFields, normalizeClusterIPs, patchAllocatedValues (v1.36)
import type { ServiceSpec } from '../../../api/core.ts'
import type { FieldError } from '../../../apimachinery/field.ts'
import { field, invalid } from '../../../apimachinery/field.ts'
import type { Frozen } from '../../../apimachinery/types.ts'
import { familyOf, validateClusterIPs } from './cluster-ips.ts'
import { needsClusterIP } from './types.ts'

const headless = 'None'
const configuredFamily = 'IPv4'
const policyPath = field('spec', 'ipFamilyPolicy')

type Old = Frozen<ServiceSpec> | undefined

/** Clients that know only clusterIP change only that. */
export function normalizeClusterIPs(spec: ServiceSpec, old: Old): void {
  const { clusterIP = '' } = spec
  if (old === undefined) {
    if (clusterIP !== '' && isEmpty(spec.clusterIPs)) spec.clusterIPs = [clusterIP]
    return
  }
  if (!isEmpty(old.clusterIPs) && isEmpty(spec.clusterIPs) && (old.clusterIP ?? '') === clusterIP) {
    spec.clusterIPs = [...old.clusterIPs!]
  }
  if ((old.clusterIP ?? '') === clusterIP || !isSame(old.clusterIPs, spec.clusterIPs)) return
  if (clusterIP === '') delete spec.clusterIPs
  else spec.clusterIPs = [clusterIP]
}

/** Sets what follows from the rest. What is wrong already is told before anything is allocated, alone. */
export function initFamilies(spec: ServiceSpec, old: Old): FieldError[] {
  if (spec.type === 'ExternalName' || isUnchangedPreferDualStack(spec, old)) return []
  const isFree = spec.clusterIP === headless && Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isFree ? 'RequireDualStack' : 'SingleStack')
  const wrong = validateClusterIPs(spec, old?.clusterIPs)
  if (wrong.length > 0) return wrong
  const errors = old === undefined ? [] : release(spec, old)
  errors.push(...tooManyForOne(spec), ...inferFamilies(spec))
  if (errors.length > 0) return errors
  const policy = spec.ipFamilyPolicy
  if (isFree) {
    if (isEmpty(spec.ipFamilies)) spec.ipFamilies = [configuredFamily]
    if (spec.ipFamilies!.length < 2 && policy !== 'SingleStack') {
      spec.ipFamilies!.push(spec.ipFamilies![0] === 'IPv4' ? 'IPv6' : 'IPv4')
    }
    return []
  }
  if (policy === 'RequireDualStack') {
    errors.push(invalid(policyPath, policy, 'this cluster is not configured for dual-stack services'))
  }
  for (const [at, family] of (spec.ipFamilies ?? []).entries()) {
    if (family === configuredFamily) continue
    errors.push(invalid(field('spec', 'ipFamilies').index(at), family, 'not configured on this cluster'))
  }
  if (errors.length === 0 && isEmpty(spec.ipFamilies)) spec.ipFamilies = [configuredFamily]
  return errors
}

/** A service that takes a second family where there is one is not touched while it stays as it is. */
export function isUnchangedPreferDualStack(spec: ServiceSpec, old: Old): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    needsClusterIP(spec) &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy === undefined || old.ipFamilyPolicy === 'PreferDualStack') &&
    isSame(spec.clusterIPs, old.clusterIPs) &&
    isSame(spec.ipFamilies, old.ipFamilies)
  )
}

/** A second address or family goes with the policy alone, or by name with the policy too. */
function release(spec: ServiceSpec, old: Frozen<ServiceSpec>): FieldError[] {
  const { ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = [] } = spec
  if (policy === 'SingleStack') {
    if (isSame(old.clusterIPs, clusterIPs) && clusterIPs.length > 1) spec.clusterIPs = clusterIPs.slice(0, 1)
    if (isSame(old.ipFamilies, ipFamilies) && ipFamilies.length > 1) spec.ipFamilies = ipFamilies.slice(0, 1)
    return []
  }
  const errors: FieldError[] = []
  const isReduced = (now: readonly string[], before: readonly string[] = []): boolean =>
    now.length > 0 && now.length < before.length
  if (isReduced(clusterIPs, old.clusterIPs)) {
    errors.push(invalid(policyPath, policy, "must be 'SingleStack' to release the secondary cluster IP"))
  }
  if (isReduced(ipFamilies, old.ipFamilies)) {
    errors.push(invalid(policyPath, policy, "must be 'SingleStack' to release the secondary IP family"))
  }
  return errors
}

function tooManyForOne({ ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (policy !== 'SingleStack') return []
  const refuse = (what: string): FieldError =>
    invalid(policyPath, policy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`)
  return [
    ...(clusterIPs.length === 2 ? [refuse('cluster IPs')] : []),
    ...(ipFamilies.length === 2 ? [refuse('IP families')] : []),
  ]
}

function inferFamilies(spec: ServiceSpec): FieldError[] {
  const { clusterIPs = [] } = spec
  const errors: FieldError[] = []
  for (const [at, ip] of clusterIPs.entries()) {
    if (ip === headless) break
    if (at < (spec.ipFamilies ?? []).length) continue
    const family = familyOf(ip)
    if (family === configuredFamily) (spec.ipFamilies ??= []).push(family)
    else {
      const path = field('spec', 'clusterIPs').index(at)
      errors.push(invalid(path, clusterIPs, `${family} is not configured on this cluster`))
    }
  }
  return errors
}

function isEmpty(list: readonly string[] | undefined): boolean {
  return (list ?? []).length === 0
}

function isSame(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at])
}
