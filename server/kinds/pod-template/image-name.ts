// The tag of an image name: what decides the pull policy.
// Source: pkg/util/parsers, ParseImageName; github.com/distribution/reference (v1.36)

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`
const digestFormat = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(
  `^(?:(${domain})/)?(${component}(?:/${component})*)(?::(\\w[\\w.-]{0,127}))?(?:@(${digestFormat}))?$`,
)
const bareIdentifier = /^[a-f0-9]{64}$/

const maxPathBytes = 255
const digestHexLength: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/** `latest` if the name has neither tag nor digest; empty if it has a digest alone, or cannot be parsed. */
export function imageTag(image: string): string {
  if (bareIdentifier.test(image)) return ''
  const match = reference.exec(withDomain(image))
  if (match === null) return ''
  const [, , path = '', tag = '', digest = ''] = match
  if (path.length > maxPathBytes || (digest !== '' && !isDigest(digest))) return ''
  return tag === '' && digest === '' ? 'latest' : tag
}

/** As Docker completes a short name: without a domain it is of docker.io, and without a folder of its library. */
function withDomain(image: string): string {
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  if (isDomain && first !== 'docker.io' && first !== 'index.docker.io') return image
  const path = isDomain ? image.slice(slash + 1) : image
  return `docker.io/${path.includes('/') ? '' : 'library/'}${path}`
}

function isDigest(digest: string): boolean {
  const [algorithm = '', hex = ''] = digest.split(':')
  return hex.length === digestHexLength[algorithm] && /^[a-f0-9]+$/.test(hex)
}

/** The default of imagePullPolicy. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}
