// Formats of strings that the schemas of custom resources may ask for; others are ignored.
// Source: apiextensions-apiserver/pkg/apiserver/validation, formats.go; k8s.io/kube-openapi/pkg/validation/strfmt (v1.36)
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { isDNS1123Label, isDNS1123Subdomain } from '../apimachinery/validation.ts'

const uuid = (version: string, variant = ''): RegExp =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant === '' ? '[0-9a-f]{4}' : variant}-?[0-9a-f]{12}$`, 'i')

const checks: Readonly<Record<string, (value: string) => boolean>> = {
  bsonobjectid: matching(/^[0-9a-f]{24}$/i),
  uri: (value) => URL.canParse(value) || /^\/[^\s]*$/.test(value),
  email: matching(/^(?:[^<>]*<)?[^\s@<>]+@[^\s@<>]+>?$/),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCIDR,
  mac: matching(/^(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/i),
  uuid: matching(uuid('[0-9a-f]{4}')),
  uuid3: matching(uuid('3[0-9a-f]{3}')),
  uuid4: matching(uuid('4[0-9a-f]{3}', '[89ab][0-9a-f]{3}')),
  uuid5: matching(uuid('5[0-9a-f]{3}', '[89ab][0-9a-f]{3}')),
  isbn: (value) => isISBN10(value) || isISBN13(value),
  isbn10: isISBN10,
  isbn13: isISBN13,
  creditcard: (value) => isCreditCard(value.replace(/[^0-9]+/g, '')),
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i),
  rgbcolor: matching(
    /^rgb\(\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*(?:,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*){2}\)$/,
  ),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDate(value),
  duration: matching(
    /^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ns|us|µs|μs|ms|s|m|h|d|w|nano(?:second)?s?|micros?(?:econds?)?|milli(?:second)?s?|sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?)\s*)+)$/,
  ),
  datetime: isDateTime,
  'k8s-short-name': (value) => isDNS1123Label(value).length === 0,
  'k8s-long-name': (value) => isDNS1123Subdomain(value).length === 0,
}

function matching(expression: RegExp): (value: string) => boolean {
  return (value) => expression.test(value)
}

/** Dashes do not count, but in the names of newer formats. */
function plain(format: string): string {
  return format.startsWith('k8s-') ? format : format.replaceAll('-', '')
}

export function isKnownFormat(format: string | undefined): boolean {
  return format !== undefined && checks[plain(format)] !== undefined
}

/** '' for a format that is ignored. Numbers have formats of their own. */
export function normalFormat(format: string | undefined): string {
  if (format === undefined) return ''
  return isKnownFormat(format) || /^(?:int(?:32|64)|float|double)$/.test(format) ? format : ''
}

export function hasFormat(value: string, format: string): boolean {
  return checks[plain(format)]?.(value) ?? true
}

const letter = String.raw`a-zA-Z0-9\p{S}\p{L}`
const hostname = new RegExp(
  String.raw`^(?:[${letter}](?:-?[${letter}]{0,62})?|(?:[${letter}](?:[-${letter}]{0,61}[${letter}])?\.)+[a-zA-Z\p{L}]{2,63})$`,
  'u',
)

function isHostname(value: string): boolean {
  const bytes = (text: string): number => Buffer.byteLength(text)
  return hostname.test(value) && bytes(value) <= 255 && value.split('.').every((label) => bytes(label) <= 63)
}

function isDate(value: string): boolean {
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

function isDateTime(value: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})[T\s]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/i.exec(value)
  return match !== null && isDate(match[1]!)
}

function isCIDR(value: string): boolean {
  const [address = '', bits = '', ...rest] = value.split('/')
  const family = isIP(address)
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

function isISBN10(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, at) => total + (at + 1) * (digit === 'X' ? 10 : Number(digit)), 0)
  return sum % 11 === 0
}

function isISBN13(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, at) => total + (at % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

/** The digits of a known issuer, with a good check digit (Luhn). */
function isCreditCard(digits: string): boolean {
  const issuers =
    /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/
  if (!issuers.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}
