// Event of the core group; events.k8s.io serves the same objects under other names.
// Source: pkg/registry/core/event; pkg/apis/core/validation, legacyValidateEvent;
// pkg/printers/internalversion, printEvent (v1.36)
import type { Event } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { byteLength, isDNS1123Subdomain } from '../../apimachinery/formats.ts'
import { translateTimestampSince } from '../../registry/age.ts'
import { defineKind } from '../../registry/kind.ts'
import { invalids, validateQualifiedName } from '../metadata/field-formats.ts'

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  strategy: { validate, allowCreateOnUpdate: true },
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ''),
    type: ({ type }) => type ?? '',
  },
  cells: {
    'Last Seen': lastSeen,
    Type: ({ type }) => type ?? '',
    Reason: ({ reason }) => reason ?? '',
    Object: ({ involvedObject: { kind = '', name = '' } = {} }) => kind.toLowerCase() + (name === '' ? '' : `/${name}`),
    Subobject: ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    Source: source,
    Message: ({ message }) => (message ?? '').trim(),
    'First Seen': firstSeen,
    Count: ({ series, count }) => (series === undefined ? count || 1 : (series.count ?? 0)),
  },
})

/** Events without eventTime are of the older kind, of which less is asked. */
function validate(object: Event): FieldError[] {
  const { metadata, involvedObject, eventTime, reportingComponent = '', reportingInstance = '' } = object
  const { namespace = '' } = metadata ?? {}
  const { namespace: involvedNamespace = '' } = involvedObject ?? {}
  const errors: FieldError[] = []
  const mismatch = invalid(field('involvedObject', 'namespace'), involvedNamespace, 'does not match event.namespace')
  if (!eventTime) {
    const expected = involvedNamespace === '' ? ['', 'default'] : [involvedNamespace]
    if (!expected.includes(namespace)) errors.push(mismatch)
  } else {
    if (involvedNamespace === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch)
    const componentPath = field('reportingComponent')
    if (reportingComponent === '') errors.push(required(componentPath))
    errors.push(
      ...validateQualifiedName(reportingComponent, componentPath),
      ...validateText(reportingInstance, 128, field('reportingInstance')),
      ...validateText(object.action, 128, field('action')),
      ...validateText(object.reason, 128, field('reason')),
    )
    if (byteLength(object.message ?? '') > 1024) errors.push(tooManyCharacters(1024, field('message')))
  }
  return [...errors, ...invalids(field('namespace'), namespace, isDNS1123Subdomain(namespace))]
}

function validateText(text: string | undefined, most: number, path: FieldPath): FieldError[] {
  if (!text) return [required(path)]
  return byteLength(text) > most ? [tooManyCharacters(most, path)] : []
}

function tooManyCharacters(most: number, path: FieldPath): FieldError {
  return invalid(path, '', `can have at most ${most} characters`)
}

function firstSeen({ firstTimestamp, eventTime }: Event, now: number): string {
  return translateTimestampSince(firstTimestamp || eventTime, now)
}

function lastSeen(object: Event, now: number): string {
  if (object.series !== undefined) return translateTimestampSince(object.series.lastObservedTime, now)
  return object.lastTimestamp ? translateTimestampSince(object.lastTimestamp, now) : firstSeen(object, now)
}

function source({ source: from, reportingComponent = '', reportingInstance = '' }: Event): string {
  const component = from?.component || reportingComponent
  const instance = from?.host || reportingInstance
  return instance === '' ? component : `${component}, ${instance}`
}
