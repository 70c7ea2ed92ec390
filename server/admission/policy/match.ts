// Which requests a policy or a binding is about.
// Source: apiserver/pkg/admission/plugin/policy/matching, Matches; apiserver/pkg/admission/plugin/webhook/predicates/rules,
// Matcher (v1.36). A rule is not tried with a resource's other versions (matchPolicy Equivalent).
import type { MatchResources, NamedRuleWithOperations } from '../../api/admissionregistration.ts'
import { labelSelectorAsSelector, type LabelSelectorLike, type Selector } from '../../apimachinery/selectors.ts'
import type { Frozen, KubeObject } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'

export function matchesResources(
  match: Frozen<MatchResources> | undefined,
  attributes: Attributes,
  reader: AdmissionReader,
): boolean {
  if (match === undefined) return true
  const { resourceRules = [], excludeResourceRules = [] } = match
  const fits = (rule: Frozen<NamedRuleWithOperations>): boolean => matchesRule(rule, attributes)
  return (
    matchesNamespace(match.namespaceSelector, attributes, reader) &&
    matchesObject(match.objectSelector, attributes) &&
    !excludeResourceRules.some(fits) &&
    (resourceRules.length === 0 || resourceRules.some(fits))
  )
}

function matchesRule(rule: Frozen<NamedRuleWithOperations>, attributes: Attributes): boolean {
  const { operation, group, version, resource, subresource, name } = attributes
  const has = (values: readonly string[] | undefined, wanted: string): boolean =>
    values?.some((value) => value === '*' || value === wanted) === true
  return (
    matchesScope(rule.scope, attributes) &&
    has(rule.operations, operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((one) => matchesResource(one, resource, subresource)) &&
    ((rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(name))
  )
}

/** `pods`, `pods/status`, `*`, a star and a subresource, or two stars. */
function matchesResource(rule: string, resource: string, subresource: string): boolean {
  const [ruled = '', sub = ''] = rule.split('/')
  return (ruled === '*' || ruled === resource) && (sub === '*' || sub === subresource)
}

function matchesScope(scope: string | undefined, { namespace, group, resource }: Attributes): boolean {
  const isCluster = namespace === '' || (group === '' && resource === 'namespaces')
  if (scope === 'Namespaced') return !isCluster
  return scope === 'Cluster' ? isCluster : true
}

type Labels = Readonly<Record<string, string>> | undefined

/** By the selector of the stored policy or binding: a change makes another. */
const compiledSelectors = new WeakMap<Frozen<LabelSelectorLike>, Selector>()

function selects(selector: Frozen<LabelSelectorLike> | undefined, labels: Labels): boolean {
  if (selector === undefined) return true
  let compiled = compiledSelectors.get(selector)
  if (compiled === undefined)
    compiledSelectors.set(selector, (compiled = labelSelectorAsSelector(selector as LabelSelectorLike)))
  return compiled.matches(labels)
}

/** A namespace is judged by its own labels; what is in none is always meant. */
function matchesNamespace(
  selector: Frozen<LabelSelectorLike> | undefined,
  attributes: Attributes,
  reader: AdmissionReader,
): boolean {
  const { group, resource, subresource, operation, namespace, name, object } = attributes
  const isNamespace = group === '' && resource === 'namespaces'
  if (namespace === '' && !isNamespace) return true
  const isNewer = isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
  const found = isNewer ? object : reader.get('namespaces', undefined, isNamespace ? name : namespace)
  return selects(selector, found?.metadata?.labels)
}

function matchesObject(selector: Frozen<LabelSelectorLike> | undefined, { object, oldObject }: Attributes): boolean {
  const has = (one: Frozen<KubeObject> | undefined): boolean =>
    one !== undefined && selects(selector, one.metadata?.labels)
  return isEmpty(selector) || has(object) || has(oldObject)
}

function isEmpty(selector: Frozen<LabelSelectorLike> | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0
}
