// ServiceAccount of the core group.
// Source: pkg/registry/core/serviceaccount, strategy (v1.36)
import type { ServiceAccount } from '../../api/core.ts'
import { field } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  strategy: {
    prepareForCreate: keepSecretNames,
    prepareForUpdate: keepSecretNames,
    warnings,
    returnsDeletedObject: true,
  },
})

/** References to secrets are names, whatever else is told. */
function keepSecretNames(draft: ServiceAccount): void {
  if (draft.secrets === undefined) return
  draft.secrets = draft.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets'

function warnings(object: ServiceAccount, old: ServiceAccount | undefined): string[] {
  const has = (account: ServiceAccount | undefined): boolean =>
    account?.metadata?.annotations?.[mountableSecrets] !== undefined
  if (!has(object) || has(old)) return []
  const path = field('metadata', 'annotations').key(mountableSecrets)
  return [`${path}: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`]
}
