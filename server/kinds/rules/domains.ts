// Names made of a domain: fully qualified ones, and paths behind a domain.
// Source: apimachinery/pkg/util/validation, IsFullyQualifiedName, IsFullyQualifiedDomainName, IsDomainPrefixedPath (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1123Label, isDNS1123Subdomain, regexError } from '../../apimachinery/formats.ts'

/** `policy.example.com`: three labels or more. */
export function validateFullyQualifiedName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  const problems = isDNS1123Subdomain(name)
  if (problems.length > 0) return [invalid(path, name, problems.join(','))]
  if (name.split('.').length >= 3) return []
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')]
}

/** `example.com`, or with its final dot: two labels or more. */
export function validateFullyQualifiedDomainName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  const problems = isDNS1123Subdomain(bare)
  if (problems.length > 0) return [invalid(path, bare, problems.join(','))]
  const labels = bare.split('.')
  if (labels.length < 2) {
    return [invalid(path, bare, 'should be a domain with at least two segments separated by dots')]
  }
  const wrong = labels.find((label) => isDNS1123Label(label).length > 0)
  return wrong === undefined ? [] : [invalid(path, wrong, isDNS1123Label(wrong).join(','))]
}

const httpPathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPath = new RegExp(`^${httpPathFormat}$`)

/** `example.com/controller` */
export function validateDomainPrefixedPath(value: string, path: FieldPath): FieldError[] {
  if (value === '') return [required(path)]
  const slash = value.indexOf('/')
  const host = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  if (slash <= 0 || rest === '') {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const errors = isDNS1123Subdomain(host).map((text) => invalid(path, host, text))
  if (!httpPath.test(rest)) errors.push(invalid(path, rest, regexError('Invalid path', httpPathFormat)))
  return errors
}
