// How a plugin says no.
// Source: staging/src/k8s.io/apiserver/pkg/admission, NewForbidden (v1.36)
import { StatusError, newForbidden } from '../apimachinery/errors.ts'
import type { StatusCause } from '../apimachinery/types.ts'
import type { Attributes } from './plugin.ts'

/** 403 that names the object: by its name, else by its generateName. */
export function forbiddenBy(attributes: Attributes, why: string, causes?: StatusCause[]): StatusError {
  const { group, resource, object } = attributes
  const name = attributes.name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
  const error = newForbidden({ group, resource }, name, why)
  if (causes === undefined) return error
  return new StatusError({ ...error.status, details: { ...error.status.details, causes } })
}

/** Whether the request is for this resource itself, not for one of its subresources. */
export function isFor(attributes: Attributes, group: string, resource: string): boolean {
  return attributes.resource === resource && attributes.group === group && attributes.subresource === ''
}
