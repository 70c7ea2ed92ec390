// Reviews of access: may I, may they? What is asked is checked, then put to the authorizers.
// Source: pkg/apis/authorization/validation; pkg/registry/authorization (v1.36)
import { newBadRequest, newInvalid } from '../apimachinery/errors.ts'
import { field, forbidden, invalid, Printed, required, type FieldError, type FieldPath } from '../apimachinery/field.ts'
import type { AuthorizationAttributes } from '../apimachinery/authorization-attributes.ts'
import { labelSelectorAsSelector, parseFieldSelector, parseLabelSelector } from '../apimachinery/selectors.ts'
import type { AnyObject, ObjectMeta, UserInfo } from '../apimachinery/types.ts'
import { isQualifiedName, isValidLabelValue } from '../apimachinery/formats.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../api/authorization.ts'

/** Answers a question of authorization. */
export interface Access {
  authorize(question: AuthorizationAttributes): { verdict: 'allow' | 'deny' | 'no-opinion'; reason: string }
}

type AnyReview = (SelfSubjectAccessReview | SubjectAccessReview | LocalSubjectAccessReview) & AnyObject
type SubjectReview = (SubjectAccessReview | LocalSubjectAccessReview) & AnyObject

/** What the user may do. @throws StatusError 422 */
export function reviewOwnAccess(review: SelfSubjectAccessReview & AnyObject, user: UserInfo, access: Access): void {
  check([...validateAttributes(review), ...validateMetadata(review, 'must be empty')])
  answer(review, user, access)
}

/** What somebody may do. @throws StatusError 422 */
export function reviewAccess(review: SubjectAccessReview & AnyObject, access: Access): void {
  check([...validateSubject(review), ...validateMetadata(review, 'must be empty')])
  answer(review, subjectOf(review), access)
}

