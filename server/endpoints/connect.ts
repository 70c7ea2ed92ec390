// Logs, exec, attach, port-forward and proxy of pods, as far as the API server answers them itself: what it refuses, and
// the logs of a pod without a node. Whatever a node would have to answer is refused too: none answers yet.
// Source: pkg/registry/core/pod, LogLocation, streamLocation, PortForwardLocation, ResourceLocation (v1.36)
import type { Endpoints, Pod, Service } from '../api/core.ts'
import {
  newBadRequest,
  newInvalid,
  newNotFound,
  newNotImplemented,
  newServiceUnavailable,
} from '../apimachinery/errors.ts'
import { field, forbidden, invalid, type FieldError } from '../apimachinery/field.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { parseIP } from '../apimachinery/ip.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { canonicalTime, TimeError } from '../../openapi/time.ts'
import type { Answer, Api, Scope } from './api.ts'
import { parseInteger } from './options.ts'

/** Subresources that reach into a node. */
export const connectSubresources: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** @throws StatusError 400, 404, 422; 501 where a node would have to answer */
export function connect(api: Pick<Api, 'resources'>, scope: Scope): Answer {
  const { subresource, resource, query } = scope
  if (subresource === 'log') checkLogOptions(scope)
  if (resource.facts.kind === 'Pod') {
    const pod = resource.store!.get(scope.namespace, nameOf(scope)).object as unknown as Frozen<Pod>
    if (subresource === 'proxy') checkAddress(pod)
    else {
      if (subresource !== 'portforward') checkContainer(pod, query.get('container') ?? '')
      if (subresource === 'portforward') checkPorts(query)
      const isAssigned = (pod.spec?.nodeName ?? '') !== ''
      if (!isAssigned && subresource === 'log') return { type: 'empty' }
      if (!isAssigned) throw newBadRequest(`pod ${scope.name} does not have a host assigned`)
      checkNode(api, pod.spec!.nodeName!)
    }
  } else if (resource.facts.kind === 'Service') checkEndpoints(api, scope)
  else resource.store!.get(scope.namespace, nameOf(scope))
  throw newNotImplemented(`the subresource "${subresource}" is not served by this server yet`)
}

/** Upstream looks for the node as for a pod, and says so. @throws StatusError 404 */
function checkNode({ resources }: Pick<Api, 'resources'>, name: string): void {
  if (resources.get('', 'v1', 'nodes')!.store!.find('', name) === undefined)
    throw newNotFound({ group: '', resource: 'pods' }, name)
}

/** A proxied name may have a scheme and a port with it: `https:web:8443`. */
function nameOf({ name, subresource, resource }: Scope): string {
  return subresource === 'proxy' ? splitName(name, resource.facts.singular).name : name
}

/** Source: apimachinery/pkg/util/net, SplitSchemeNamePort. @throws StatusError 400 */
function splitName(text: string, singular: string): { name: string; port: string } {
  const parts = text.split(':')
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts]
  if (parts.length > 3 || !['', 'http', 'https'].includes(scheme!) || name === '')
    throw newBadRequest(`invalid ${singular} request ${quote(text)}`)
  return { name: name!, port: port ?? '' }
}

/** A service is reached by its Endpoints alone. @throws StatusError 400, 404, 503 */
function checkEndpoints({ resources }: Pick<Api, 'resources'>, { name: text, namespace, resource }: Scope): void {
  const { name, port } = splitName(text, resource.facts.singular)
  let portName = port
  if (/^[+-]?\d+$/.test(port)) {
    const { spec } = resource.store!.get(namespace, name).object as unknown as Frozen<Service>
    const found = spec?.ports?.find((one) => one.port === Number(port))
    if (found === undefined)
      throw newServiceUnavailable(`no service port ${Number(port)} found for service ${quote(name)}`)
    portName = found.name ?? ''
  }
  const store = resources.get('', 'v1', 'endpoints')!.store!
  const { subsets } = store.get(namespace, name, { group: '', resource: 'services' })
    .object as unknown as Frozen<Endpoints>
  const isServed = (subsets ?? []).some(
    ({ addresses = [], ports = [] }) => addresses.length > 0 && ports.some((one) => (one.name ?? '') === portName),
  )
  if (!isServed) throw newServiceUnavailable(`no endpoints available for service ${quote(name)}`)
}

/** @throws StatusError 400 */
function checkPorts(query: URLSearchParams): void {
  for (const port of query.getAll('ports').flatMap((text) => text.split(','))) {
    if (!/^\d+$/.test(port))
      throw newBadRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${quote(port)}: invalid syntax`)
  }
}

function checkAddress({ status }: Frozen<Pod>): void {
  if (parseIP(status?.podIP ?? '') === undefined) throw newBadRequest('address not allowed')
}

function checkContainer({ metadata, spec }: Frozen<Pod>, container: string): void {
  const pod = metadata?.name ?? ''
  const names = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ].map(({ name }) => name)
  if (container !== '') {
    if (!names.includes(container)) throw newBadRequest(`container ${container} is not valid for pod ${pod}`)
  } else if ((spec?.containers ?? []).length !== 1) {
    throw newBadRequest(`a container name must be specified for pod ${pod}, choose one of: [${names.join(' ')}]`)
  }
}

/** Source: pkg/apis/core/validation, ValidatePodLogOptions (v1.36) */
function checkLogOptions({ query, name }: Scope): void {
  const number = (option: string): number | undefined => {
    const text = query.get(option)
    return text === null ? undefined : parseInteger(text)
  }
  const sinceTime = query.get('sinceTime')
  if (sinceTime !== null) checkTime(sinceTime)
  const tailLines = number('tailLines')
  const limitBytes = number('limitBytes')
  const sinceSeconds = number('sinceSeconds')
  const errors: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0)
    errors.push(invalid(field('tailLines'), tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1)
    errors.push(invalid(field('limitBytes'), limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && query.has('sinceTime')) {
    errors.push(forbidden(field(''), 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid(field('sinceSeconds'), sinceSeconds, 'must be greater than 0'))
  }
  // Which stream one cannot choose yet. Source: KEP-3288, in alpha
  if (query.has('stream')) errors.push(forbidden(field('stream'), 'may not be specified'))
  if (errors.length > 0) throw newInvalid({ group: '', kind: 'PodLogOptions' }, name, errors)
}

/** @throws StatusError 400 in Go's words */
function checkTime(text: string): void {
  try {
    canonicalTime(text)
  } catch (error) {
    throw error instanceof TimeError ? newBadRequest(error.message) : error
  }
}
