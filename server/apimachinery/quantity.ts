// Quantities: fixed-point numbers with a suffix (`500m`, `128Mi`, `1e3`), exact at any size.
// Source: staging/src/k8s.io/apimachinery/pkg/api/resource, Quantity (v1.36)

/** How a quantity is printed. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** The number `unscaled · 10^scale`; immutable. */
export interface Quantity {
  readonly unscaled: bigint
  /** Never below -9 after parsing. */
  readonly scale: number
  readonly format: QuantityFormat
}

export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const syntax = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/
const nanoScale = -9
const maxInt64 = (1n << 63n) - 1n

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const decimalByExponent = new Map(Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]))
const binaryByExponent = new Map(Object.entries(binarySuffixes).map(([suffix, exponent]) => [exponent, suffix]))

/** A quantity's text taken apart. Exported for those who must know how a real server holds it. */
export interface QuantityParts {
  /** `Pi` and `.` have none; whether that is zero or an error depends on the suffix. */
  readonly hasDigits: boolean
  readonly negative: boolean
  /** Digits before the point, without leading zeros; `0` if there are none. */
  readonly whole: string
  readonly fraction: string
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

/** @throws QuantityError with upstream's text */
export function splitQuantity(text: string): QuantityParts {
  if (text === '') throw new QuantityError(formatWrong)
  const match = syntax.exec(text)
  if (match === null) throw new QuantityError(formatWrong)
  const [, sign, digits = '', fraction = '', suffix = ''] = match
  const hasDigits = digits !== '' || fraction !== ''
  const parts = { hasDigits, negative: sign === '-', whole: digits.replace(/^0+/, '') || '0', fraction }
  if (Object.hasOwn(decimalSuffixes, suffix)) {
    return { ...parts, base: 10, exponent: decimalSuffixes[suffix]!, format: 'DecimalSI' }
  }
  if (Object.hasOwn(binarySuffixes, suffix)) {
    return { ...parts, base: 2, exponent: binarySuffixes[suffix]!, format: 'BinarySI' }
  }
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) throw new QuantityError("unable to parse quantity's suffix")
  const exponent = Number(suffix.slice(1))
  // Beyond what Go's 64-bit integers hold, and then silently cut to 32 bits there.
  if (BigInt.asIntN(64, BigInt(exponent)) !== BigInt(exponent))
    throw new QuantityError("unable to parse quantity's suffix")
  return { ...parts, base: 10, exponent: exponent | 0, format: 'DecimalExponent' }
}

/**
 * Finer parts than nano are rounded up, away from zero; binary quantities are at most 2^63-1.
 * @throws QuantityError with upstream's text
 */
export function parseQuantity(value: string | number): Quantity {
  const text = typeof value === 'number' ? String(value) : value
  let quantity = parsed.get(text)
  if (quantity === undefined) {
    quantity = fromParts(splitQuantity(text))
    if (parsed.size >= maxParsed) parsed.clear()
    parsed.set(text, quantity)
  }
  return quantity
}

/** A cluster speaks of few amounts, and of each of them in every validation, scheduling and sum. */
const parsed = new Map<string, Quantity>()
const maxParsed = 2000

function fromParts(parts: QuantityParts): Quantity {
  const { negative, whole, fraction, base, exponent, format } = parts
  if (!parts.hasDigits && !fitsInt64Amount(parts)) throw new QuantityError('unable to parse numeric part of quantity')
  let unscaled = BigInt(whole + fraction)
  let scale = -fraction.length
  if (unscaled === 0n) return { unscaled, scale: 0, format }
  if (base === 2) unscaled <<= BigInt(exponent)
  else scale += exponent
  if (scale < nanoScale) {
    unscaled = scaleUp(unscaled, scale, nanoScale)
    scale = nanoScale
  }
  let printed = format
  if (format === 'BinarySI') {
    if (compareMagnitudes(unscaled, scale, maxInt64, 0) > 0) {
      unscaled = maxInt64
      scale = 0
    } else if (compareMagnitudes(unscaled, scale, 1n, 0) < 0) {
      // Less than one cannot be printed with a binary suffix.
      printed = 'DecimalSI'
    }
  }
  return { unscaled: negative ? -unscaled : unscaled, scale, format: printed }
}

