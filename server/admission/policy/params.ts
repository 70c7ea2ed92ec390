// The objects that parametrise a policy: those a binding refers to.
// Source: apiserver/pkg/admission/plugin/policy/generic, CollectParams (v1.36)
import { resources } from '../../../openapi/index.ts'
import type { ParamKind, ParamRef } from '../../api/admissionregistration.ts'
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../apimachinery/selectors.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { AdmissionReader } from '../plugin.ts'

/** A policy or a binding that cannot be used; failurePolicy decides what that means. */
export class ConfigurationError extends Error {}

interface ParamResource {
  /** As the reader takes it. */
  readonly name: string
  readonly namespaced: boolean
}

/**
 * One for each run of the policy; undefined stands for a run without.
 * @throws ConfigurationError
 */
export function collectParams(
  kind: Frozen<ParamKind> | undefined,
  reference: Frozen<ParamRef> | undefined,
  namespace: string,
  reader: AdmissionReader,
): readonly (Frozen<AnyObject> | undefined)[] {
  if (kind === undefined) return [undefined]
  const resource = findResource(kind, reader)
  if (reference === undefined) return [undefined]
  if (resource === undefined) {
    throw new ConfigurationError(`paramKind kind \`${kind.apiVersion}, Kind=${kind.kind}\` not known`)
  }
  if (!resource.namespaced && reference.namespace) {
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  }
  const home = resource.namespaced ? reference.namespace || namespace : undefined
  if (home === '') {
    const why = 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
    throw new ConfigurationError(why)
  }
  const found = findParams(resource.name, home, reference, reader)
  if (found.length === 0 && reference.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return found
}

function findParams(
  resource: string,
  namespace: string | undefined,
  { name, selector }: Frozen<ParamRef>,
  reader: AdmissionReader,
): readonly Frozen<AnyObject>[] {
  if (name) {
    const found = reader.get(resource, namespace, name)
    return found === undefined ? [] : [found]
  }
  const wanted = labelSelectorAsSelector(selector as LabelSelectorLike | undefined)
  return reader.list(resource, namespace).filter(({ metadata }) => wanted.matches(metadata?.labels))
}

function findResource(
  { apiVersion = '', kind = '' }: Frozen<ParamKind>,
  reader: AdmissionReader,
): ParamResource | undefined {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  const facts = resources.find((one) => one.group === group && one.version === version && one.kind === kind)
  if (facts !== undefined) {
    return { name: group === '' ? facts.resource : `${facts.resource}.${group}`, namespaced: facts.namespaced }
  }
  for (const definition of reader.list('customresourcedefinitions.apiextensions.k8s.io')) {
    const spec = definition['spec'] as { group: string; scope: string; names: { kind: string; plural: string } }
    if (spec.group !== group || spec.names.kind !== kind) continue
    return { name: `${spec.names.plural}.${group}`, namespaced: spec.scope === 'Namespaced' }
  }
  return undefined
}
