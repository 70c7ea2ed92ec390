// What is asked of the cluster IPs of services and of their families.
// Source: pkg/apis/core/validation, ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngradeClusterIPs (v1.36)
import type { ServiceSpec } from '../../../api/core.ts'
import type { FieldError } from '../../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required } from '../../../apimachinery/field.ts'
import { isIPv6, isValidIPForLegacyField, parseIP } from '../../../apimachinery/ip.ts'
import { isHeadless } from './types.ts'

const ipsPath = field('spec', 'clusterIPs')
const familiesPath = field('spec', 'ipFamilies')
const policyPath = field('spec', 'ipFamilyPolicy')

const families = ['IPv4', 'IPv6']
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** @param known addresses the service has already, which may be of an older form */
export function validateClusterIPs(spec: ServiceSpec, known: readonly string[] = []): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const errors: FieldError[] = []
  if (clusterIP === '') {
    if (clusterIPs.length > 0)
      errors.push(invalid(ipsPath, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  } else if (clusterIPs.length === 0) errors.push(required(ipsPath))
  else if (clusterIPs[0] !== clusterIP) errors.push(invalid(ipsPath, clusterIPs, 'first value must match `clusterIP`'))
  for (const [at, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(familiesPath.index(at), family, families))
    if (ipFamilies.indexOf(family) < at) errors.push(duplicate(familiesPath.index(at), family))
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(notSupported(policyPath, ipFamilyPolicy, policies))
  }
  const wrong: FieldError[] = []
  if (clusterIPs[0] === 'None' && clusterIPs.length > 1) {
    wrong.push(invalid(ipsPath, clusterIPs, "'None' must be the first and only value"))
  }
  for (const [at, ip] of clusterIPs.entries()) {
    if (at === 0 && ip === 'None') continue
    wrong.push(...isValidIPForLegacyField(ipsPath.index(at), ip, true, known))
  }
  errors.push(...wrong)
  if (clusterIPs.length > 2) errors.push(invalid(ipsPath, clusterIPs, 'may only hold up to 2 values'))
  if (wrong.length > 0) return errors
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < 2) {
    errors.push(invalid(ipsPath, clusterIPs, 'may specify no more than one IP for each IP family'))
  }
  if (isHeadless(spec)) return errors
  for (const [at, ip] of clusterIPs.entries()) {
    const family = ipFamilies[at]
    if (family === undefined || !families.includes(family) || familyOf(ip) === family) continue
    const article = family === 'IPv4' ? 'an IPv4' : 'an IPv6'
    errors.push(invalid(ipsPath.index(at), ip, `expected ${article} value as indicated by \`ipFamilies[${at}]\``))
  }
  return errors
}

export function familyOf(text: string): string {
  const ip = parseIP(text)
  return ip !== undefined && isIPv6(ip) ? 'IPv6' : 'IPv4'
}

const mayNotChange = 'may not change once set'

export function validateClusterIPChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName' || (isHeadless(old) && isHeadless(spec))) return []
  const { clusterIPs = [] } = spec
  const { clusterIPs: oldIPs = [] } = old
  const firstPath = ipsPath.index(0)
  const changed = invalid(firstPath, clusterIPs, mayNotChange)
  if (oldIPs.length === clusterIPs.length) {
    return oldIPs.flatMap((ip, at) =>
      ip === clusterIPs[at] ? [] : [invalid(ipsPath.index(at), clusterIPs, mayNotChange)],
    )
  }
  if (oldIPs.length < clusterIPs.length) return oldIPs.length > 0 && oldIPs[0] !== clusterIPs[0] ? [changed] : []
  const errors: FieldError[] = []
  if (clusterIPs.length === 0) errors.push(invalid(firstPath, null, 'primary clusterIP can not be unset'))
  else if (oldIPs[0] !== clusterIPs[0]) errors.push(changed)
  if (clusterIPs.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
    errors.push(invalid(policyPath, spec.ipFamilyPolicy, detail))
  }
  return errors
}

export function validateFamilyChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName' || isHeadless(old) || isHeadless(spec)) return []
  const { ipFamilies = [], clusterIPs = [] } = spec
  const { ipFamilies: oldFamilies = [] } = old
  const firstPath = familiesPath.index(0)
  if (oldFamilies.length === ipFamilies.length) {
    const changed = oldFamilies.filter((family, at) => family !== ipFamilies[at])
    return changed.map(() => invalid(firstPath, ipFamilies, mayNotChange))
  }
  const isFirstKept = ipFamilies.length === 0 || oldFamilies.length === 0 || ipFamilies[0] === oldFamilies[0]
  const errors = isFirstKept ? [] : [invalid(firstPath, clusterIPs, mayNotChange)]
  if (oldFamilies.length < ipFamilies.length) return errors
  if (clusterIPs.length === 0) errors.unshift(invalid(firstPath, ipFamilies, 'primary ipFamily can not be unset'))
  if (ipFamilies.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    errors.push(
      invalid(policyPath, spec.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily"),
    )
  }
  return errors
}