/** `unscaled · 10^from` in units of `10^to`, away from zero where digits are lost. */
function scaleUp(unscaled: bigint, from: number, to: number): bigint {
  if (from >= to) return unscaled * 10n ** BigInt(from - to)
  const digits = to - from
  const magnitude = unscaled < 0n ? -unscaled : unscaled
  // More digits lost than there are: what is left is the smallest unit.
  if (digits > String(magnitude).length) return unscaled === 0n ? 0n : unscaled < 0n ? -1n : 1n
  const divisor = 10n ** BigInt(digits)
  const quotient = unscaled / divisor
  if (quotient * divisor === unscaled) return quotient
  return unscaled < 0n ? quotient - 1n : quotient + 1n
}

/** Whether magnitudes differ so much that the digits need not be looked at; keeps `1e999999999` cheap. */
function compareMagnitudes(a: bigint, aScale: number, b: bigint, bScale: number): number {
  if (a === 0n || b === 0n) return a === b ? 0 : a === 0n ? (b > 0n ? -1 : 1) : a > 0n ? 1 : -1
  if (a < 0n !== b < 0n) return a < 0n ? -1 : 1
  const sign = a < 0n ? -1 : 1
  const left = a < 0n ? -a : a
  const right = b < 0n ? -b : b
  const lengths = String(left).length + aScale - (String(right).length + bScale)
  if (lengths !== 0) return lengths > 0 ? sign : -sign
  const scale = Math.min(aScale, bScale)
  const difference = left * 10n ** BigInt(aScale - scale) - right * 10n ** BigInt(bScale - scale)
  return difference === 0n ? 0 : difference > 0n ? sign : -sign
}

/** Largest exponent that is written out in arithmetic; beyond it numbers would fill the memory. */
const maxExponent = 1000

function aligned(a: Quantity, b: Quantity): [bigint, bigint, number] {
  const scale = Math.min(a.scale, b.scale)
  if (Math.max(a.scale, b.scale) - scale > maxExponent) throw new QuantityError('quantity is out of range')
  return [a.unscaled * 10n ** BigInt(a.scale - scale), b.unscaled * 10n ** BigInt(b.scale - scale), scale]
}

/** The sum, printed like `a` unless `a` is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  if (b.unscaled === 0n) return a.unscaled === 0n ? b : a
  if (a.unscaled === 0n) return b
  const [left, right, scale] = aligned(a, b)
  return { unscaled: left + right, scale, format: a.format }
}

/** The difference, printed like `a` unless `a` is zero. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, { ...b, unscaled: -b.unscaled })
}

/** Below, at or above zero as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return compareMagnitudes(a.unscaled, a.scale, b.unscaled, b.scale)
}

export function isZeroQuantity(quantity: Quantity): boolean {
  return quantity.unscaled === 0n
}

/** Whole units, rounded away from zero; saturates at Go's int64. */
export function quantityValue(quantity: Quantity): bigint {
  return saturate(scaledValue(quantity, 0))
}

/** Thousandths, rounded away from zero; saturates at Go's int64. */
export function quantityMilliValue(quantity: Quantity): bigint {
  return saturate(scaledValue(quantity, -3))
}

function scaledValue({ unscaled, scale }: Quantity, unit: number): bigint {
  if (scale - unit > maxExponent) return unscaled === 0n ? 0n : unscaled > 0n ? maxInt64 : -maxInt64
  return scaleUp(unscaled, scale, unit)
}

function saturate(value: bigint): bigint {
  return value > maxInt64 ? maxInt64 : value < -maxInt64 - 1n ? -maxInt64 - 1n : value
}

/**
 * Drops digits finer than 10^scale, away from zero. Resource lists are rounded to milli when they are defaulted.
 * Source: Quantity.RoundUp
 */
