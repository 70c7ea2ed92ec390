// FlowSchema of flowcontrol.apiserver.k8s.io/v1.
// Source: pkg/apis/flowcontrol/v1, SetDefaults_FlowSchemaSpec; pkg/apis/flowcontrol/validation, ValidateFlowSchema;
// pkg/printers/internalversion, printFlowSchema (v1.36)
import type {
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../api/flowcontrol.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { nameIsDNSLabel, nameIsDNSSubdomain } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { goValue } from '../rules/go-value.ts'
import { validateConditionTypes } from './conditions.ts'
import { validateMandatorySchema } from './mandatory.ts'

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  generation: true,
  strategy: { validate },
  status: { validateUpdate: ({ status }) => validateConditionTypes(status?.conditions) },
  rowOrder: (a, b) => (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0),
  cells: {
    PriorityLevel: ({ spec }) => spec?.priorityLevelConfiguration?.name ?? '',
    MatchingPrecedence: ({ spec }) => spec?.matchingPrecedence ?? 0,
    DistinguisherMethod: ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>',
    MissingPL: ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  },
})

const maxMatchingPrecedence = 10_000
const distinguisherMethods = ['ByNamespace', 'ByUser']
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

function validate({ metadata, spec }: FlowSchema): FieldError[] {
  const name = metadata?.name ?? ''
  const content = spec ?? ({} as FlowSchemaSpec)
  const path = field('spec')
  return [...validateSpec(name, content, path), ...validateMandatorySchema(name, content, path)]
}

function validateSpec(schemaName: string, spec: FlowSchemaSpec, path: FieldPath): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec
  const errors: FieldError[] = []
  const precedencePath = path.child('matchingPrecedence')
  if (precedence <= 0) errors.push(invalid(precedencePath, precedence, 'must be a positive value'))
  if (precedence > maxMatchingPrecedence) {
    errors.push(invalid(precedencePath, precedence, `must not be greater than ${maxMatchingPrecedence}`))
  }
  if (precedence === 1 && schemaName !== 'exempt') {
    errors.push(invalid(precedencePath, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  }
  if (distinguisherMethod !== undefined && !distinguisherMethods.includes(distinguisherMethod.type)) {
    const value = goValue({ Type: distinguisherMethod.type })
    errors.push(notSupported(path.child('distinguisherMethod', 'type'), value, distinguisherMethods))
  }
  const levelPath = path.child('priorityLevelConfiguration', 'name')
  const level = spec.priorityLevelConfiguration?.name ?? ''
  if (level === '') errors.push(required(levelPath, 'must reference a priority level'))
  else errors.push(...nameIsDNSSubdomain(level, false).map((text) => invalid(levelPath, level, text)))
  return [...errors, ...rules.flatMap((rule, at) => validateRules(rule, path.child('rules').index(at)))]
}

function validateRules(rule: PolicyRulesWithSubjects, path: FieldPath): FieldError[] {
  const { resourceRules = [], nonResourceRules = [] } = rule
  const subjects = rule.subjects ?? []
  const errors = subjects.flatMap((subject, at) => validateSubject(subject, path.child('subjects').index(at)))
  if (subjects.length === 0) errors.push(required(path.child('subjects'), 'subjects must contain at least one value'))
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  }
  return [
    ...errors,
    ...resourceRules.flatMap((one, at) => validateResourceRule(one, path.child('resourceRules').index(at))),
    ...nonResourceRules.flatMap((one, at) => validateNonResourceRule(one, path.child('nonResourceRules').index(at))),
  ]
}

const subjectMembers = { User: 'user', ServiceAccount: 'serviceAccount', Group: 'group' } as const

function validateSubject(subject: Subject, path: FieldPath): FieldError[] {
  const kind = (subject.kind ?? '') as keyof typeof subjectMembers
  if (!Object.hasOwn(subjectMembers, kind)) {
    return [notSupported(path.child('kind'), kind, ['Group', 'ServiceAccount', 'User'])]
  }
  const own = subjectMembers[kind]
  const errors =
    subject[own] === undefined
      ? [required(path.child(own), `${own} is required when subject kind is '${kind}'`)]
      : validateSubjectMember(subject, own, path.child(own))
  const others =
    kind === 'ServiceAccount' ? (['User', 'Group'] as const) : (['ServiceAccount', 'User', 'Group'] as const)
  for (const other of others) {
    const member = subjectMembers[other]
    if (other === kind || subject[member] === undefined) continue
    errors.push(forbidden(path.child(member), `${member} is forbidden when subject kind is not '${other}'`))
  }
  return errors
}

