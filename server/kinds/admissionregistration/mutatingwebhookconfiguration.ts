// MutatingWebhookConfiguration of admissionregistration.k8s.io/v1.
// Source: pkg/registry/admissionregistration/mutatingwebhookconfiguration; pkg/printers/internalversion,
// printMutatingWebhook (v1.36)
import type { MutatingWebhookConfiguration } from '../../api/admissionregistration.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateWebhooks, validateWebhooksUpdate } from './webhooks.ts'

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  generation: true,
  strategy: {
    allowUnconditionalUpdate: false,
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    validateUpdate: (object, old) => validateWebhooksUpdate(object.webhooks, old.webhooks),
    validateUpdateOnly: true,
  },
  cells: { Webhooks: ({ webhooks }) => (webhooks ?? []).length },
})
