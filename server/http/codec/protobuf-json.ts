// Types whose JSON form is free, or differs from their protobuf message: raw JSON, and the unions of JSON schemas.
// Source: apimachinery runtime.RawExtension, meta/v1 FieldsV1; apiextensions/v1 JSON and JSONSchemaPropsOr* (v1.36)
import { eachMember } from './protobuf-values.ts'
import type { MessageCodec } from './protobuf-values.ts'
import { endOfMessage } from './protobuf-wire.ts'
import type { Reader, Writer } from './protobuf-wire.ts'

const rawJSON: MessageCodec = {
  write(writer, value) {
    if (value !== undefined && value !== null) writer.uint32(10).string(JSON.stringify(value))
  },
  read(reader, end) {
    let value: unknown = null
    eachMember(reader, end, (number) => {
      if (number !== 1) return false
      const raw = reader.string()
      value = raw === '' ? null : (JSON.parse(raw) as unknown)
      return true
    })
    return value
  },
  zero: null,
}

export const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** What the unions need of the codec of JSONSchemaProps, which itself has members of these types. */
export interface PropsCodec {
  write(writer: Writer, object: Record<string, unknown>): void
  read(reader: Reader, end: number): Record<string, unknown>
}

/** Codecs by OpenAPI name; `props` is called on first use. */
export function jsonMessages(props: () => PropsCodec): Readonly<Record<string, MessageCodec>> {
  const writeProps = (writer: Writer, number: number, value: unknown): void => {
    writer.uint32((number << 3) | 2).fork()
    props().write(writer, value as Record<string, unknown>)
    writer.ldelim()
  }
  const readProps = (reader: Reader): Record<string, unknown> => props().read(reader, endOfMessage(reader))

  const propsOrArray: MessageCodec = {
    write(writer, value) {
      if (Array.isArray(value)) for (const item of value) writeProps(writer, 2, item)
      else if (value !== undefined && value !== null) writeProps(writer, 1, value)
    },
    read(reader, end) {
      let schema: unknown
      const list: unknown[] = []
      eachMember(reader, end, (number) => {
        if (number === 1) schema = readProps(reader)
        else if (number === 2) list.push(readProps(reader))
        else return false
        return true
      })
      return list.length > 0 ? list : (schema ?? null)
    },
    zero: null,
  }

  const propsOrBool: MessageCodec = {
    write(writer, value) {
      const isSchema = typeof value === 'object' && value !== null
      // A schema allows what it describes: it goes with `allows` set.
      writer.uint32(8).bool(isSchema || value === true)
      if (isSchema) writeProps(writer, 2, value)
    },
    read(reader, end) {
      let allows = false
      let schema: unknown
      eachMember(reader, end, (number) => {
        if (number === 1) allows = reader.bool()
        else if (number === 2) schema = readProps(reader)
        else return false
        return true
      })
      return schema ?? allows
    },
    zero: false,
  }

  const propsOrStringArray: MessageCodec = {
    write(writer, value) {
      if (Array.isArray(value)) for (const item of value) writer.uint32(18).string(String(item))
      else if (value !== undefined && value !== null) writeProps(writer, 1, value)
    },
    read(reader, end) {
      let schema: unknown
      const property: string[] = []
      eachMember(reader, end, (number) => {
        if (number === 1) schema = readProps(reader)
        else if (number === 2) property.push(reader.string())
        else return false
        return true
      })
      return property.length > 0 ? property : (schema ?? null)
    },
    zero: null,
  }

  return {
    'io.k8s.apimachinery.pkg.runtime.RawExtension': rawJSON,
    'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': rawJSON,
    [`${apiextensions}.JSON`]: rawJSON,
    [`${apiextensions}.JSONSchemaPropsOrArray`]: propsOrArray,
    [`${apiextensions}.JSONSchemaPropsOrBool`]: propsOrBool,
    [`${apiextensions}.JSONSchemaPropsOrStringArray`]: propsOrStringArray,
  }
}