function validateSubjectMember(
  subject: Subject,
  member: 'user' | 'serviceAccount' | 'group',
  path: FieldPath,
): FieldError[] {
  const name = subject[member]?.name ?? ''
  const errors: FieldError[] = []
  if (name === '') errors.push(required(path.child('name')))
  else if (member === 'serviceAccount' && name !== '*') {
    errors.push(...nameIsDNSSubdomain(name, false).map((text) => invalid(path.child('name'), name, text)))
  }
  if (member !== 'serviceAccount') return errors
  const namespace = subject.serviceAccount?.namespace ?? ''
  const namespacePath = path.child('namespace')
  if (namespace === '') return [...errors, required(namespacePath, 'must specify namespace for service account')]
  return [...errors, ...nameIsDNSLabel(namespace, false).map((text) => invalid(namespacePath, namespace, text))]
}

function validateVerbs(used: readonly string[], path: FieldPath): FieldError[] {
  if (used.length === 0) return [required(path, 'verbs must contain at least one value')]
  if (used.includes('*'))
    return used.length > 1 ? [invalid(path, used, "if '*' is present, must not specify other verbs")] : []
  return used.every((verb) => verbs.includes(verb)) ? [] : [notSupported(path, used, verbs)]
}

function validateResourceRule(rule: ResourcePolicyRule, path: FieldPath): FieldError[] {
  const [apiGroups, resources, namespaces] = [rule.apiGroups ?? [], rule.resources ?? [], rule.namespaces ?? []]
  const errors = validateVerbs(rule.verbs ?? [], path.child('verbs'))
  const groupsPath = path.child('apiGroups')
  if (apiGroups.length === 0) errors.push(required(groupsPath, 'resource rules must supply at least one api group'))
  else if (apiGroups.length > 1 && apiGroups.includes('*')) {
    errors.push(invalid(groupsPath, apiGroups, "if '*' is present, must not specify other api groups"))
  }
  const resourcesPath = path.child('resources')
  if (resources.length === 0) errors.push(required(resourcesPath, 'resource rules must supply at least one resource'))
  else if (resources.length > 1 && resources.includes('*')) {
    errors.push(invalid(resourcesPath, resources, "if '*' is present, must not specify other resources"))
  }
  const namespacesPath = path.child('namespaces')
  if (namespaces.length === 0 && rule.clusterScope !== true) {
    const detail = 'resource rules that are not cluster scoped must supply at least one namespace'
    errors.push(required(namespacesPath, detail))
  } else if (namespaces.includes('*')) {
    if (namespaces.length > 1) {
      errors.push(invalid(namespacesPath, namespaces, "if '*' is present, must not specify other namespaces"))
    }
  } else {
    for (const [at, namespace] of namespaces.entries()) {
      for (const text of nameIsDNSLabel(namespace, false)) {
        const detail = `each member of this list must be '*' or a DNS-1123 label; ${text}`
        errors.push(invalid(namespacesPath.index(at), namespace, detail))
      }
    }
  }
  return errors
}

function validateNonResourceRule(rule: NonResourcePolicyRule, path: FieldPath): FieldError[] {
  const urls = rule.nonResourceURLs ?? []
  const errors = validateVerbs(rule.verbs ?? [], path.child('verbs'))
  const urlsPath = path.child('nonResourceURLs')
  if (urls.length === 0) errors.push(required(urlsPath, 'nonResourceURLs must contain at least one value'))
  else if (urls.includes('*')) {
    if (urls.length > 1) {
      errors.push(invalid(urlsPath, urls, "if '*' is present, must not specify other non-resource URLs"))
    }
  } else {
    for (const [at, url] of urls.entries()) {
      const problem = problemOfURL(url)
      if (problem !== undefined) errors.push(invalid(urlsPath.index(at), url, problem))
    }
  }
  return errors
}

/** Source: pkg/apis/flowcontrol/validation, ValidateNonResourceURLPath */
function problemOfURL(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const wildcards = url.split('*').length - 1
  return wildcards > 1 || (wildcards === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}
