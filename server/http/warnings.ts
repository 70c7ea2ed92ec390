// Warning headers: what a client should know of its request besides the answer.
// Source: apiserver/pkg/endpoints/filters, warning.go; apimachinery/pkg/util/net, NewWarningHeader (v1.36)

/** Characters of all warnings together, above which each is cut. */
const maxCharacters = 4 * 1024
const maxCharactersEach = 256

/** The values of the headers, as Node takes them: UTF-8 in the guise of Latin-1. */
export function warningHeaders(warnings: Iterable<string>): string[] {
  const texts = [...warnings].filter((text) => text !== '')
  if (texts.length === 0) return texts
  const total = texts.reduce((sum, text) => sum + [...text].length, 0)
  return (total <= maxCharacters ? texts : cut(texts)).map((text) => `299 - ${quote(text)}`)
}

function cut(texts: readonly string[]): string[] {
  const kept: string[] = []
  let size = 0
  for (const text of texts) {
    if (size >= maxCharacters) break
    const characters = [...text].slice(0, maxCharactersEach)
    kept.push(characters.join(''))
    size += characters.length
  }
  return kept
}

/** A quoted string of RFC 7230; characters no header may hold are left out. */
function quote(text: string): string {
  const escaped = text.replace(/\p{Cc}/gu, '').replace(/["\\]/g, '\\$&')
  return `"${Buffer.from(escaped, 'utf8').toString('latin1')}"`
}
