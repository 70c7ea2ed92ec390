// Amounts of resources by name, and sums of them.
// Source: k8s.io/apiserver/pkg/quota/v1, resources (v1.36)
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  isZeroQuantity,
  newQuantity,
  parseQuantity,
  subtractQuantities,
  type Quantity,
} from '../../apimachinery/quantity.ts'

export type Amounts = Readonly<Record<string, Quantity>>
/** As on the wire. */
export type AmountTexts = Readonly<Record<string, string>>

export const one = newQuantity(1)
const zero = newQuantity(0)

export function parseAmounts(texts: AmountTexts = {}): Amounts {
  return mapped(texts, parseQuantity)
}

export function formatAmounts(amounts: Amounts): AmountTexts {
  return mapped(amounts, formatQuantity)
}

function mapped<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}

export function sum(a: Amounts, b: Amounts): Amounts {
  const result: Record<string, Quantity> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const known = result[name]
    result[name] = known === undefined ? amount : addQuantities(known, amount)
  }
  return result
}

/** What `a` has more than `b`; never less than nothing. */
export function excess(a: Amounts, b: Amounts): Amounts {
  const names = Object.keys({ ...a, ...b })
  return Object.fromEntries(
    names.map((name) => {
      const difference = subtractQuantities(a[name] ?? zero, b[name] ?? zero)
      return [name, compareQuantities(difference, zero) > 0 ? difference : zero]
    }),
  )
}

/** Those with these names. */
export function only(amounts: Amounts, names: Iterable<string>): Amounts {
  const wanted = new Set(names)
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => wanted.has(name)))
}

export function withoutZeros(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => !isZeroQuantity(amount)))
}

export function zeros(names: Iterable<string>): Amounts {
  return Object.fromEntries([...names].map((name) => [name, zero]))
}

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
  )
}

/** Names, in order, of which `amounts` has more than `limits` allow. */
export function exceeding(amounts: Amounts, limits: Amounts): string[] {
  return Object.keys(amounts)
    .filter((name) => limits[name] !== undefined && compareQuantities(amounts[name]!, limits[name]) > 0)
    .sort()
}

export function negative(amounts: Amounts): string[] {
  return Object.keys(amounts).filter((name) => compareQuantities(amounts[name]!, zero) < 0)
}

/** `configmaps=1,pods=2` */
export function printAmounts(amounts: Amounts): string {
  return Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${formatQuantity(amounts[name]!)}`)
    .join(',')
}
