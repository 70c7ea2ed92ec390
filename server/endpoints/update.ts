// PUT on an object or one of its subresources that share its kind (status, finalize, approval, ephemeralcontainers …).
import { newBadRequest, type StatusError } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { admitted, validating } from './admission.ts'
import { storeOf, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { setNamespace } from './create.ts'
import { decodeForResource, defaultAndConvert, type Body } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'
import { dedupOwnerReferences } from './owner-references.ts'
import { splitSentBack } from './sent-back.ts'

/** @throws StatusError */
export async function update(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const { resource } = scope
  const options = parseWriteOptions(scope.query, 'UpdateOptions')
  const store = storeOf(resource, 'update')
  const { body: left, shared } = splitSentBack(scope, body, () => store.find(scope.namespace, scope.name)?.object)
  const read = (warn: Scope['warn']): AnyObject => {
    const decoded = decodeForResource(resource, left, { fieldValidation: options.fieldValidation, warn })
    const object = Object.assign(defaultAndConvert(resource, decoded), shared)
    checkName(object, scope)
    setNamespace(object, scope)
    dedupOwnerReferences(object, { warn })
    return object
  }
  let sent: AnyObject | undefined = read(scope.warn)
  const context = writeContext(api, scope, options.dryRun)
  const uid = sent.metadata?.uid
  const { entry, created } = await store.update(
    context,
    scope.name,
    (current) => {
      // Whoever makes the next state takes over what was sent: another attempt reads it again, and has said all there is to say.
      const draft = sent ?? read(() => {})
      sent = undefined
      trackOwners(api, scope, current?.object, draft, options.fieldManager)
      if (current === undefined) scope.authorizeCreate?.()
      return admitted(api, scope, draft, current?.object, options.dryRun)
    },
    {
      subresource: scope.subresource,
      // A status may be what creates its object, too: of the kinds that are created by updates, Services have one.
      createIfMissing: scope.subresource === '' || scope.subresource === 'status',
      check: validating(api, scope, options.dryRun),
      ...(uid === undefined || uid === '' ? {} : { preconditions: { uid } }),
    },
  )
  return { type: 'entry', code: created ? 201 : 200, resource, entry }
}

export function undeterminableName({ name }: Pick<Scope, 'name'>): StatusError {
  return newBadRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
}

/** @throws StatusError 400 unless the object has the name of the path */
export function checkName(object: AnyObject, scope: Scope): void {
  const name = object.metadata?.name ?? ''
  if (name === '') throw undeterminableName(scope)
  if (name !== scope.name) {
    throw newBadRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`)
  }
}
