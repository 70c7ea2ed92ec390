// IPAddress of networking.k8s.io/v1.
// Source: pkg/apis/networking/validation, ValidateIPAddress; pkg/registry/networking/ipaddress;
// pkg/printers/internalversion, printIPAddress (v1.36)
import type { IPAddress } from '../../api/networking.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import {
  isDNS1123Subdomain,
  isPathSegmentName,
  isValidIP,
  validateImmutableField,
} from '../../apimachinery/validation.ts'
import { translateTimestampSince } from '../../registry/age.ts'
import { defineKind } from '../../registry/kind.ts'
import { goValue } from '../rules/go-value.ts'

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  validateName,
  // Nothing can be added to an address.
  generateName: (base) => base,
  strategy: { validate, validateUpdate },
  cells: { ParentRef: printParent },
  // Upstream prints the age, but forgot its column.
  surplusCells: [({ metadata }, now) => translateTimestampSince(metadata?.creationTimestamp, now)],
})

/** The name is the address, in its canonical spelling. */
function validateName(name: string): string[] {
  return isValidIP(field(), name).map(({ message }) => message.slice(`Invalid value: ${JSON.stringify(name)}: `.length))
}

function validate({ spec }: IPAddress): FieldError[] {
  const path = field('spec', 'parentRef')
  if (spec?.parentRef === undefined) return [required(path)]
  const { group = '', resource = '', name = '', namespace = '' } = spec.parentRef as Partial<typeof spec.parentRef>
  const errors = group === '' ? [] : isDNS1123Subdomain(group).map((text) => invalid(path.child('group'), group, text))
  for (const [member, value] of Object.entries({ resource, name, namespace })) {
    if (value !== '') errors.push(...isPathSegmentName(value).map((text) => invalid(path.child(member), value, text)))
    else if (member !== 'namespace') errors.push(required(path.child(member)))
  }
  return errors
}

function validateUpdate(object: IPAddress, old: IPAddress): FieldError[] {
  const path = field('spec', 'parentRef')
  if (validateImmutableField(object.spec?.parentRef, old.spec?.parentRef, path).length === 0) return []
  const parent = object.spec?.parentRef
  const printed = {
    Group: parent?.group ?? '',
    Resource: parent?.resource ?? '',
    Namespace: parent?.namespace ?? '',
    Name: parent?.name ?? '',
  }
  return [invalid(path, parent === undefined ? null : goValue(printed), 'field is immutable')]
}

/** `services/default/kubernetes` */
function printParent({ spec }: IPAddress): string {
  if (spec?.parentRef === undefined) return '<none>'
  const { group, resource, namespace, name } = spec.parentRef
  const prefix = `${resource}${group ? `.${group}` : ''}`.toLowerCase()
  return [prefix, ...(namespace ? [namespace] : []), name].join('/')
}
