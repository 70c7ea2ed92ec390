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

/** `latest` if the name has neither tag nor digest; empty if it has a digest alone, or cannot be parsed. */
export function imageTag(image: string): string {
  if (bareIdentifier.test(image)) return ''
  const match = reference.exec(image)
  if (match === null) return ''
  const [, , , tag = '', digest = ''] = match
  return tag === '' && digest === '' ? 'latest' : tag
}

/** The default of imagePullPolicy. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}
