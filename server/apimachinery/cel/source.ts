// The text of an expression, and errors that point into it, as clients see them.
// Source: cel-go 0.26, common/error.go, common/source.go

/** An error at a position, counted in code points from 0. */
export interface CelError {
  readonly offset: number
  readonly message: string
}

/** An expression that cannot be compiled. */
export class CompilationError extends Error {
  constructor(source: string, errors: readonly CelError[]) {
    super(displayErrors(source, errors))
    this.name = 'CompilationError'
  }
}

/** Errors in the order of their positions, each with its line and a mark below it. */
function displayErrors(source: string, errors: readonly CelError[]): string {
  const points = [...source]
  const lines = source.split('\n').map((line) => [...line])
  return errors
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      const before = points.slice(0, offset)
      const line = before.filter((point) => point === '\n').length
      const column = offset - (before.lastIndexOf('\n') + 1)
      if (points.length === 0) return `ERROR: <input>:1:0: ${message}`
      const text = lines[line]!.map((point) => (point === '\t' ? ' ' : point))
      const marks = text.slice(0, column).map((point) => (isWide(point) ? '\uff0e' : '.'))
      const mark = isWide(text[column] ?? '') ? '\uff3e' : '^'
      const place = `ERROR: <input>:${line + 1}:${column + 1}: ${message}`
      return `${place}\n | ${text.join('')}\n | ${marks.join('')}${mark}`
    })
    .join('\n')
}

function isWide(point: string): boolean {
  return point !== '' && point.codePointAt(0)! > 0x7f
}
