// What a write demands of the object that is there: uid and version, as preconditions or in the object that is sent.
// Source: staging/src/k8s.io/apiserver/pkg/registry/rest, BeforeDelete; registry/generic/registry, Store.Update;
// storage, Preconditions.Check (v1.36)
import { newConflict, newInvalid, newPlainError, type GroupResource } from '../apimachinery/errors.ts'
import { quote } from '../apimachinery/go-quote.ts'
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
import type { KindDefinition } from './kind.ts'
import type { Preconditions, Subject } from './writes.ts'

const modifiedText = 'the object has been modified; please apply your changes to the latest version and try again'

/**
 * @param key where the object is stored
 * @param named as the request names the resource
 * @throws StatusError 409 unless the object still has these
 */
export function checkUpdatePreconditions(
  { metadata }: Frozen<AnyObject>,
  key: string,
  named: GroupResource,
  { uid, resourceVersion }: Preconditions,
): void {
  const meta = metadata!
  const check = (member: string, wanted: string | undefined, found: string | undefined): void => {
    if (wanted === undefined || wanted === found) return
    const detail = `Precondition failed: ${member} in precondition: ${wanted}, ${member} in object meta: ${found}`
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${detail}`
    throw newConflict(named, meta.name!, why)
  }
  check('UID', uid, meta.uid)
  check('ResourceVersion', resourceVersion, meta.resourceVersion)
}

/** @throws StatusError 409 unless the object still has these */
export function checkDeletePreconditions(
  { kind, groupResource }: Subject,
  old: Frozen<AnyObject>,
  name: string,
  { uid, resourceVersion }: Preconditions,
): void {
  const { uid: recordUid, resourceVersion: recordVersion } = old.metadata!
  if (kind.strategy?.staysUntilFinalized === true) {
    const differing = (what: string, wanted: string, found: string | undefined) =>
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`
    if (uid !== undefined && uid !== recordUid) throw newConflict(groupResource, name, differing('UID', uid, recordUid))
    if (resourceVersion !== undefined && resourceVersion !== recordVersion)
      throw newConflict(groupResource, name, differing('ResourceVersion', resourceVersion, recordVersion))
  }
  const subject = { group: kind.group, resource: kind.kind }
  if (uid !== undefined && uid !== recordUid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${recordUid}). The object might have been deleted and then recreated`
    throw newConflict(subject, name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== recordVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${recordVersion}). The object might have been modified`
    throw newConflict(subject, name, why)
  }
}

/** Optimistic concurrency: a resourceVersion that is sent must be the current one. */
export function checkVersion(
  kind: KindDefinition,
  named: GroupResource,
  meta: Frozen<ObjectMeta>,
  oldMeta: Frozen<ObjectMeta>,
): void {
  // Zero is how no version is printed.
  if (!['', '0'].includes(meta.resourceVersion ?? '')) {
    if (meta.resourceVersion !== oldMeta.resourceVersion) throw newConflict(named, oldMeta.name!, modifiedText)
  } else if (kind.strategy?.allowUnconditionalUpdate === false) {
    const subject = { group: kind.group, kind: kind.facts.resource }
    throw newInvalid(subject, oldMeta.name!, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  }
}

const maxUint64 = 2n ** 64n - 1n

/** @throws StatusError 500 in the words of Go's parser, which nobody dresses */
export function checkResourceVersionText(text = ''): void {
  if (text === '') return
  const problem = !/^[0-9]+$/.test(text) ? 'invalid syntax' : BigInt(text) > maxUint64 ? 'value out of range' : ''
  if (problem !== '') throw newPlainError(`strconv.ParseUint: parsing ${quote(text)}: ${problem}`)
}
