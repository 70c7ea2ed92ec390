// Bad values that upstream prints from its internal types, which have no JSON names: `{"Type":"X","RollingUpdate":null}`.
// Source: apimachinery/pkg/util/validation/field, Error.ErrorBody (v1.36)
import { Printed } from '../../apimachinery/field.ts'

/** Fields by their Go names, in Go order, each as it prints: null for an absent pointer, list or map. */
export type GoStruct = Readonly<Record<string, unknown>>

export function goValue(value: GoStruct | readonly GoStruct[]): Printed {
  const text = JSON.stringify(value)
  return new Printed(text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`))
}
