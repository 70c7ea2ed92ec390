// Query parameters of resource requests: parsed as Go parses them, checked as the API server checks them.
// Source: apimachinery meta/v1, ListOptions, CreateOptions; meta/v1/validation; internalversion/validation (v1.36)
import { newBadRequest, newInvalid, StatusError } from '../apimachinery/errors.ts'
import { field, forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../apimachinery/field.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { isTrue } from '../apimachinery/request-info.ts'
import { validateDryRun } from '../registry/deletion.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
  readonly force: boolean
}

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  /** As sent; empty if absent. */
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  /** 0: no limit. */
  readonly limit: number
  readonly continueToken: string
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

const metaGroup = 'meta.k8s.io'
const maxFieldManagerBytes = 128

/** @throws StatusError 400 with Go's own text */
export function parseInteger(text: string): number {
  const refuse = (why: string) => newBadRequest(`strconv.ParseInt: parsing ${quote(text)}: ${why}`)
  if (!/^[+-]?\d+$/.test(text)) throw refuse('invalid syntax')
  if (!fitsInt64(BigInt(text.replace('+', '')))) throw refuse('value out of range')
  return Number(text)
}

function fitsInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

/** @throws StatusError 400, 422 */
export function parseWriteOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const force = query.get('force')
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (isApply && fieldManager === '') errors.push(required(field('fieldManager'), 'is required for apply patch'))
    if (!isApply && force !== null) errors.push(forbidden(field('force'), 'may not be specified for non-apply patch'))
  }
  errors.push(...validateFieldManager(fieldManager))
  errors.push(...validateDryRun(dryRun))
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    errors.push(notSupported(field('fieldValidation'), fieldValidation, ['', 'Ignore', 'Strict', 'Warn']))
  }
  if (errors.length > 0) throw newInvalid({ group: metaGroup, kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    force: isTrue(force),
  }
}

function validateFieldManager(manager: string): FieldError[] {
  // Nearly all: the characters of ASCII that can be seen.
  if (/^[ -~]{0,128}$/.test(manager)) return []
  const path = field('fieldManager')
  const errors: FieldError[] = []
  if (Buffer.byteLength(manager) > maxFieldManagerBytes) errors.push(tooLong(path, maxFieldManagerBytes))
  let position = 0
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${position})`))
    }
    position += Buffer.byteLength(character)
  }
  return errors
}

/** @throws StatusError 400, 422 */
export function parseListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const limit = query.get('limit')
  const timeoutSeconds = query.get('timeoutSeconds')
  const sendInitialEvents = query.get('sendInitialEvents')
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: limit === null ? 0 : Math.max(0, parseInteger(limit)),
    continueToken: query.get('continue') ?? '',
    timeoutSeconds: timeoutSeconds === null ? undefined : parseInteger(timeoutSeconds),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: sendInitialEvents === null ? undefined : isTrue(sendInitialEvents),
  }
  const errors = isWatch ? validateWatch(options) : validateList(options)
  if (errors.length > 0) throw newInvalid({ group: metaGroup, kind: 'ListOptions' }, '', errors)
  return options
}

function validateList(options: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const path = field('resourceVersionMatch')
  const match = options.resourceVersionMatch
  if (match !== '') {
    if (options.resourceVersion === '')
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (options.continueToken !== '')
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(path, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && options.resourceVersion === '0') {
      errors.push(forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden(field('sendInitialEvents'), 'sendInitialEvents is forbidden for list'))
  }
  return errors
}

function validateWatch(options: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const path = field('resourceVersionMatch')
  const match = options.resourceVersionMatch
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match !== '') {
    if (options.sendInitialEvents === undefined) {
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    }
    if (match !== 'NotOlderThan') errors.push(notSupported(path, match, ['NotOlderThan']))
  }
  if (options.continueToken !== '')
    errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
  return errors
}

/** A resourceVersion parameter; undefined if absent. @throws RangeError with Go's text */
export function parseRevision(text: string): number | undefined {
  if (text === '') return undefined
  const refuse = (why: string) =>
    new RangeError(`resourceVersion: Invalid value: ${quote(text)}: strconv.ParseUint: parsing ${quote(text)}: ${why}`)
  if (!/^\d+$/.test(text)) throw refuse('invalid syntax')
  if (BigInt(text) >= 2n ** 64n) throw refuse('value out of range')
  return Number(text)
}

/** A resourceVersion the server cannot read, as GET answers it: a 500 that carries no reason. */
export function unreadableRevision(error: RangeError): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    code: 500,
  })
}
