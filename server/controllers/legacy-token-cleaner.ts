// Secrets with tokens of service accounts that were made unasked, and have not been used for a year: they are declared
// invalid, and a year later they go.
// Source: kubernetes pkg/controller/serviceaccount, LegacySATokenCleaner (v1.36)
import type * as core from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import { patch, remove, requeueAfter, unlessOvertaken, type Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { keyOf, splitKey } from '../client/indexer.ts'
import { ACCOUNT_NAME, ACCOUNT_UID, TYPE } from './service-account-secret.ts'
import { timeOf, type Pod } from './pod-status.ts'

type Secret = Frozen<Stored<core.Secret>>

const LAST_USED = 'kubernetes.io/legacy-token-last-used'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'
/** Says since when uses are written down. */
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking'
const dayMs = 24 * 3_600_000
/** Source: --legacy-service-account-token-clean-up-period */
const UNUSED_MS = 365 * dayMs

export const legacyTokenCleaner = defineController({
  name: 'legacy-serviceaccount-token-cleaner-controller',
  serviceAccount: 'legacy-service-account-token-cleaner',
  watches: [
    {
      resource: 'secrets',
      enqueue: ({ type, object }) => (type === 'ADDED' && (object as Secret).type === TYPE ? [keyOf(object)] : []),
    },
    { resource: 'serviceaccounts', enqueue: 'none' },
    { resource: 'configmaps', enqueue: 'none' },
    { resource: 'pods', enqueue: 'none' },
  ],
  reconcile,
})

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const secret = listers.of<core.Secret>('secrets').get(namespace, name)
  if (secret === undefined || secret.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return []
  const again = requeueAfter(dayMs)
  return isForgotten(secret, listers, now) ? [...expire(secret, now), again] : [again]
}

/** Old, not used for long, made for its account and not by somebody, and in no pod. */
function isForgotten(secret: Secret, listers: Listers, now: number): boolean {
  const { creationTimestamp, labels = {} } = secret.metadata
  const tracking = listers.of<core.ConfigMap>('configmaps').get('kube-system', TRACKING)
  const trackedSince = dateOf(tracking?.data?.['since'])
  // The day it began does not count.
  if (trackedSince === undefined || now < trackedSince + dayMs + UNUSED_MS) return false
  if ((timeOf(creationTimestamp) ?? now) >= now - UNUSED_MS) return false
  const lastUsed = labels[LAST_USED]
  if (lastUsed !== undefined && (dateOf(lastUsed) === undefined || lastUsed >= dateText(now - UNUSED_MS))) return false
  return isAutomatic(secret, listers) && !isMounted(secret, listers)
}

/** The account lists it. */
function isAutomatic({ metadata: { namespace, name, annotations = {} } }: Secret, listers: Listers): boolean {
  const account = listers.of<core.ServiceAccount>('serviceaccounts').get(namespace, annotations[ACCOUNT_NAME] ?? '')
  const uid = annotations[ACCOUNT_UID] ?? ''
  if (account === undefined || (uid !== '' && uid !== account.metadata.uid)) return false
  return account.secrets?.some((reference) => reference.name === name) === true
}

function isMounted({ metadata: { namespace, name } }: Secret, listers: Listers): boolean {
  return listers
    .of<core.Pod>('pods')
    .list(namespace)
    .some((pod) => secretsOf(pod).includes(name))
}

/** Source: VisitPodSecretNames, without the volumes of drivers that need a Secret to be mounted. */
function secretsOf({ spec }: Pod): readonly (string | undefined)[] {
  const containers = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ]
  const volumes = spec?.volumes ?? []
  return [
    ...(spec?.imagePullSecrets ?? []).map((each) => each.name),
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ secretRef }) => secretRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
    ...volumes.flatMap(({ secret, projected }) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]),
  ]
}

function expire(secret: Secret, now: number): readonly Action[] {
  const invalidSince = secret.metadata.labels?.[INVALID_SINCE]
  if (dateOf(invalidSince) === undefined) {
    const body = { metadata: { uid: secret.metadata.uid, labels: { [INVALID_SINCE]: dateText(now) } } }
    return [patch('secrets', secret, 'application/merge-patch+json', body, { then: unlessOvertaken })]
  }
  if (invalidSince! >= dateText(now - UNUSED_MS)) return []
  const preconditions = { resourceVersion: secret.metadata.resourceVersion }
  return [remove('secrets', secret, { options: { preconditions }, then: unlessOvertaken })]
}

/** `2026-01-31`; undefined for anything else. */
function dateOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(time) ? undefined : time
}

function dateText(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
