// A Quantity as Go holds and prints it: as an int64 and a scale where that suffices, else as a big decimal.
// Source: staging/src/k8s.io/apimachinery/pkg/api/resource, ParseQuantity (v1.36)
import { fitsInt64Amount, keepsText, parseQuantity, splitQuantity } from '../quantity.ts'

const maxInt64 = (1n << 63n) - 1n
const noDecimal = '(*inf.Dec)<nil>'

/** @param text as stored; undefined for the zero value of the type */
export function printQuantity(text: string | undefined): string {
  if (text === undefined) return print('0', 0, noDecimal, '', '')
  if (text === '0') return print('0', 0, noDecimal, '0', 'DecimalSI')
  const parts = splitQuantity(text)
  const { negative, whole, fraction, base, exponent, format } = parts
  if (fitsInt64Amount(parts)) {
    const digits = BigInt(whole + fraction)
    const value = base === 2 ? digits << BigInt(exponent) : digits
    const scale = base === 2 ? 0 : exponent - fraction.length
    return print(String(negative ? -value : value), scale, noDecimal, keepsText(parts) ? text : '', format)
  }
  const quantity = parseQuantity(text)
  const magnitude = quantity.unscaled < 0n ? -quantity.unscaled : quantity.unscaled
  const capped = format === 'BinarySI' && magnitude === maxInt64 && quantity.scale === 0
  // Every other one has been rounded to nano, and is in that scale from then on.
  const unscaled = capped || magnitude === 0n ? magnitude : magnitude * 10n ** BigInt(quantity.scale + 9)
  const scale = capped ? 0 : 9
  const sign = quantity.unscaled < 0n
  const decimal = `(*inf.Dec){unscaled:(big.Int){neg:(bool)${sign} abs:(big.nat)${words(unscaled)}} scale:(inf.Scale)${scale}}`
  return print('0', 0, decimal, '', quantity.format)
}

function print(value: string, scale: number, decimal: string, text: string, format: string): string {
  const amount = `i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}}`
  return `{${amount} d:(resource.infDecAmount){Dec:${decimal}} s:(string)${text} Format:(resource.Format)${format}}`
}

/** 64-bit words, the lowest first. */
function words(value: bigint): string {
  const result: bigint[] = []
  for (let rest = value; rest > 0n; rest >>= 64n) result.push(rest & 0xffffffffffffffffn)
  return `[${result.join(' ')}]`
}
