// ValidatingWebhookConfiguration of admissionregistration.k8s.io/v1.
// Source: pkg/registry/admissionregistration/validatingwebhookconfiguration; pkg/printers/internalversion,
// printValidatingWebhook (v1.36)
import type { ValidatingWebhookConfiguration } from '../../api/admissionregistration.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateWebhooks, validateWebhooksUpdate } from './webhooks.ts'

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  generation: true,
  strategy: {
    allowUnconditionalUpdate: false,
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    validateUpdate: (object, old) => validateWebhooksUpdate(object.webhooks, old.webhooks),
    validateUpdateOnly: true,
  },
  cells: { Webhooks: ({ webhooks }) => (webhooks ?? []).length },
})
