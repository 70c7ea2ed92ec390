// Texts in quotes as Go's `%q` prints them: what stands in most of the sentences a client reads.
// Source: Go strconv, Quote

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\u000B': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
}

/** Most texts have nothing to escape. */
const isPlain = /^[ !#-[\]-~]*$/
const isPrintable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** `a"b` in quotes and escaped: letters and signs of any script stay as they are. */
export function quote(text: string): string {
  if (isPlain.test(text)) return `"${text}"`
  let quoted = ''
  for (const character of text) quoted += named[character] ?? printed(character)
  return `"${quoted}"`
}

function printed(character: string): string {
  if (isPrintable.test(character)) return character
  const code = character.codePointAt(0)!
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  // Half of a pair is no character in Go.
  if (code >= 0xd800 && code <= 0xdfff) return '\uFFFD'
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
