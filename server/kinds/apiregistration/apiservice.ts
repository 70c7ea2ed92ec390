// APIService of apiregistration.k8s.io/v1.
// Source: kube-aggregator/pkg/apis/apiregistration/validation, ValidateAPIService; pkg/registry/apiservice (v1.36)
import type { APIService, APIServiceSpec } from '../../api/apiregistration.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1035Label, isDNS1123Subdomain, isPathSegmentName, isValidPortNum } from '../../apimachinery/validation.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { resetObjectMetaForStatus } from '../metadata/status-meta.ts'

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  validateName: (name) => isPathSegmentName(name),
  strategy: { allowUnconditionalUpdate: false, prepareForCreate, validate },
  status: { prepareForUpdate: resetObjectMetaForStatus, validateUpdate: validateStatus },
  cells: {
    Service: ({ spec }) => (spec?.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`),
    Available: printAvailable,
  },
})

/** What this server serves itself is always there. */
function prepareForCreate(draft: APIService, { now }: StrategyContext): void {
  if (draft.spec?.service !== undefined) return
  draft.status = {
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: formatTime(now),
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ],
  }
}

function validate({ metadata, spec }: APIService): FieldError[] {
  const path = field('spec')
  const {
    group = '',
    version = '',
    groupPriorityMinimum = 0,
    versionPriority = 0,
  } = (spec ?? {}) as Partial<APIServiceSpec>
  const { service, caBundle = '', insecureSkipTLSVerify = false } = (spec ?? {}) as Partial<APIServiceSpec>
  const errors: FieldError[] = []
  const name = metadata?.name ?? ''
  const expected = `${version}.${group}`
  for (const [member, value] of Object.entries({ generateName: metadata?.generateName ?? '', name })) {
    if (value === '' || value === expected || isPathSegmentName(value).length > 0) continue
    const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`
    errors.push(invalid(field('metadata', member), value, detail))
  }
  if (group === '' && version !== 'v1') {
    errors.push(required(path.child('group'), 'only v1 may have an empty group and it better be legacy kube'))
  }
  if (group !== '') errors.push(...isDNS1123Subdomain(group).map((text) => invalid(path.child('group'), group, text)))
  errors.push(...isDNS1035Label(version).map((text) => invalid(path.child('version'), version, text)))
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    errors.push(
      invalid(path.child('groupPriorityMinimum'), groupPriorityMinimum, 'must be positive and less than 20000'),
    )
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalid(path.child('versionPriority'), versionPriority, 'must be positive and less than 1000'))
  }
  const skipPath = path.child('insecureSkipTLSVerify')
  if (service === undefined) {
    if (caBundle !== '') {
      const bytes = `${Buffer.from(caBundle, 'base64').length} bytes`
      errors.push(invalid(path.child('caBundle'), bytes, 'local APIServices may not have a caBundle'))
    }
    if (insecureSkipTLSVerify)
      errors.push(invalid(skipPath, true, 'local APIServices may not have insecureSkipTLSVerify'))
    return errors
  }
  const servicePath = path.child('service')
  if (!service.namespace) errors.push(required(servicePath.child('namespace')))
  if (!service.name) errors.push(required(servicePath.child('name')))
  const problems = isValidPortNum(service.port ?? 0)
  if (problems.length > 0) {
    errors.push(invalid(servicePath.child('port'), service.port ?? 0, `port is not valid: ${problems.join(', ')}`))
  }
  if (insecureSkipTLSVerify && caBundle !== '') {
    errors.push(invalid(skipPath, true, 'may not be true if caBundle is present'))
  }
  return errors
}

const statuses = ['True', 'False', 'Unknown']

function validateStatus({ status }: APIService): FieldError[] {
  return (status?.conditions ?? []).flatMap((condition, at) => {
    const path = field('status', 'conditions').index(at).child('status')
    return statuses.includes(condition.status) ? [] : [notSupported(path, condition.status, statuses)]
  })
}

/** `True`, `False (ServiceNotFound)` */
function printAvailable({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available')
  if (condition === undefined) return 'Unknown'
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`
}
