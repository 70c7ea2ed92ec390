// CertificateSigningRequest of certificates.k8s.io/v1.
// Source: pkg/registry/certificates/certificates; pkg/printers/internalversion, printCertificateSigningRequest (v1.36)
import type { CertificateSigningRequest } from '../../api/certificates.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { copy } from '../../apimachinery/equality.ts'
import { humanDuration } from '../../registry/age.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { conditionsOf, validateRequest, validateRequestUpdate } from './validation.ts'

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  validateName: () => [],
  strategy: {
    prepareForCreate,
    prepareForUpdate: (draft, old) => {
      draft.spec = copy(old.spec)
    },
    validate: (object) => validateRequest(object),
    validateUpdate: (object, old) => validateRequestUpdate(object, old),
    validateUpdateOnly: true,
  },
  status: {
    prepareForUpdate: prepareStatusForUpdate,
    validateUpdate: (object, old) => validateRequestUpdate(object, old, { certificate: true }),
  },
  approval: {
    prepareForUpdate: prepareApproval,
    validateUpdate: (object, old) => validateRequestUpdate(object, old, { approval: true }),
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  cells: {
    SignerName: ({ spec }) => spec?.signerName || '<none>',
    Requestor: ({ spec }) => spec?.username ?? '',
    RequestedDuration: ({ spec }) => {
      return spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000)
    },
    Condition: printCondition,
  },
})

/** Who asks is who sent the request. */
function prepareForCreate(draft: CertificateSigningRequest, { user }: StrategyContext): void {
  const { request, signerName, expirationSeconds, usages } = draft.spec ?? {}
  const spec = {
    request,
    signerName,
    expirationSeconds,
    usages,
    username: user.name,
    uid: user.uid,
    groups: [...user.groups],
  }
  const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]])
  // What was not sent stays absent: the cast forgets the members that are undefined until they are gone.
  draft.spec = Object.fromEntries(
    Object.entries({ ...spec, extra: extra.length === 0 ? undefined : Object.fromEntries(extra) }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as unknown as CertificateSigningRequest['spec']
}

/** The status subresource has no say in the approval. */
function prepareStatusForUpdate(
  draft: CertificateSigningRequest,
  old: CertificateSigningRequest,
  context: StrategyContext,
): void {
  for (const type of ['Approved', 'Denied']) {
    const kept = conditionsOf(old).filter((condition) => condition.type === type)
    const sent = conditionsOf(draft).filter((condition) => condition.type === type)
    if (kept.length !== sent.length) continue
    for (const [at, condition] of sent.entries()) Object.assign(condition, copy(kept[at]!))
  }
  fillTimes(draft, old, context)
}

/** The approval subresource has no say in anything but the conditions. */
function prepareApproval(
  draft: CertificateSigningRequest,
  old: CertificateSigningRequest,
  context: StrategyContext,
): void {
  fillTimes(draft, old, context)
  const conditions = draft.status?.conditions
  draft.status = copy(old.status ?? {})
  if (conditions === undefined) delete draft.status.conditions
  else draft.status.conditions = conditions
}

function fillTimes(draft: CertificateSigningRequest, old: CertificateSigningRequest, { now }: StrategyContext): void {
  for (const condition of draft.status?.conditions ?? []) {
    const same = conditionsOf(old).find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && lastTransitionTime !== undefined,
    )
    condition.lastUpdateTime ??= formatTime(now)
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? formatTime(now)
  }
}

/** `Approved,Issued` */
function printCondition(object: CertificateSigningRequest): string {
  const types = conditionsOf(object).map(({ type }) => type)
  const decision = ['Denied', 'Approved'].find((type) => types.includes(type)) ?? 'Pending'
  const failed = types.includes('Failed') ? ',Failed' : ''
  return `${decision}${failed}${object.status?.certificate ? ',Issued' : ''}`
}