export function roundUpQuantity(quantity: Quantity, scale: number): Quantity {
  if (quantity.scale >= scale) return quantity
  return { ...quantity, unscaled: scaleUp(quantity.unscaled, quantity.scale, scale), scale }
}

/** The nearest double: for scores and sums that need not be exact. */
export function quantityToNumber(quantity: Quantity): number {
  return Number(`${quantity.unscaled}e${quantity.scale}`)
}

/** A quantity of whole units. */
export function newQuantity(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { unscaled: BigInt(value), scale: 0, format }
}

/** A quantity of thousandths. */
export function newMilliQuantity(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { unscaled: BigInt(value), scale: -3, format }
}

/** The canonical text: the largest suffix that leaves no fraction. */
export function formatQuantity(quantity: Quantity): string {
  const { unscaled, scale, format } = quantity
  if (unscaled === 0n) return '0'
  if (format === 'BinarySI') {
    const exact = scaledIntegerOrUndefined(unscaled, scale)
    if (exact !== undefined && (exact <= -1024n || exact >= 1024n)) return formatBinary(exact)
  }
  let mantissa = unscaled
  let exponent = scale
  while (mantissa % 10n === 0n) {
    mantissa /= 10n
    exponent++
  }
  while (exponent % 3 !== 0) {
    mantissa *= 10n
    exponent--
  }
  if (format === 'DecimalExponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`
  // Beyond the largest suffix upstream leaves the suffix out, and so do we: the same wrong text.
  return `${mantissa}${decimalByExponent.get(exponent) ?? ''}`
}

function scaledIntegerOrUndefined(unscaled: bigint, scale: number): bigint | undefined {
  if (scale >= 0) return unscaled * 10n ** BigInt(scale)
  const divisor = 10n ** BigInt(-scale)
  return unscaled % divisor === 0n ? unscaled / divisor : undefined
}

function formatBinary(value: bigint): string {
  let mantissa = value
  let exponent = 0
  while (mantissa % 1024n === 0n) {
    mantissa /= 1024n
    exponent += 10
  }
  return `${mantissa}${binaryByExponent.get(exponent) ?? ''}`
}

/**
 * Whether Go keeps a quantity as the text it was parsed from, canonical or not (`1.125`, `+5`): its fast path does so
 * for numbers of few digits that need no other suffix. Arithmetic forgets the text.
 * Source: resource.ParseQuantity
 */
export function keepsText({ whole, fraction, base, exponent }: QuantityParts): boolean {
  const digits = whole + fraction
  if (!fitsInt64Amount({ whole, fraction, base, exponent })) return false
  if (base === 2) return (BigInt(digits) & 7n) !== 0n
  return (exponent - fraction.length) % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
}

/** Whether Go holds the number as an int64 and a scale, not as a big decimal. */
export function fitsInt64Amount({
  whole,
  fraction,
  base,
  exponent,
}: Pick<QuantityParts, 'whole' | 'fraction' | 'base' | 'exponent'>): boolean {
  if (base === 2) return fraction === '' && 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1 >= 0
  return whole.length + fraction.length <= 18 && exponent - fraction.length >= nanoScale
}

/** Texts seen lately and what they become: most objects of a cluster use the same few. */
const canonicalTexts = new Map<string, string>()
const canonicalTextsLimit = 1000

/**
 * The text a server stores and answers for a quantity as it was sent: `0.5` → `500m`, `1024Mi` → `1Gi`, 2 → `2`; but
 * some texts that are not canonical stay (see keepsText), as they do on a real server.
 * @throws QuantityError with upstream's text
 */
export function canonicalQuantity(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : value.trim()
  const known = canonicalTexts.get(text)
  if (known !== undefined) return known
  const parts = splitQuantity(text)
  const canonical = text === '0' || keepsText(parts) ? text : formatQuantity(fromParts(parts))
  if (canonicalTexts.size >= canonicalTextsLimit) canonicalTexts.clear()
  canonicalTexts.set(text, canonical)
  return canonical
}
