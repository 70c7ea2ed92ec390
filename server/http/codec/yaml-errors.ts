// What is wrong with a YAML text, in the words of go-yaml: the parser here finds the same places, but names them otherwise.
// Source: go.yaml.in/yaml v2.4.3, scannerc.go, parserc.go, decode.go parser.fail

/** An error as the `yaml` package reports it; `pos` are offsets in the text. */
export interface LibraryError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const at = (line: number, problem: string): string => `yaml: ${line === 0 ? '' : `line ${line}: `}${problem}`

/** go-yaml's scanner leaves the first line unsaid. */
const scanner = (line: number, problem: string): string => at(line === 1 ? 0 : line, problem)

/** Its parser names the line before, counting from zero. */
const parser = (line: number, problem: string): string => at(line - 1, problem)

const noMapping = 'mapping values are not allowed in this context'
const noKey = 'did not find expected key'
const noColon = "could not find expected ':'"
const noToken = 'found character that cannot start any token'

export function syntaxErrorOf(text: string, errors: readonly LibraryError[]): string {
  const [error, second] = errors as [LibraryError, LibraryError | undefined]
  const { code, message, pos } = error
  // The end of the text counts as the beginning of a line.
  const isCut = pos[0] >= text.length && code === 'BAD_INDENT' && !text.endsWith('\n')
  const line = lineOf(text, pos[0]) + (isCut ? 1 : 0)
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return scanner(lineOf(text, colonAfter(text, pos[0])), noMapping)
    case 'MULTILINE_IMPLICIT_KEY':
      if (second?.message.includes('block-seq-ind') === true) return parser(line, noKey)
      if (continuesMapping(text, pos[0])) return scanner(line + 1, noColon)
      return scanner(lineOf(text, colonAfter(text, pos[0])), noMapping)
    case 'MISSING_CHAR':
      if (message.includes('quote')) return scanner(line, 'found unexpected end of stream')
      return message.startsWith('Sequence item') ? parser(line, noKey) : scanner(line + 1, noColon)
    case 'BAD_INDENT':
      if (message.startsWith('Flow'))
        return parser(line, `did not find expected ',' or '${message.includes('with a ]') ? ']' : '}'}'`)
      return parser(line, message.includes('sequence items') ? "did not find expected '-' indicator" : noKey)
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START':
      return scanner(line, noToken)
    case 'BAD_DQ_ESCAPE':
      return scanner(
        line,
        /escape sequence \\[xuU]/.test(message)
          ? 'did not find expected hexdecimal number'
          : 'found unknown escape character',
      )
    default:
      return unexpected(text, line, message)
  }
}

function unexpected(text: string, line: number, message: string): string {
  if (/flow-(seq|map)-end/.test(message)) return parser(line, 'did not find expected node content')
  if (message.includes('block-seq-ind on same line'))
    return scanner(line, 'block sequence entries are not allowed in this context')
  if (/^(Block scalar header|Not a YAML token)/.test(message))
    return scanner(line, 'did not find expected comment or line break')
  return parser(line, /^-\s/.test(text) ? "did not find expected '-' indicator" : noKey)
}

/** Offset of the first colon that ends a key, from `offset` on. */
function colonAfter(text: string, offset: number): number {
  const found = /:(?=\s|$)/g
  found.lastIndex = offset
  return found.exec(text)?.index ?? offset
}

/** Whether the line at `offset` stands where the keys of a mapping begun before stand. */
function continuesMapping(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const indent = text.slice(start, offset)
  if (indent.trim() !== '') return false
  const before = text.slice(0, start).trimEnd().split('\n')
  return before.some((line) => line.startsWith(indent) && /^[^\s#-][^\n]*:(\s|$)/.test(line.slice(indent.length)))
}
