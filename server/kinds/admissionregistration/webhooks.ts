// What both webhook configurations share.
// Source: pkg/apis/admissionregistration/validation, validateValidatingWebhook, validateMutatingWebhook,
// ValidateValidatingWebhookConfigurationUpdate (v1.36)
import type { MutatingWebhook, ValidatingWebhook } from '../../api/admissionregistration.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1035Label, validateLabelSelector } from '../../apimachinery/validation.ts'
import { validateFullyQualifiedName } from '../rules/domains.ts'
import { validateWebhookService, validateWebhookURL } from '../rules/webhook-client.ts'
import { failurePolicies, matchPolicies, validateMatchConditions, validateRule } from './rules.ts'

export type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>

/** What an update does not judge again, because the stored configuration fails it already. */
interface Leniency {
  matchConditions?: boolean
  sideEffects?: boolean
  reviewVersions?: boolean
  uniqueNames?: boolean
}

const reviewVersions = ['v1', 'v1beta1']
const harmless = ['None', 'NoneOnDryRun']
const sideEffectClasses = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const reinvocationPolicies = ['IfNeeded', 'Never']

export function validateWebhooks(webhooks: readonly Webhook[] | undefined, skip: Leniency = {}): FieldError[] {
  const names = new Set<string>()
  return (webhooks ?? []).flatMap((hook, at) => {
    const path = field('webhooks').index(at)
    const name = hook.name ?? ''
    const errors = [
      ...validateWebhook(hook, path, skip),
      ...validateReviewVersions(hook.admissionReviewVersions ?? [], path.child('admissionReviewVersions'), skip),
    ]
    if (skip.uniqueNames !== true && names.has(name)) errors.push(duplicate(path.child('name'), name))
    if (name !== '') names.add(name)
    return errors
  })
}

export function validateWebhooksUpdate(
  webhooks: readonly Webhook[] | undefined,
  old: readonly Webhook[] | undefined,
): FieldError[] {
  const before = old ?? []
  const conditions = (hooks: readonly Webhook[]): unknown[] => hooks.map((hook) => hook.matchConditions ?? null)
  const versionsOf = (hook: Webhook): readonly string[] => hook.admissionReviewVersions ?? []
  return validateWebhooks(webhooks, {
    matchConditions: deepEqual(conditions(webhooks ?? []), conditions(before)),
    sideEffects: before.some((hook) => !harmless.includes(hook.sideEffects ?? '')),
    reviewVersions: before.some(
      (hook) => versionsOf(hook).length > 0 && !versionsOf(hook).some((one) => reviewVersions.includes(one)),
    ),
    uniqueNames: new Set(before.map((hook) => hook.name)).size < before.length,
  })
}

function validateWebhook(hook: Webhook, path: FieldPath, skip: Leniency): FieldError[] {
  const {
    rules = [],
    failurePolicy,
    matchPolicy,
    sideEffects,
    timeoutSeconds,
    reinvocationPolicy,
  } = hook as Partial<Webhook>
  const errors = validateFullyQualifiedName(hook.name ?? '', path.child('name'))
  errors.push(...rules.flatMap((rule, at) => validateRule(rule, path.child('rules').index(at))))
  if (failurePolicy !== undefined && !failurePolicies.includes(failurePolicy)) {
    errors.push(notSupported(path.child('failurePolicy'), failurePolicy, failurePolicies))
  }
  if (matchPolicy !== undefined && !matchPolicies.includes(matchPolicy)) {
    errors.push(notSupported(path.child('matchPolicy'), matchPolicy, matchPolicies))
  }
  const allowed = skip.sideEffects === true ? sideEffectClasses : harmless
  const sideEffectsPath = path.child('sideEffects')
  // The decoder prints what Go prints: a pointer that is not left out is null.
  if (sideEffects === undefined || sideEffects === null)
    errors.push(required(sideEffectsPath, `must specify one of ${allowed.join(', ')}`))
  else if (!allowed.includes(sideEffects)) errors.push(notSupported(sideEffectsPath, sideEffects, allowed))
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)) {
    const detail = 'the timeout value must be between 1 and 30 seconds'
    errors.push(invalid(path.child('timeoutSeconds'), timeoutSeconds, detail))
  }
  errors.push(
    ...validateLabelSelector(hook.namespaceSelector, path.child('namespaceSelector')),
    ...validateLabelSelector(hook.objectSelector, path.child('objectSelector')),
  )
  if (reinvocationPolicy !== undefined && !reinvocationPolicies.includes(reinvocationPolicy)) {
    errors.push(notSupported(path.child('reinvocationPolicy'), reinvocationPolicy, reinvocationPolicies))
  }
  const { url, service } = (hook as Partial<Webhook>).clientConfig ?? {}
  const clientPath = path.child('clientConfig')
  if ((url === undefined) === (service === undefined)) {
    errors.push(required(clientPath, 'exactly one of url or service is required'))
  } else if (url !== undefined) errors.push(...validateWebhookURL(url, clientPath.child('url')))
  else errors.push(...validateWebhookService(service!, clientPath.child('service')))
  if (skip.matchConditions === true) return errors
  return [...errors, ...validateMatchConditions(hook.matchConditions ?? [], path.child('matchConditions'))]
}

function validateReviewVersions(versions: readonly string[], path: FieldPath, skip: Leniency): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors = versions.flatMap((version, at) => {
    if (versions.indexOf(version) < at) return [invalid(path.index(at), version, 'duplicate version')]
    return isDNS1035Label(version).map((text) => invalid(path.index(at), version, text))
  })
  if (skip.reviewVersions !== true && !versions.some((version) => reviewVersions.includes(version))) {
    errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  }
  return errors
}
