// Event of the core group; events.k8s.io serves the same objects under other names.
// Source: pkg/registry/core/event; pkg/apis/core/validation, legacyValidateEvent;
// pkg/printers/internalversion, printEvent (v1.36)
import type { Event } from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { byteLength, isDNS1123Subdomain } from '../../apimachinery/formats.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { translateTimestampSince } from '../../registry/age.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { invalids, validateQualifiedName } from '../metadata/field-formats.ts'

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  strategy: {
    validate,
    validateUpdate,
    validateUpdateOnly: true,
    allowCreateOnUpdate: true,
    defaultPropagation: 'none',
  },
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

const eventsGroup = 'events.k8s.io'

/** More is asked of events that are made by way of the newer group. */
function validate(object: Event, context?: StrategyContext): FieldError[] {
  if (context?.groupResource?.group !== eventsGroup) return validateAny(object, 'reportingComponent')
  const errors = [...validateAny(object, 'reportingController'), ...validateSeries(object)]
  const { eventTime, type = '', firstTimestamp, lastTimestamp, count = 0, source: from } = object
  const refuse = (name: string): void => void errors.push(invalid(field(name), '', 'needs to be unset'))
  if (!eventTime) errors.push(required(field('eventTime')))
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid(field('type'), '', `has invalid value: ${type}`))
  if (firstTimestamp) refuse('firstTimestamp')
  if (lastTimestamp) refuse('lastTimestamp')
  if (count !== 0) refuse('count')
  if (from?.component || from?.host) refuse('source')
  return errors
}

/** Of a change by way of the newer group only the series may be new. */
function validateUpdate(object: Event, old: Event, context?: StrategyContext): FieldError[] {
  if (context?.groupResource?.group !== eventsGroup) return validateAny(object, 'reportingComponent')
  const errors = validateAny(object, 'reportingController')
  if (!deepEqual(object.series, old.series)) errors.push(...validateSeries(object))
  for (const [name, form] of immutableMembers) {
    const path = field(name === 'reportingComponent' ? 'reportingController' : name)
    errors.push(...validateImmutableField(form(object), form(old), path))
  }
  return errors
}

type Read = (object: Event) => unknown

/** In the order in which upstream looks at them, as upstream prints them. */
const immutableMembers: readonly (readonly [name: keyof Event, read: Read])[] = [
  ['involvedObject', ({ involvedObject }) => internalValue('ObjectReference', involvedObject ?? {})],
  ['reason', ({ reason }) => reason ?? ''],
  ['message', ({ message }) => message ?? ''],
  ['source', ({ source: from }) => internalValue('EventSource', from ?? {})],
  ['firstTimestamp', ({ firstTimestamp }) => firstTimestamp ?? null],
  ['lastTimestamp', ({ lastTimestamp }) => lastTimestamp ?? null],
  ['count', ({ count }) => count ?? 0],
  ['reason', ({ reason }) => reason ?? ''],
  ['type', ({ type }) => type ?? ''],
  ['eventTime', ({ eventTime }) => eventTime ?? null],
  ['action', ({ action }) => action ?? ''],
  ['related', ({ related }) => (related === undefined ? null : internalValue('ObjectReference', related))],
  ['reportingComponent', ({ reportingComponent }) => reportingComponent ?? ''],
  ['reportingInstance', ({ reportingInstance }) => reportingInstance ?? ''],
]

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined) return []
  return [
    ...((series.count ?? 0) < 2 ? [invalid(field('series.count'), '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required(field('series.lastObservedTime'))]),
  ]
}

/** Events without eventTime are of the older kind, of which less is asked. */
function validateAny(object: Event, componentName: string): FieldError[] {
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
    const componentPath = field(componentName)
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
