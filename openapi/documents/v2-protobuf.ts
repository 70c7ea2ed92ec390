// The v2 document as the protobuf message older clients ask for: made from its JSON form.
// Source: gnostic-models openapiv2/OpenAPIv2.proto (v0.7.0)
import type { JSONSchema } from './schemas.ts'

type Bytes = Buffer

function varint(value: number): Bytes {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** A message, of members in the order of their numbers. */
const message = (...parts: readonly (Bytes | readonly Bytes[])[]): Bytes => Buffer.concat(parts.flat())

function member(number: number, content: Bytes): Bytes {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content])
}

/** Nothing for what is absent or empty. */
function text(number: number, value: unknown): Bytes {
  return typeof value === 'string' && value !== '' ? member(number, Buffer.from(value)) : Buffer.alloc(0)
}

const texts = (number: number, values: unknown): Bytes[] =>
  ((values as string[] | undefined) ?? []).map((value) => member(number, Buffer.from(value)))

const flag = (number: number, value: unknown): Bytes =>
  value === true ? Buffer.concat([varint(number << 3), varint(1)]) : Buffer.alloc(0)

const named = (number: number, name: string, value: Bytes): Bytes =>
  member(number, message(text(1, name), member(2, value)))

const some = (number: number, value: unknown, print: (schema: JSONSchema) => Bytes): Bytes =>
  value === undefined ? Buffer.alloc(0) : member(number, print(value as JSONSchema))

const all = (number: number, values: unknown, print: (name: string, value: JSONSchema) => Bytes): Bytes[] =>
  Object.entries((values as JSONSchema | undefined) ?? {}).map(([name, value]) =>
    named(number, name, print(name, value as JSONSchema)),
  )

/** Members named x-…, as YAML. */
function extensions(number: number, schema: JSONSchema): Bytes[] {
  return Object.keys(schema)
    .filter((key) => key.startsWith('x-'))
    .sort()
    .map((key) => named(number, key, any(schema[key])))
}

const any = (value: unknown): Bytes => text(2, `${yaml(value, '')}\n`)

/** Enough YAML for what the documents hold: scalars, lists of them, and objects of those. */
function yaml(value: unknown, indent: string, inList = false): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return value.map((item) => `- ${yaml(item, `${indent}  `, true)}`).join(`\n${indent}`)
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return '{}'
    return entries
      .map(([key, item]) => {
        const isNested = typeof item === 'object' && item !== null && Object.keys(item).length > 0
        // A level is four columns; the dash of a list stands in the first two of its items' level.
        const inner = `${indent}${inList ? '  ' : '    '}`
        return isNested ? `${key}:\n${inner}${yaml(item, inner)}` : `${key}: ${yaml(item, indent)}`
      })
      .join(`\n${indent}`)
  }
  if (typeof value !== 'string') return JSON.stringify(value)
  if (/^(y|n|yes|no|on|off|true|false|null|~|[-+.]?[0-9].*)?$/i.test(value)) return JSON.stringify(value)
  return /^[\w/][\w ./,+-]*$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
}

/** A whole v2 document. */
export function encodeDocumentV2(document: JSONSchema): Bytes {
  const { swagger, info, paths, definitions, parameters, securityDefinitions, security } = document as Record<
    string,
    JSONSchema
  >
  return message(
    text(1, swagger),
    member(2, message(text(1, info!['title']), text(2, info!['version']))),
    member(8, message(all(2, paths, (_path, item) => pathItem(item)))),
    member(9, message(all(1, definitions, (_name, schema) => schemaMessage(schema)))),
    member(10, message(all(1, parameters, (_name, parameter) => parameterMessage(parameter)))),
    (security as unknown as JSONSchema[]).map((one) => member(12, message(all(1, one, () => Buffer.alloc(0))))),
    member(13, message(all(1, securityDefinitions, (_name, definition) => member(2, apiKey(definition))))),
  )
}

function apiKey({ type, name, in: place, description }: JSONSchema): Bytes {
  return message(text(1, type), text(2, name), text(3, place), text(4, description))
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

function pathItem(item: JSONSchema): Bytes {
  return message(
    methods.map((method, index) => some(2 + index, item[method], operation)),
    parametersOf(9, item['parameters']),
  )
}

function parametersOf(number: number, parameters: unknown): Bytes[] {
  return ((parameters as JSONSchema[] | undefined) ?? []).map((parameter) =>
    member(
      number,
      '$ref' in parameter ? member(2, text(1, parameter['$ref'])) : member(1, parameterMessage(parameter)),
    ),
  )
}

function operation(value: JSONSchema): Bytes {
  return message(
    texts(1, value['tags']),
    text(3, value['description']),
    text(5, value['operationId']),
    texts(6, value['produces']),
    texts(7, value['consumes']),
    parametersOf(8, value['parameters']),
    member(9, message(all(1, value['responses'], (_code, one) => member(1, response(one))))),
    texts(10, value['schemes']),
    extensions(13, value),
  )
}

function response({ description, schema }: JSONSchema): Bytes {
  return message(
    text(1, description),
    some(2, schema, (one) => member(1, schemaMessage(one))),
  )
}

function parameterMessage(parameter: JSONSchema): Bytes {
  const { name, in: place, description, required, schema, type, uniqueItems } = parameter
  if (place === 'body') {
    return member(
      1,
      message(text(1, description), text(2, name), text(3, place), flag(4, required), some(5, schema, schemaMessage)),
    )
  }
  const head = [flag(1, required), text(2, place), text(3, description), text(4, name)]
  return place === 'query'
    ? member(2, member(3, message(head, text(6, type), flag(20, uniqueItems))))
    : member(2, member(4, message(head, text(5, type), flag(19, uniqueItems))))
}

function schemaMessage(schema: JSONSchema): Bytes {
  const { type } = schema
  return message(
    text(1, schema['$ref']),
    text(2, schema['format']),
    text(4, schema['description']),
    texts(19, schema['required']),
    ((schema['enum'] as unknown[] | undefined) ?? []).map((value) => member(20, any(value))),
    some(21, schema['additionalProperties'], (one) =>
      typeof one === 'boolean' ? flag(2, one) : member(1, schemaMessage(one)),
    ),
    type === undefined ? [] : member(22, message(texts(1, [type as string]))),
    some(23, schema['items'], (one) => member(1, schemaMessage(one))),
    schema['properties'] === undefined
      ? []
      : member(25, message(all(1, schema['properties'], (_name, one) => schemaMessage(one)))),
    extensions(31, schema),
  )
}
