// The two halves of admission, as endpoints hand them down to the store.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Check } from '../registry/writes.ts'
import { admissionAttributes, type Api, type Scope } from './api.ts'
import { dedupOwnerReferences } from './owner-references.ts'

/** The mutating half: `draft` as plugins leave it; a promise only if one of them has to wait. @throws StatusError */
export function admitted(
  api: Api,
  scope: Scope,
  draft: AnyObject,
  old: Frozen<AnyObject> | undefined,
  dryRun: boolean,
): AnyObject | Promise<AnyObject> {
  const operation = old === undefined ? 'CREATE' : 'UPDATE'
  const admitting = api.admission.admit(admissionAttributes(scope, operation, draft, old, dryRun), api.reader)
  const deduplicated = (): AnyObject => {
    dedupOwnerReferences(draft, scope, ' after mutating admission happens')
    return draft
  }
  return admitting === undefined ? deduplicated() : admitting.then(deduplicated)
}

/** The validating half: run on the object that is about to be written. */
export function validating(api: Api, scope: Scope, dryRun: boolean): Check {
  return (object, old) => {
    const operation = old === undefined ? 'CREATE' : 'UPDATE'
    return api.admission.validate(admissionAttributes(scope, operation, object, old, dryRun), api.reader)
  }
}
