// Status errors: any layer throws one, only http/filters/errors.ts turns it into bytes.
// Source: staging/src/k8s.io/apimachinery/pkg/api/errors (v1.36)
import type { FieldError } from './field.ts'
import { quote } from './go-quote.ts'
import type { Status, StatusCause, StatusDetails } from './types.ts'

/** A resource as errors name it: `deployments.apps`, or `pods` in the core group. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: Status
  constructor(status: Status, options?: ErrorOptions) {
    super(status.message, options)
    this.status = status
  }

  get code(): number {
    return this.status.code ?? 500
  }

  get reason(): string | undefined {
    return this.status.reason
  }
}

function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  if (details !== undefined) {
    const { code: last, ...rest } = status
    return new StatusError({ ...rest, details, code: last! })
  }
  return new StatusError(status)
}

function detailsOf(resource: GroupResource, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.resource === '' ? {} : { kind: resource.resource }),
    ...more,
  }
}

/** `deployments.apps` */
export function printGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

function printGroupKind({ group, kind }: GroupKind): string {
  return group === '' ? kind : `${kind}.${group}`
}

export function newNotFound(resource: GroupResource, name: string): StatusError {
  return failure(404, 'NotFound', `${printGroupResource(resource)} ${quote(name)} not found`, detailsOf(resource, name))
}

export function newAlreadyExists(resource: GroupResource, name: string, isBeingDeleted = false): StatusError {
  const leaving = isBeingDeleted ? 'object is being deleted: ' : ''
  const message = `${leaving}${printGroupResource(resource)} ${quote(name)} already exists`
  return failure(409, 'AlreadyExists', message, detailsOf(resource, name))
}

/** Of an object with a prefix for its name, wherever the name came from. */
export function newGenerateNameConflict(resource: GroupResource, name: string): StatusError {
  const what = `${printGroupResource(resource)} ${quote(name)} already exists`
  const message = `${what}, the server was not able to generate a unique name for the object`
  return failure(409, 'AlreadyExists', message, detailsOf(resource, name, { retryAfterSeconds: 1 }))
}

export function newConflict(resource: GroupResource, name: string, why: string, causes?: StatusCause[]): StatusError {
  const message = `Operation cannot be fulfilled on ${printGroupResource(resource)} ${quote(name)}: ${why}`
  return failure(409, 'Conflict', message, detailsOf(resource, name, causes === undefined ? {} : { causes }))
}

/** 409 of a server-side apply, which names no resource. */
export function newApplyConflict(message: string, causes: StatusCause[]): StatusError {
  return failure(409, 'Conflict', message, { causes })
}

/** 422, with one cause per field error and the field errors joined in the message. */
export function newInvalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const printed = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const list = printed.length === 1 ? printed[0]! : `[${printed.join(', ')}]`
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }))
  return failure(422, 'Invalid', `${printGroupKind(kind)} ${quote(name)} is invalid: ${list}`, {
    ...detailsOf({ group: kind.group, resource: kind.kind }, name),
    causes,
  })
}

export function newBadRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message)
}

/** @param cause why, in a sentence that only a TokenReview tells */
export function newUnauthorized(cause?: Error): StatusError {
  const { status } = failure(401, 'Unauthorized', 'Unauthorized')
  return new StatusError(status, cause === undefined ? {} : { cause })
}

export function newForbidden(resource: GroupResource, name: string, why: string): StatusError {
  const subject = name === '' ? printGroupResource(resource) : `${printGroupResource(resource)} ${quote(name)}`
  const message = resource.resource === '' ? `forbidden: ${why}` : `${subject} is forbidden: ${why}`
  return failure(403, 'Forbidden', message, detailsOf(resource, name))
}

/** 403 with a text of its own: the answers of authorization. */
export function newForbiddenMessage(message: string, details: StatusDetails = {}): StatusError {
  return failure(403, 'Forbidden', message, details)
}

export function newMethodNotSupported(resource: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind "${printGroupResource(resource)}"`
  return failure(405, 'MethodNotAllowed', message, detailsOf(resource, ''))
}

/** 405 for a path that exists, but not with this method; the API server's own text. */
export function newMethodNotAllowed(): StatusError {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

/** 501: what a real server does, and this one does not yet. */
export function newNotImplemented(message: string): StatusError {
  return failure(501, 'NotImplemented', message)
}

/** 404 for a path no handler knows; the API server's own text. */
export function newPathNotFound(): StatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function newNotAcceptable(message: string, details?: StatusDetails): StatusError {
  return failure(406, 'NotAcceptable', message, details)
}

export function newUnsupportedMediaType(message: string, details?: StatusDetails): StatusError {
  return failure(415, 'UnsupportedMediaType', message, details)
}

/** 410 Expired: the resourceVersion or continue token is too old. */
export function newResourceExpired(message: string): StatusError {
  return failure(410, 'Expired', message)
}

export function newTooManyRequests(message: string, retryAfterSeconds?: number, causes?: StatusCause[]): StatusError {
  return failure(429, 'TooManyRequests', message, {
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

export function newTooLargeResourceVersion(requested: number, current: number): StatusError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

export function newRequestEntityTooLarge(message: string): StatusError {
  return failure(413, 'RequestEntityTooLarge', message)
}

export function newServiceUnavailable(message: string): StatusError {
  return failure(503, 'ServiceUnavailable', message)
}

export function newInternalError(cause: unknown): StatusError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

/** 500 without a reason: an error of Go's that nobody dressed. */
export function newPlainError(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/** A Success Status: the answer to most deletions. */
export function successStatus(details?: StatusDetails): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'NotFound'
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'AlreadyExists'
}

export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'Conflict'
}