/** What somebody may do in the namespace of the path, which the review has by now. @throws StatusError 400, 422 */
export function reviewLocalAccess(
  review: LocalSubjectAccessReview & AnyObject,
  namespace: string,
  access: Access,
): void {
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {}
  const errors = [...validateSubject(review), ...validateMetadata(review, 'must be empty except for namespace')]
  const asked = resourceAttributes?.namespace ?? ''
  if (resourceAttributes !== undefined && asked !== namespace)
    errors.push(invalid(field('spec.resourceAttributes.namespace'), asked, 'must match metadata.namespace'))
  if (nonResourceAttributes !== undefined) {
    const path = field('spec.nonResourceAttributes')
    errors.push(invalid(path, printPath(nonResourceAttributes), 'disallowed on this kind of request'))
  }
  check(errors)
  if (review.metadata?.namespace !== namespace)
    throw newBadRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`)
  answer(review, subjectOf(review), access)
}

/** The real server does not name the kind here. */
function check(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw newInvalid({ group: 'authorization.k8s.io', kind: '' }, '', errors)
}

function validateSubject(review: SubjectReview): FieldError[] {
  const { user = '', groups = [] } = review.spec ?? {}
  const nobody =
    user === '' && groups.length === 0
      ? [invalid(field('spec', 'user'), user, 'at least one of user or group must be specified')]
      : []
  return validateAttributes(review, nobody)
}

/** @param subject what is wrong with whom the review is about: it stands in between */
function validateAttributes({ spec }: AnyReview, subject: readonly FieldError[] = []): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {}
  const errors: FieldError[] = []
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = 'cannot be specified in combination with resourceAttributes'
    errors.push(invalid(field('spec', 'nonResourceAttributes'), printPath(nonResourceAttributes), detail))
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.push(invalid(field('spec', 'resourceAttributes'), null, detail))
  }
  return [...errors, ...subject, ...validateSelectors(resourceAttributes)]
}

/** Its members are printed by their names in Go. */
function printPath({ path = '', verb = '' }: NonResourceAttributes): Printed {
  return new Printed(JSON.stringify({ Path: path, Verb: verb }))
}

function validateMetadata({ metadata }: AnyReview, detail: string): FieldError[] {
  const { managedFields: _tracked, namespace, ...rest } = metadata ?? {}
  const isEmpty = Object.values(rest).every((value) => value === null || value === undefined)
  const mayHaveNamespace = detail !== 'must be empty'
  if (isEmpty && (mayHaveNamespace || (namespace ?? '') === '')) return []
  return [invalid(field('metadata'), new Printed(printMetadata(metadata)), detail)]
}

/** In the order of Go, which a namespace that was filled in may not be at. */
function printMetadata({ name, generateName, namespace, ...rest }: ObjectMeta = {}): string {
  return JSON.stringify({ name, generateName, namespace, ...rest })
}

function validateSelectors(attributes: ResourceAttributes | undefined): FieldError[] {
  const { fieldSelector, labelSelector } = attributes ?? {}
  const path = field('spec.resourceAttributes')
  return [
    ...validateSelector(fieldSelector, path.child('fieldSelector'), (key, at) =>
      key === '' ? [required(at.child('key'), 'must be specified')] : [],
    ),
    ...validateSelector(
      labelSelector,
      path.child('labelSelector'),
      () => [],
      (key, values, at) => [
        ...isQualifiedName(key).map((problem) => invalid(at.child('key'), key, problem)),
        ...values.flatMap((value, index) =>
          isValidLabelValue(value).map((problem) => invalid(at.child('values').index(index), value, problem)),
        ),
      ],
    ),
  ]
}

/** Operators that nobody knows may be known to an authorizer of the future. */
function validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  path: FieldPath,
  before: (key: string, at: FieldPath) => FieldError[],
  after: (key: string, values: readonly string[], at: FieldPath) => FieldError[] = () => [],
): FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = '', requirements = [] } = selector
  const errors: FieldError[] = []
  if (rawSelector !== '' && requirements.length > 0)
    errors.push(invalid(path.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'))
  if (rawSelector === '' && requirements.length === 0) {
    const detail = `when ${path} is specified, requirements or rawSelector is required`
    errors.push(required(path.child('requirements'), detail))
  }
  for (const [index, { key = '', operator, values = [] }] of requirements.entries()) {
    const at = path.child('requirements').index(index)
    errors.push(...before(key, at))
    if (['In', 'NotIn'].includes(operator) && values.length === 0)
      errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
    if (['Exists', 'DoesNotExist'].includes(operator) && values.length > 0)
      errors.push(forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    errors.push(...after(key, values, at))
  }
  return errors
}

function subjectOf({ spec }: SubjectReview): UserInfo {
  const { user = '', groups = [], uid, extra } = spec ?? {}
  return { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) }
}

function answer(review: AnyReview, user: UserInfo, access: Access): void {
  const { resourceAttributes: resource, nonResourceAttributes } = review.spec ?? {}
  const decision = access.authorize({
    user,
    verb: resource?.verb ?? nonResourceAttributes?.verb ?? '',
    isResourceRequest: resource !== undefined,
    path: nonResourceAttributes?.path ?? '',
    namespace: resource?.namespace ?? '',
    group: resource?.group ?? '',
    version: resource?.version ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    name: resource?.name ?? '',
  })
  const evaluationError = evaluationErrors(resource).join('; ')
  review.status = {
    allowed: decision.verdict === 'allow',
    ...(decision.verdict === 'deny' ? { denied: true } : {}),
    ...(decision.reason === '' ? {} : { reason: decision.reason }),
    ...(evaluationError === '' ? {} : { evaluationError }),
  }
}

/** Which selectors say something nobody understands: access is judged without that. Source: util, BuildEvaluationError */
function evaluationErrors(attributes: ResourceAttributes | undefined): string[] {
  const { fieldSelector, labelSelector } = attributes ?? {}
  return [
    ...ignored('fieldSelector', fieldSelector, parseFieldSelector, ({ operator, values = [] }) => {
      if ((operator !== 'In' && operator !== 'NotIn') || values.length !== 1) throw new Error('not understood')
    }),
    ...ignored('labelSelector', labelSelector, parseLabelSelector, (requirement) => {
      labelSelectorAsSelector({ matchExpressions: [requirement] })
    }),
  ]
}

function ignored<R extends { key: string; operator: string }>(
  name: string,
  selector: { rawSelector?: string; requirements?: R[] } | undefined,
  parse: (text: string) => unknown,
  read: (requirement: R) => void,
): string[] {
  const { rawSelector = '', requirements = [] } = selector ?? {}
  if (rawSelector !== '' && fails(() => parse(rawSelector))) return [sentence(name, false)]
  const unread = requirements.filter((one) => fails(() => read(one))).length
  return unread === 0 ? [] : [sentence(name, unread < requirements.length)]
}

function sentence(name: string, isPartial: boolean): string {
  return `spec.resourceAttributes.${name} ${isPartial ? 'partially ' : ''}ignored due to parse error`
}

function fails(attempt: () => unknown): boolean {
  try {
    attempt()
    return false
  } catch {
    return true
  }
}
