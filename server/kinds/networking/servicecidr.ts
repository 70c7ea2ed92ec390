// ServiceCIDR of networking.k8s.io/v1.
// Source: pkg/apis/networking/validation, ValidateServiceCIDR; pkg/registry/networking/servicecidr;
// pkg/printers/internalversion, printServiceCIDR (v1.36)
import type { ServiceCIDR } from '../../api/networking.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { isIPv6, isValidCIDR, parseCIDR } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { goValue } from '../rules/go-value.ts'

export const serviceCIDR = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  strategy: { validate, validateUpdate, validateUpdateOnly: true },
  cells: { CIDRs: ({ spec }) => (spec?.cidrs ?? []).join(',') },
})

const immutable = 'field is immutable'

function validate({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? []
  const path = field('spec', 'cidrs')
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(path, goValue({ CIDRs: cidrs }), 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, at) => isValidCIDR(path.index(at), cidr))
  const [first, second] = cidrs.map(familyOf)
  if (cidrs.length === 2 && first === second && first !== undefined) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    errors.push(invalid(path, cidrs, detail))
  }
  return errors
}

function familyOf(cidr: string): 4 | 6 | undefined {
  const parsed = parseCIDR(cidr)
  if (parsed === undefined) return undefined
  return isIPv6(parsed.network) ? 6 : 4
}

/** A block of the other family may be added; nothing else may change. */
function validateUpdate(object: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const cidrs = object.spec?.cidrs ?? []
  const oldCIDRs = old.spec?.cidrs ?? []
  const path = field('spec', 'cidrs')
  const isGrown = oldCIDRs.length === 1 && cidrs.length === 2
  if (!isGrown && cidrs.length !== oldCIDRs.length) return [invalid(path, object.spec?.cidrs ?? null, immutable)]
  const errors = oldCIDRs.flatMap((cidr, at) =>
    cidr === cidrs[at] ? [] : [invalid(path.index(at), cidrs[at], immutable)],
  )
  return isGrown ? [...errors, ...validate(object)] : errors
}
