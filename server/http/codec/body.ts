// Request bodies: Content-Type and bytes → a JSON value, with what a strict decoder finds in the text itself.
// Source: apiserver/pkg/endpoints/handlers, create.go, patch.go, delete.go, transformDecodeError; runtime/serializer/json
import { isUtf8 } from 'node:buffer'
import { newBadRequest, newUnsupportedMediaType } from '../../apimachinery/errors.ts'
import type { StatusError } from '../../apimachinery/errors.ts'
import { typeMetaOf } from '../../endpoints/decode.ts'
import { JSONSyntaxError, parseJSON } from './json.ts'
import { memberPaths } from './json-members.ts'
import { jsonType, mediaTypes, protobufType, yamlType } from './negotiate.ts'
import { decodeProtobuf, ProtobufError, ProtobufMessageError } from './protobuf.ts'
import type { ExpectedType } from './protobuf.ts'
import { parseYAML, YAMLError } from './yaml.ts'

export interface DecodedBody {
  readonly value: unknown
  /** As a strict decoder words them: `duplicate field "metadata.name"`. */
  readonly findings: readonly string[]
  /** By path, numbers as they stand in the text, where their value does not say it: `1e3`. */
  readonly oddNumbers?: ReadonlyMap<string, string>
  /** The paths of all members as they stand in a JSON text, as often as they do. */
  readonly members?: () => readonly string[]
}

/** The media type of a body without its parameters. @throws StatusError 415 */
export function bodyType(contentType: string | undefined): string {
  if (contentType === undefined || contentType === '' || contentType === jsonType) return jsonType
  const type = parseMediaType(contentType)
  if (type === undefined || !mediaTypes.some((known) => known === type)) throw unknownFormat(mediaTypes)
  return type
}

export function unknownFormat(accepted: readonly string[]): StatusError {
  return newUnsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

const token = String.raw`[^\s()<>@,;:\\"/[\]?=]+`
const parameter = new RegExp(String.raw`^(\s*${token}=(${token}|"(\\.|[^"\\])*")\s*(;|$))*$`)

/** Undefined where a parameter has no value, or a value no end. Source: Go mime, ParseMediaType */
function parseMediaType(text: string): string | undefined {
  const [type = '', ...rest] = text.split(';')
  const parameters = rest.join(';').trim()
  return parameters === '' || parameter.test(parameters) ? type.trim().toLowerCase() : undefined
}

/** The first 30 bytes of a body: as they are if they look like JSON, else as hexadecimal digits. */
function summarize(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>'
  const head = Buffer.from(bytes.subarray(0, 30))
  return `${head.toString(bytes[0] === 123 ? 'utf8' : 'hex')}${bytes.length > 30 ? ' ...' : ''}`
}

const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

/** YAML may be UTF-16, and says so in its first two bytes. @throws YAMLError if it is not what it says */
function asYAMLText(bytes: Uint8Array): string {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)
  if (mark === 0xfffe || mark === 0xfeff)
    return new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be').decode(bytes)
  if (!isUtf8(bytes)) throw new YAMLError(`yaml: ${octetProblem(bytes)}`)
  return asText(bytes)
}

/** Source: go.yaml.in/yaml v2.4.3, readerc.go */
function octetProblem(bytes: Uint8Array): string {
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!
    const width = lead < 0x80 ? 1 : lead >> 5 === 6 ? 2 : lead >> 4 === 14 ? 3 : lead >> 3 === 30 ? 4 : 0
    if (width === 1 && lead < 0x20 && ![9, 10, 13].includes(lead)) return 'control characters are not allowed'
    if (width === 0) return 'invalid leading UTF-8 octet'
    for (let next = at + 1; next < at + width; next++) {
      if (next >= bytes.length) return 'incomplete UTF-8 octet sequence'
      if (bytes[next]! >> 6 !== 2) return 'invalid trailing UTF-8 octet'
    }
    at += width
  }
  return 'invalid length of a UTF-8 sequence'
}

const jsonTypeName = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** What the real server says when it cannot even tell a body's kind. */
class UnrecognizedError extends Error {}

