// Values as upstream prints them in error texts: with Go's names and order, and null for what is absent.
// Source: apimachinery/pkg/util/validation/field, Error.ErrorBody; apimachinery/pkg/util/diff, Diff (v1.36)
import { Printed } from '../../apimachinery/field.ts'
import { flowControlStructs } from './flowcontrol-structs.ts'
import { resourceStructs } from './resource-structs.ts'
import { storageStructs } from './storage-structs.ts'
import { internalStructs as coreStructs } from './structs.ts'
import { unifiedDiff } from './unified-diff.ts'

type Json = Readonly<Record<string, unknown>>

interface InternalField {
  readonly go: string
  readonly json: string
  readonly type: string
}

const internalStructs: Readonly<Record<string, string>> = {
  ...coreStructs,
  ...resourceStructs,
  ...storageStructs,
  ...flowControlStructs,
}

const parsed = new Map<string, readonly InternalField[]>()

function fieldsOf(struct: string): readonly InternalField[] {
  let fields = parsed.get(struct)
  if (fields === undefined) {
    const rows = internalStructs[struct]
    if (rows === undefined) throw new Error(`no internal struct is named ${struct}`)
    fields = rows.trim().split(/\s+/).flatMap(parseField)
    parsed.set(struct, fields)
  }
  return fields
}

function parseField(row: string): readonly InternalField[] {
  if (row === '...ObjectMeta') return metadataFields
  if (row.startsWith('...')) return fieldsOf(row.slice(3))
  const [names = '', type = 'string'] = row.split('=')
  const [go = '', json = go.charAt(0).toLowerCase() + go.slice(1)] = names.split(':')
  return [{ go, json, type }]
}

/** Of a template's metadata only these may be set; meta types keep the names they have on the wire. */
const metadataFields = ['labels', 'annotations'].map((name) => ({ go: name, json: name, type: 'omitted' }))

/** Structs in which Go has embedded the metadata that the wire has in a member. */
const holdsMetadata: ReadonlySet<string> = new Set(['PersistentVolumeClaimTemplate', 'ResourceClaimTemplateSpec'])

/** A value of the wire as the internal struct of that name would be encoded. */
export function internalForm(struct: string, value: object): Record<string, unknown> {
  const source = {
    ...(holdsMetadata.has(struct) ? ((value as Json)['metadata'] as Json | undefined) : {}),
    ...value,
  } as Json
  const form: Record<string, unknown> = {}
  for (const { go, json, type } of fieldsOf(struct)) {
    let member = source[json]
    if (type === 'omitted' && member === undefined) continue
    // The wire has these in the spec of the pod.
    if (struct === 'PodSpec' && go === 'SecurityContext')
      member = { ...(member as Json | undefined), ...hostFields(source) }
    form[go] = formOf(type, member)
  }
  return form
}

function hostFields({ hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }: Json): Json {
  return { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
}

const zeros: Readonly<Record<string, unknown>> = {
  string: '',
  int: 0,
  bool: false,
  intOrString: 0,
  quantity: '0',
  raw: null,
}

function formOf(type: string, value: unknown): unknown {
  if (value === undefined || value === null) {
    if (type in zeros) return zeros[type]
    return /^(\*|\[\]|map$|time$)/.test(type) ? null : internalForm(type, {})
  }
  if (type.startsWith('*')) return formOf(type.slice(1), value)
  if (type.startsWith('[]')) return (value as unknown[]).map((element) => formOf(type.slice(2), element))
  if (type === 'LabelSelector') return labelSelectorForm(value as Json)
  if (type in internalStructs) return internalForm(type, value as object)
  return type === 'map' ? sorted(value as Json) : value
}

/** Meta types are the same inside and on the wire. */
function labelSelectorForm({ matchLabels, matchExpressions }: Json): Json {
  const expressions = (matchExpressions as Json[] | undefined)?.map(({ key, operator, values }) => ({
    key,
    operator,
    values,
  }))
  return {
    matchLabels: matchLabels === undefined ? undefined : sorted(matchLabels as Json),
    matchExpressions: expressions,
  }
}

function sorted(map: Json): Json {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function encode(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** A bad value of an error, printed as the internal struct of that name, or as one member of it. */
export function internalValue(struct: string, value: object, member?: string): Printed {
  const form = internalForm(struct, value)
  return new Printed(encode(member === undefined ? form : form[member]))
}

/** What changed between two values, as a unified diff of their internal forms. */
export function internalDiff(struct: string, old: object, value: object): string {
  return unifiedDiff(encode(internalForm(struct, old), 1), encode(internalForm(struct, value), 1))
}
