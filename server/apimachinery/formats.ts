// The formats of names and short texts. Each check returns what is wrong, in upstream's words; nothing means valid.
// Source: staging/src/k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content (v1.36)

const dns1123LabelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123SubdomainFormat = `${dns1123LabelFormat}(\\.${dns1123LabelFormat})*`
const dns1123UnderscoreLabelFormat = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const dns1123UnderscoreFormat = `${dns1123UnderscoreLabelFormat}(\\.${dns1123UnderscoreLabelFormat})*`
const dns1035LabelFormat = '[a-z]([-a-z0-9]*[a-z0-9])?'
const wildcardFormat = `\\*\\.${dns1123SubdomainFormat}`
const labelKeyFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValueFormat = `(${labelKeyFormat})?`
const cIdentifierFormat = '[A-Za-z_][A-Za-z0-9_]*'
const configMapKeyFormat = '[-._a-zA-Z0-9]+'
const percentFormat = '[0-9]+%'
const httpHeaderNameFormat = '[-A-Za-z0-9]+'

const dns1123Label = whole(dns1123LabelFormat)
const dns1123Subdomain = whole(dns1123SubdomainFormat)
const dns1123Underscore = whole(dns1123UnderscoreFormat)
const dns1035Label = whole(dns1035LabelFormat)
const wildcard = whole(wildcardFormat)
const labelKey = whole(labelKeyFormat)
const labelValue = whole(labelValueFormat)
const cIdentifier = whole(cIdentifierFormat)
const configMapKey = whole(configMapKeyFormat)
const percent = whole(percentFormat)
const httpHeaderName = whole(httpHeaderNameFormat)

export const dns1123LabelMaxLength = 63
export const dns1123SubdomainMaxLength = 253

function whole(format: string): RegExp {
  return new RegExp(`^${format}$`)
}

/** Go counts bytes of UTF-8. */
export function byteLength(text: string): number {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return Buffer.byteLength(text)
  return text.length
}

export function maxLengthError(length: number): string {
  return `must be no more than ${length} characters`
}

/** Checks of labels and newer ones count in bytes and say so. */
export function maxBytesError(length: number): string {
  return `must be no more than ${length} bytes`
}

export function regexError(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${message} (e.g. ${list}regex used for validation is '${format}')`
}

function emptyError(): string {
  return 'must be non-empty'
}

export function inclusiveRangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`
}

const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"

export function isDNS1123Label(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123LabelMaxLength) errors.push(maxLengthError(dns1123LabelMaxLength))
  if (dns1123Label.test(value)) return errors
  if (dns1123Subdomain.test(value)) return [...errors, 'must not contain dots']
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...errors, regexError(message, dns1123LabelFormat, 'my-name', '123-abc')]
}

export function isDNS1123Subdomain(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123SubdomainMaxLength) errors.push(maxLengthError(dns1123SubdomainMaxLength))
  if (!dns1123Subdomain.test(value)) errors.push(regexError(subdomainMessage, dns1123SubdomainFormat, 'example.com'))
  return errors
}

export function isDNS1123SubdomainWithUnderscore(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123SubdomainMaxLength) errors.push(maxLengthError(dns1123SubdomainMaxLength))
  if (!dns1123Underscore.test(value)) {
    const message =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
    errors.push(regexError(message, dns1123UnderscoreFormat, 'example.com'))
  }
  return errors
}

export function isDNS1035Label(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123LabelMaxLength) errors.push(maxLengthError(dns1123LabelMaxLength))
  if (!dns1035Label.test(value)) {
    const message =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
    errors.push(regexError(message, dns1035LabelFormat, 'my-name', 'abc-123'))
  }
  return errors
}

/** `*.example.com` */
export function isWildcardDNS1123Subdomain(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123SubdomainMaxLength) errors.push(maxLengthError(dns1123SubdomainMaxLength))
  if (!wildcard.test(value)) {
    const message =
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
    errors.push(regexError(message, wildcardFormat, '*.example.com'))
  }
  return errors
}

const labelKeyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/** Label and annotation keys, resource names, finalizers: `name` or `example.com/name`. */
export function isQualifiedName(value: string): string[] {
  // The common case: a short plain name. What matches is ASCII, so its length is its bytes.
  if (value.length <= 63 && labelKey.test(value)) return []
  const errors: string[] = []
  const parts = value.split('/')
  const explained = (): string => regexError(labelKeyMessage, labelKeyFormat, 'MyName', 'my.name', '123-abc')
  if (parts.length > 2) {
    const optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
    return [`a valid label key ${explained()}${optional}`]
  }
  const name = parts.at(-1)!
  if (parts.length === 2) {
    const prefix = parts[0]!
    if (prefix === '') errors.push(`prefix part ${emptyError()}`)
    else {
      if (byteLength(prefix) > dns1123SubdomainMaxLength) {
        errors.push(`prefix part ${maxBytesError(dns1123SubdomainMaxLength)}`)
      }
      if (!dns1123Subdomain.test(prefix)) {
        errors.push(`prefix part ${regexError(subdomainMessage, dns1123SubdomainFormat, 'example.com')}`)
      }
    }
  }
  if (name === '') errors.push(`name part ${emptyError()}`)
  else if (byteLength(name) > 63) errors.push(`name part ${maxBytesError(63)}`)
  if (!labelKey.test(name)) errors.push(`name part ${explained()}`)
  return errors
}

export function isValidLabelValue(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > 63) errors.push(maxBytesError(63))
  if (!labelValue.test(value)) {
    const message =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    errors.push(regexError(message, labelValueFormat, 'MyValue', 'my_value', '12345'))
  }
  return errors
}

/** A name that can be one segment of a URL path: what RBAC objects and others of free choice must satisfy. */
export function isPathSegmentName(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return isPathSegmentPrefix(name)
}

function isPathSegmentPrefix(name: string): string[] {
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

export function isCIdentifier(value: string): string[] {
  if (cIdentifier.test(value)) return []
  const message =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return [regexError(message, cIdentifierFormat, 'my_name', 'MY_NAME', 'MyName')]
}

export function isRelaxedEnvVarName(value: string): string[] {
  if (value === '') return [`environment variable name ${emptyError()}`]
  if (/^[ -<>-~]*$/.test(value)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** Keys of ConfigMaps and Secrets. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > dns1123SubdomainMaxLength) errors.push(maxLengthError(dns1123SubdomainMaxLength))
  if (!configMapKey.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    errors.push(regexError(message, configMapKeyFormat, 'key.name', 'KEY_NAME', 'key-name'))
  }
  return [...errors, ...dotPrefixErrors(value)]
}

function dotPrefixErrors(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

export function isValidPortNum(port: number): string[] {
  return isInRange(port, 1, 65535)
}

export function isInRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [inclusiveRangeError(low, high)]
}

/** User and group ids of containers. */
export function isValidUserID(id: number): string[] {
  return isInRange(id, 0, 2147483647)
}

/** Names of container and service ports (RFC 6335, lower case only). */
export function isValidPortName(port: string): string[] {
  const errors: string[] = []
  if (byteLength(port) > 15) errors.push(maxLengthError(15))
  if (!/^[-a-z0-9]+$/.test(port)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)')
  if (port.includes('--')) errors.push('must not contain consecutive hyphens')
  if (port.startsWith('-') || port.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

export function isValidPercent(value: string): string[] {
  if (percent.test(value)) return []
  return [
    regexError("a valid percent string must be a numeric string followed by an ending '%'", percentFormat, '1%', '93%'),
  ]
}

export function isHTTPHeaderName(value: string): string[] {
  if (httpHeaderName.test(value)) return []
  return [
    regexError(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      httpHeaderNameFormat,
      'X-Header-Name',
    ),
  ]
}

// --- names of objects ----------------------------------------------------------------------------------------

/** Problems of a name; with `prefix` it is a generateName, to which a suffix is added. */
export type NameValidator = (name: string, prefix: boolean) => string[]

export const nameIsDNSSubdomain: NameValidator = (name, prefix) =>
  isDNS1123Subdomain(prefix ? maskTrailingDash(name) : name)
export const nameIsDNSLabel: NameValidator = (name, prefix) => isDNS1123Label(prefix ? maskTrailingDash(name) : name)
export const nameIsDNS1035Label: NameValidator = (name, prefix) =>
  isDNS1035Label(prefix ? maskTrailingDash(name) : name)
export const nameIsPathSegment: NameValidator = (name, prefix) =>
  prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name)

/** Upstream cuts two characters for the one it adds; kept, for the sake of the same answers. */
function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}