function checkTypeMeta(value: unknown): void {
  if (value === null) return
  const cannot = (what: unknown, into: string): never => {
    throw new UnrecognizedError(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(what)} into Go ${into}`,
    )
  }
  if (typeof value !== 'object' || Array.isArray(value)) cannot(value, `value of type ${typeMetaStruct}`)
  const { apiVersion, kind } = typeMetaOf(value as object)
  for (const [name, member] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (member !== undefined && member !== null && typeof member !== 'string')
      cannot(member, `struct field .${name} of type string`)
  }
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    throw new UnrecognizedError(`unexpected GroupVersion string: ${apiVersion}`)
  }
}

/** Custom resources must say what they are. */
function checkHasKind(value: unknown, bytes: Uint8Array): void {
  const { kind } = typeMetaOf((value ?? {}) as object)
  if (kind === undefined || kind === null || kind === '')
    throw new UnrecognizedError(`Object 'Kind' is missing in '${asText(bytes)}'`)
}

/**
 * @param expected what the resource takes; its kind is named in errors
 * @throws StatusError 415; 400 for a body that is not what its Content-Type says
 */
export function decodeBody(
  contentType: string | undefined,
  bytes: Uint8Array,
  expected: ExpectedType & { readonly isCustom?: boolean },
): DecodedBody {
  const mediaType = bodyType(contentType)
  try {
    if (mediaType === protobufType) return { value: decodeProtobuf(bytes, expected), findings: [] }
    const body = mediaType === yamlType ? decodeYAML(bytes) : decodeJSON(bytes)
    checkTypeMeta(body.value)
    if (expected.isCustom === true) checkHasKind(body.value, bytes)
    return body
  } catch (error) {
    if (error instanceof ProtobufMessageError && expected.kind !== 'DeleteOptions') {
      const version = error.apiVersion.slice(error.apiVersion.indexOf('/') + 1)
      throw newBadRequest(
        `${error.kind} in version "${version}" cannot be handled as a ${expected.kind}: ${error.message}`,
      )
    }
    if (error instanceof ProtobufError || error instanceof YAMLError || error instanceof UnrecognizedError) {
      throw unrecognized(error.message, bytes, expected)
    }
    if (error instanceof JSONSyntaxError) {
      throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`, bytes, expected)
    }
    throw error
  }
}

/** DeleteOptions are decoded apart from resources, and their errors are not dressed. */
function unrecognized(why: string, bytes: Uint8Array, { kind }: ExpectedType): StatusError {
  if (kind === 'DeleteOptions') return newBadRequest(why)
  return newBadRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(bytes)})`)
}

function decodeJSON(bytes: Uint8Array): DecodedBody {
  const text = asText(bytes)
  const { value, duplicates, oddNumbers } = parseJSON(text, { findDuplicates: true, bytes })
  const findings = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`)
  return { value, findings, oddNumbers, members: () => memberPaths(text) }
}

function decodeYAML(bytes: Uint8Array): DecodedBody {
  const { value, duplicates } = parseYAML(asYAMLText(bytes))
  return { value, findings: duplicates.length === 0 ? [] : [duplicatesInYAML(duplicates)] }
}

const duplicatesInYAML = (lines: readonly string[]): string => `yaml: unmarshal errors:\n  ${lines.join('\n  ')}`

/**
 * A JSON patch, merge patch or strategic merge patch.
 * @throws StatusError 400
 */
export function decodePatchBody(bytes: Uint8Array, patchType = ''): DecodedBody {
  try {
    return decodeJSON(bytes)
  } catch (error) {
    if (!(error instanceof JSONSyntaxError)) throw error
    const isStrategic = patchType.startsWith('application/strategic-merge-patch')
    throw newBadRequest(isStrategic ? error.message : `error decoding patch: ${error.message}`)
  }
}

/**
 * The configuration of a server-side apply: YAML, and so JSON too.
 * @throws StatusError 400
 */
export function decodeApplyBody(bytes: Uint8Array): DecodedBody {
  try {
    const { value, duplicates } = parseYAML(asYAMLText(bytes))
    return {
      value,
      findings: duplicates.length === 0 ? [] : [`error converting YAML to JSON: ${duplicatesInYAML(duplicates)}`],
    }
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error
    throw newBadRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
  }
}
