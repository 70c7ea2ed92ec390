// POST on a pod's eviction: a deletion that asks the disruption budgets first.
// Source: pkg/registry/core/pod/storage, EvictionREST (v1.36)
import { newBadRequest, newInvalid, newPlainError, successStatus } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import { field, invalid } from '../apimachinery/field.ts'
import { labelSelectorAsSelector } from '../apimachinery/selectors.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Pod } from '../api/core.ts'
import type { Eviction, PodDisruptionBudget } from '../api/policy.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Entry } from '../storage/store.ts'
import { propagationOf, validateDeleteOptions } from '../registry/deletion.ts'
import { writeContext, type Answer, type Api, type Scope } from './api.ts'
import { setNamespace } from './create.ts'
import { decodeAs, type Body } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'
import { spendDisruption } from './spend-disruption.ts'

export async function evict(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const schema = typeByName('io.k8s.api.policy.v1.Eviction') as StructSchema
  const expected = { group: 'policy', version: 'v1', kind: 'Eviction' }
  const eviction = decodeAs(schema, expected, asV1(body), {
    fieldValidation: options.fieldValidation,
    warn: scope.warn,
  }) as Eviction & AnyObject
  setNamespace(eviction, scope)
  if ((eviction.metadata?.name ?? '') !== scope.name)
    throw newBadRequest('name in URL does not match name in Eviction object')
  checkDeleteOptions(eviction, scope.name)
  const dryRun = isDryRun(scope, eviction.deleteOptions?.dryRun ?? [])
  const store = scope.resource.store!
  const pod = store.get(scope.namespace, scope.name).object as Frozen<Pod>
  const deleteOptions = eviction.deleteOptions ?? {}
  if (!isPastProtection(pod)) await askBudgets(api, scope, pod, dryRun)
  const errors = validateDeleteOptions(deleteOptions)
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  let { preconditions } = deleteOptions
  if (pod.metadata?.deletionTimestamp === undefined) {
    const mark = (current: Entry | undefined): AnyObject => {
      store.checkDeletePreconditions(current!.object, scope.name, preconditions ?? {})
      return markDisrupted(current!, api.clock.now())
    }
    const { entry } = await store.update(writeContext(api, scope, dryRun), scope.name, mark, { subresource: 'status' })
    // The version that was asked for is the one before our own mark.
    if (preconditions?.resourceVersion !== undefined)
      preconditions = { ...preconditions, resourceVersion: String(entry.revision) }
  }
  await store.delete(writeContext(api, scope, dryRun), scope.name, {
    gracePeriodSeconds: deleteOptions.gracePeriodSeconds,
    propagation: propagationOf(deleteOptions),
    preconditions,
  })
  return { type: 'status', status: { ...successStatus(), code: 201 } }
}

/** @throws StatusError 422 */
function checkDeleteOptions({ deleteOptions = {} }: Eviction, name: string): void {
  if (deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential === true) {
    const path = field('deleteOptions', 'ignoreStoreReadErrorWithClusterBreakingPotential')
    const error = invalid(path, true, 'can not be set for pod eviction, try after removing the option')
    throw newInvalid({ group: 'policy', kind: 'Eviction' }, name, [error])
  }
}

/** Both the request and its body may ask for a dry run. @throws StatusError 500 if they do not agree */
function isDryRun({ query }: Scope, sent: readonly string[]): boolean {
  const asked = query.getAll('dryRun')
  if (asked.length > 0 && sent.length > 0 && asked.join(' ') !== sent.join(' ')) {
    const both = `[${asked.join(' ')}] and [${sent.join(' ')}]`
    throw newPlainError(`Non-matching dry-run options in request and content: ${both}`)
  }
  return asked.length + sent.length > 0
}

/** The beta version said the same, and is still understood. */
function asV1(body: Body): Body {
  const value = body.value as AnyObject | null
  return value?.apiVersion === 'policy/v1beta1' ? { ...body, value: { ...value, apiVersion: 'policy/v1' } } : body
}

/** Budgets protect running pods: not those that wait, have ended or are leaving already. */
function isPastProtection(pod: Frozen<Pod>): boolean {
  const phase = pod.status?.phase
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata?.deletionTimestamp !== undefined
  )
}

/** Why the pod goes, for controllers that count failures. Source: KEP-3329 */
function markDisrupted(current: Entry, now: number): AnyObject {
  const pod = copy(current.object) as Pod & AnyObject
  const status = (pod.status ??= {})
  const others = (status.conditions ?? []).filter((one) => one.type !== 'DisruptionTarget')
  status.conditions = [
    ...others,
    {
      type: 'DisruptionTarget',
      status: 'True',
      lastTransitionTime: formatTime(now),
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    },
  ]
  return pod
}

async function askBudgets(api: Api, scope: Scope, pod: Frozen<Pod>, dryRun: boolean): Promise<void> {
  const resource = api.resources.get('policy', 'v1', 'poddisruptionbudgets')!
  const budgets = resource.store!
  const matching: Entry[] = []
  for (const entry of budgets.cache.snapshot().entries(budgets.listPrefix(scope.namespace))) {
    const { spec } = entry.object as Frozen<PodDisruptionBudget>
    if (spec?.selector !== undefined && labelSelectorAsSelector(spec.selector).matches(pod.metadata?.labels))
      matching.push(entry)
  }
  if (matching.length > 1)
    throw newPlainError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = matching
  if (budget === undefined) return
  const name = budget.object.metadata!.name!
  await budgets.update(
    writeContext(api, scope, dryRun),
    name,
    (current) => {
      const draft = spendDisruption(copy(current!.object) as PodDisruptionBudget & AnyObject, pod, api.clock.now())
      trackOwners(api, { ...scope, resource, subresource: 'status' }, current!.object, draft, 'kube-apiserver')
      return draft
    },
    { subresource: 'status' },
  )
}
