// Where a webhook is called: a URL, or a service of the cluster.
// Source: apiserver/pkg/util/webhook, ValidateWebhookURL, ValidateWebhookService (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1123Subdomain, isValidPortNum } from '../../apimachinery/formats.ts'

const form = '; desired format: https://host[/path]'

/** What Go's net/url makes of a URL, as far as the rules need it. */
const urlSyntax = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

export function validateWebhookURL(url: string, path: FieldPath): FieldError[] {
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = urlSyntax.exec(url) ?? []
  const errors: FieldError[] = []
  if (scheme.toLowerCase() !== 'https') {
    errors.push(invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`))
  }
  if (host === '') errors.push(invalid(path, host, `host must be specified${form}`))
  if (user !== undefined) errors.push(invalid(path, user, 'user information is not permitted in the URL'))
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'))
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'))
  return errors
}

interface ServiceReference {
  readonly namespace?: string
  readonly name?: string
  readonly path?: string
  readonly port?: number
}

export function validateWebhookService(service: ServiceReference, path: FieldPath): FieldError[] {
  const { namespace = '', name = '', path: urlPath = '', port = 0 } = service
  const errors: FieldError[] = []
  // Upstream hands over both in the wrong order, so a missing one is reported under the name of the other.
  if (namespace === '') errors.push(required(path.child('name')))
  if (name === '') errors.push(required(path.child('namespace')))
  const portProblems = isValidPortNum(port)
  if (portProblems.length > 0) {
    errors.push(invalid(path.child('port'), port, `port is not valid: ${portProblems.join(', ')}`))
  }
  if (urlPath === '' || urlPath === '/') return errors
  const here = path.child('path')
  if (urlPath === '//') return [...errors, invalid(here, urlPath, 'segment[0] may not be empty')]
  if (!urlPath.startsWith('/')) errors.push(invalid(here, urlPath, "must start with a '/'"))
  const steps = urlPath.slice(1).replace(/\/$/, '').split('/')
  for (const [at, step] of steps.entries()) {
    if (step === '') errors.push(invalid(here, urlPath, `segment[${at}] may not be empty`))
    else errors.push(...isDNS1123Subdomain(step).map((text) => invalid(here, urlPath, `segment[${at}]: ${text}`)))
  }
  return errors
}
