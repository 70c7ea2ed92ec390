// Regular expressions of RE2 as this platform runs them.
// Source: github.com/google/re2/wiki/Syntax

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

const compiled = new Map<string, RegExp | undefined>()
const maxCompiled = 500

/** Undefined for what is no regular expression. Look-around and back references are none. */
export function compileRegex(pattern: string): RegExp | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern)
  if (compiled.size >= maxCompiled) compiled.clear()
  const regex = translate(pattern)
  compiled.set(pattern, regex)
  return regex
}

/** The most that a repetition may count to. */
const maxRepeat = 1000

const isTooManyTimes = (least: string, most: string | undefined): boolean =>
  Number(least) > maxRepeat || Number(most || 0) > maxRepeat || (most ? Number(most) < Number(least) : false)

function translate(source: string): RegExp | undefined {
  // What stands between \Q and \E is meant as it is.
  const pattern = source.replace(/\\Q([^]*?)(?:\\E|$)/g, (_all, plain: string) =>
    plain.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'),
  )
  for (const [, least, most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (isTooManyTimes(least!, most)) return undefined
  }
  if (/\(\?(?:=|!|<=|<!)/.test(pattern) || /(?:^|[^\\])(?:\\\\)*\\[1-9]/.test(pattern)) return undefined
  let flags = 'u'
  const body = pattern
    .replace(/^\(\?([ims]+)\)/, (_all, letters: string) => {
      flags += letters
      return ''
    })
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(
      /\\([-_"'`@#%&~<>=:;,! ])/g,
      (_all, letter: string) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replace(/\\pN/g, '\\p{N}')
    .replace(/\\pL/g, '\\p{L}')
    .replace(/\\([pP])\{([A-Z][a-z][A-Za-z_]+)\}/g, '\\$1{Script=$2}')
    // A brace that opens no repetition is one.
    .replace(/(?<!\\[pPx])(?<!\\)\{(?!\d+(?:,\d*)?\})/g, '\\{')
  try {
    return new RegExp(body, flags)
  } catch {
    return undefined
  }
}

/** What is wrong with a pattern that is none, and the part that is. */
export function regexProblem(pattern: string): string {
  const open = openingOf(pattern)
  if (open.bracket !== undefined) return `missing closing ]: \`${pattern.slice(open.bracket)}\``
  if (open.depth > 0) return `missing closing ): \`${pattern}\``
  if (open.depth < 0) return `unexpected ): \`${pattern}\``
  const perl = /\(\?(?:<?[=!])/.exec(pattern)
  if (perl !== null) return `invalid or unsupported Perl syntax: \`${perl[0]}\``
  const repetition = /^[*+?]|[(|]([*+?])/.exec(pattern)
  if (repetition !== null) return `missing argument to repetition operator: \`${repetition[0].slice(-1)}\``
  if (pattern.endsWith('\\')) return 'trailing backslash at end of expression: ``'
  for (const [all, least, most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (isTooManyTimes(least!, most)) return `invalid repeat count: \`${all}\``
  }
  const twice = /[^\\]([*+?][*+]|[*+?]\?[*+?])/.exec(pattern)
  if (twice !== null) return `invalid nested repetition operator: \`${twice[1]}\``
  const property = /\\[pP]\{\^?\w*\}/.exec(pattern)
  if (property !== null && compileRegex(property[0]) === undefined) {
    return `invalid character class range: \`${property[0]}\``
  }
  const range = [...pattern.matchAll(/([^[\\-])-([^\]\\])/g)].find(([, from, to]) => from! > to!)
  if (range !== undefined && pattern.includes('[')) return `invalid character class range: \`${range[0]}\``
  const escape = /\\[^pPdDsSwWbBAzafnrtvxQE]/.exec(pattern)
  return escape === null ? `invalid syntax: \`${pattern}\`` : `invalid escape sequence: \`${escape[0]}\``
}

/** The bracket that is never closed, and how many parentheses are not. */
function openingOf(pattern: string): { bracket: number | undefined; depth: number } {
  let bracket: number | undefined
  let depth = 0
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at]
    if (letter === '\\') at++
    else if (bracket !== undefined) {
      if (letter === ']' && at > bracket + 1) bracket = undefined
    } else if (letter === '[') bracket = at
    else if (letter === '(') depth++
    else if (letter === ')') depth--
    if (depth < 0) break
  }
  return { bracket, depth }
}
