// Recorded cases that this server does not answer as recorded, and why. Each is run all the same, and must fail: a case
// that begins to pass leaves this list.

const byReason: Readonly<Record<string, readonly string[]>> = {
  'custom resources are not served': [
    'crd/apply/ssa-custom-resource',
    'crd/cel/rules',
    'crd/lifecycle/create-established-delete',
    'crd/lifecycle/discovery-aggregated',
    'crd/lifecycle/openapi-appears',
    'crd/objects/crud',
    'crd/objects/generation',
    'crd/objects/put-needs-rv',
    'crd/printing/printer-columns',
    'crd/schema/defaults-and-pruning',
    'crd/schema/validation-messages',
    'crd/selectors/selectable-fields',
    'crd/subresources/scale',
    'crd/versions/none-conversion',
    'crud/apiextensions/customresourcedefinition-full',
    'crud/apiextensions/customresourcedefinition-minimal',
    'immutable/fields/crd-names',
    'watch/rv/custom-resource-events',
    'watch/rv/too-old',
  ],
  'admission policies are not evaluated': ['admission/policy/vap-deny'],
}

/** Group, file and case → what is missing. */
export const knownFailures: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(byReason).flatMap(([reason, names]) => names.map((name) => [name, reason])),
)
