// Logs, exec, attach, port-forward and proxy of pods, as far as the API server answers them itself: what it refuses, and
// the logs of a pod without a node. Whatever a node would have to answer is refused too: none answers yet.
// Source: pkg/registry/core/pod, LogLocation, streamLocation, PortForwardLocation, ResourceLocation (v1.36)
import type { Pod } from '../api/core.ts'
import { newBadRequest, newInvalid, newNotImplemented } from '../apimachinery/errors.ts'
import { field, forbidden, invalid, type FieldError } from '../apimachinery/field.ts'
import { parseIP } from '../apimachinery/ip.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { Answer, Scope } from './api.ts'

/** Subresources that reach into a node. */
export const connectSubresources: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** @throws StatusError 400, 404, 422; 501 where a node would have to answer */
export function connect(scope: Scope): Answer {
  const { subresource, resource, query } = scope
  if (subresource === 'log') checkLogOptions(scope)
  if (resource.facts.kind === 'Pod') {
    const pod = resource.store!.get(scope.namespace, nameOf(scope)).object as unknown as Frozen<Pod>
    if (subresource === 'proxy') checkAddress(pod)
    else {
      if (subresource !== 'portforward') checkContainer(pod, query.get('container') ?? '')
      const isAssigned = (pod.spec?.nodeName ?? '') !== ''
      if (!isAssigned && subresource === 'log') return { type: 'empty' }
      if (!isAssigned) throw newBadRequest(`pod ${scope.name} does not have a host assigned`)
    }
  } else resource.store!.get(scope.namespace, nameOf(scope))
  throw newNotImplemented(`the subresource "${subresource}" is not served by this server yet`)
}

/** A proxied name may have a scheme and a port with it: `https:web:8443`. */
function nameOf({ name, subresource }: Scope): string {
  if (subresource !== 'proxy' || !name.includes(':')) return name
  const parts = name.split(':')
  return parts.length === 3 ? parts[1]! : parts[0]!
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
    return text === null || !/^[-+]?\d+$/.test(text) ? undefined : Number(text)
  }
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
  if (errors.length > 0) throw newInvalid({ group: '', kind: 'PodLogOptions' }, name, errors)
}
