// Validation of certificate signing requests.
// Source: pkg/apis/certificates/validation, validateCertificateSigningRequest and its updates; pkg/apis/core/validation,
// ValidateSignerName (v1.36)
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/certificates.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, forbidden, invalid, notSupported, required, tooLong } from '../../apimachinery/field.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/validation.ts'
import { problemOfCertificates, problemOfRequest } from './pem.ts'

type Condition = CertificateSigningRequestCondition

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
const legacySigner = 'kubernetes.io/legacy-unknown'
const minExpirationSeconds = 600
/** Conditions that, once they are there, are true. */
const trueOnly = ['Approved', 'Denied', 'Failed']

export function validateRequest(object: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const path = field('spec')
  const spec = object.spec
  const used = spec?.usages ?? []
  const errors: FieldError[] = []
  const problem = problemOfRequest(spec?.request ?? '')
  if (problem !== undefined) errors.push(invalid(path.child('request'), spec?.request ?? null, problem))
  const usagesPath = path.child('usages')
  const oldUsages = old?.spec?.usages ?? []
  if (used.length === 0) errors.push(required(usagesPath))
  if (oldUsages.every((usage) => usages.includes(usage))) {
    for (const [at, usage] of used.entries()) {
      if (!usages.includes(usage)) errors.push(notSupported(usagesPath.index(at), usage, usages))
    }
  }
  if (new Set(oldUsages).size === oldUsages.length) {
    for (const [at, usage] of used.entries()) {
      if (used.indexOf(usage) < at) errors.push(duplicate(usagesPath.index(at), usage))
    }
  }
  const signerPath = path.child('signerName')
  const signer = spec?.signerName ?? ''
  if (signer === legacySigner && old?.spec?.signerName !== legacySigner) {
    errors.push(invalid(signerPath, signer, 'the legacy signerName is not allowed via this API version'))
  } else errors.push(...validateSignerName(signer, signerPath))
  const expiration = spec?.expirationSeconds
  if (expiration !== undefined && expiration < minExpirationSeconds) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)'
    errors.push(invalid(path.child('expirationSeconds'), expiration, detail))
  }
  errors.push(...validateConditions(conditionsOf(object), old === undefined ? [] : conditionsOf(old)))
  const certificate = object.status?.certificate ?? ''
  const oldCertificate = old?.status?.certificate ?? ''
  if (old === undefined || (certificate !== oldCertificate && problemOfCertificates(oldCertificate) === undefined)) {
    const certificateProblem = problemOfCertificates(certificate)
    if (certificateProblem !== undefined) {
      errors.push(invalid(field('status', 'certificate'), '<certificate data>', certificateProblem))
    }
  }
  return errors
}

export function conditionsOf({ status }: CertificateSigningRequest): readonly Condition[] {
  return status?.conditions ?? []
}

/** @param old conditions whose faults are forgiven */
function validateConditions(conditions: readonly Condition[], old: readonly Condition[]): FieldError[] {
  const path = field('status', 'conditions')
  const errors: FieldError[] = []
  const typesOf = (list: readonly Condition[]): string[] => list.map(({ type }) => type ?? '')
  const oldTypes = typesOf(old)
  const hadBoth = oldTypes.includes('Approved') && oldTypes.includes('Denied')
  const hadDuplicates = new Set(oldTypes).size < oldTypes.length
  const types = typesOf(conditions)
  for (const [at, { type = '', status = '' }] of (conditions as readonly Partial<Condition>[]).entries()) {
    const here = path.index(at)
    if (type === '' && !oldTypes.includes('')) errors.push(required(here.child('type')))
    const allowed = trueOnly.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(here.child('status')))
    else if (!allowed.includes(status)) errors.push(notSupported(here.child('status'), status, allowed))
    const before = types.slice(0, at)
    const isOpposed =
      (type === 'Approved' && before.includes('Denied')) || (type === 'Denied' && before.includes('Approved'))
    if (isOpposed && !hadBoth) {
      errors.push(invalid(path, type, 'Approved and Denied conditions are mutually exclusive'))
    }
    if (before.includes(type) && !hadDuplicates) errors.push(duplicate(here.child('type'), type))
  }
  return errors
}

export interface UpdateOptions {
  /** Only through the approval subresource. */
  readonly approval?: boolean
  /** Only through the status subresource. */
  readonly certificate?: boolean
}

export function validateRequestUpdate(
  object: CertificateSigningRequest,
  old: CertificateSigningRequest,
  options: UpdateOptions = {},
): FieldError[] {
  const errors = validateRequest(object, old)
  const path = field('status', 'conditions')
  const ofType = (request: CertificateSigningRequest, type: string): readonly Condition[] =>
    conditionsOf(request).filter((condition) => condition.type === type)
  for (const type of trueOnly) {
    if (ofType(object, type).length < ofType(old, type).length) {
      errors.push(forbidden(path, `updates may not remove a condition of type ${JSON.stringify(type)}`))
    }
  }
  if (options.approval !== true) {
    for (const type of ['Approved', 'Denied']) {
      const now = ofType(object, type)
      const before = ofType(old, type)
      if (now.length > before.length) {
        errors.push(forbidden(path, `updates may not add a condition of type ${JSON.stringify(type)}`))
      } else if (now.length === before.length && !semanticEqual(now, before)) {
        errors.push(forbidden(path, `updates may not modify a condition of type ${JSON.stringify(type)}`))
      }
    }
  }
  const certificatePath = field('status', 'certificate')
  const oldCertificate = old.status?.certificate ?? ''
  if ((object.status?.certificate ?? '') !== oldCertificate) {
    if (options.certificate !== true) errors.push(forbidden(certificatePath, 'updates may not set certificate content'))
    else if (oldCertificate !== '') {
      errors.push(forbidden(certificatePath, 'updates may not modify existing certificate content'))
    }
  }
  return errors
}

const domainMaxLength = 253
/** A label, a dot and a subdomain. */
const pathMaxLength = 253 + 63 + 1

/** `example.com/signer-name` */
function validateSignerName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  const [domain = '', rest, ...more] = name.split('/')
  if (rest === undefined || more.length > 0) {
    return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  }
  const errors = domain.length > domainMaxLength ? [tooLong(path, domainMaxLength)] : []
  errors.push(...validateLabels(domain, isDNS1123Label, path))
  if (!domain.includes('.'))
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'))
  errors.push(...validateLabels(rest, isDNS1123Subdomain, path))
  return rest.length > pathMaxLength ? [...errors, tooLong(path, pathMaxLength)] : errors
}

/** The problems of the first label that has any. */
function validateLabels(text: string, problems: (label: string) => string[], path: FieldPath): FieldError[] {
  const wrong = text.split('.').find((label) => problems(label).length > 0)
  if (wrong === undefined) return []
  return problems(wrong).map((problem) => invalid(path, text, `validating label ${JSON.stringify(wrong)}: ${problem}`))
}
