// What Go's decoder says of a text that is to be a JSON object: such messages are part of the API.
// Source: encoding/json, SyntaxError of scanner.go and UnmarshalTypeError

/** Undefined if the text is a JSON object, or null. @param type that Go decodes it into */
export function jsonObjectProblem(text: string, type = 'map[string]interface {}'): string | undefined {
  return jsonProblem(text, type, (value) => !Array.isArray(value))
}

/** Undefined if the text is a JSON array, or null. */
export function jsonArrayProblem(text: string, type: string): string | undefined {
  return jsonProblem(text, type, Array.isArray)
}

function jsonProblem(text: string, type: string, fits: (value: object) => boolean): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || (typeof value === 'object' && fits(value))) return undefined
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return `json: cannot unmarshal ${kind} into Go value of type ${type}`
  } catch {
    const { position, context } = scan(text)
    const character = text.charAt(position)
    return character === '' ? 'unexpected end of JSON input' : `invalid character ${quote(character)} ${context}`
  }
}

interface Failure {
  readonly position: number
  /** What the scanner was doing, in Go's words. */
  readonly context: string
}

function quote(character: string): string {
  if (character === "'") return String.raw`'\''`
  return character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`
}

/** Finds the place where a text stops being JSON. */
function scan(text: string): Failure {
  let at = 0
  const skip = (): void => {
    while (/[ \t\r\n]/.test(text.charAt(at))) at++
  }
  const fail = (context: string): never => {
    throw new ScanFailure({ position: at, context })
  }
  const literal = (word: string): void => {
    for (let index = 1; index < word.length; index++) {
      at++
      if (text.charAt(at) !== word.charAt(index)) fail(`in literal ${word} (expecting ${quote(word.charAt(index))})`)
    }
    at++
  }
  const string = (): void => {
    for (at++; text.charAt(at) !== '"'; at++) {
      const character = text.charAt(at)
      if (character === '' || character < ' ') fail('in string literal')
      if (character !== '\\') continue
      at++
      if (text.charAt(at) === 'u') {
        for (let digit = 0; digit < 4; digit++) {
          at++
          if (!/[0-9A-Fa-f]/.test(text.charAt(at))) fail('in \\u hexadecimal character escape')
        }
      } else if (!/["\\/bfnrt]/.test(text.charAt(at))) fail('in string escape code')
    }
    at++
  }
  const digits = (context: string): void => {
    if (!/[0-9]/.test(text.charAt(at))) fail(context)
    while (/[0-9]/.test(text.charAt(at))) at++
  }
  const number = (): void => {
    if (text.charAt(at) === '-') at++
    if (text.charAt(at) === '0') at++
    else digits('in numeric literal')
    if (text.charAt(at) === '.') {
      at++
      digits('after decimal point in numeric literal')
    }
    if (!/[eE]/.test(text.charAt(at))) return
    at++
    if (/[-+]/.test(text.charAt(at))) at++
    digits('in exponent of numeric literal')
  }
  const members = (): void => {
    at++
    skip()
    if (text.charAt(at) === '}') {
      at++
      return
    }
    for (;;) {
      skip()
      if (text.charAt(at) !== '"') fail('looking for beginning of object key string')
      string()
      skip()
      if (text.charAt(at) !== ':') fail('after object key')
      at++
      value()
      skip()
      if (text.charAt(at) === '}') break
      if (text.charAt(at) !== ',') fail('after object key:value pair')
      at++
    }
    at++
  }
  const elements = (): void => {
    at++
    skip()
    if (text.charAt(at) === ']') {
      at++
      return
    }
    for (;;) {
      value()
      skip()
      if (text.charAt(at) === ']') break
      if (text.charAt(at) !== ',') fail('after array element')
      at++
    }
    at++
  }
  const value = (): void => {
    skip()
    const first = text.charAt(at)
    if (first === '{') members()
    else if (first === '[') elements()
    else if (first === '"') string()
    else if (first === 't') literal('true')
    else if (first === 'f') literal('false')
    else if (first === 'n') literal('null')
    else if (/[-0-9]/.test(first)) number()
    else fail('looking for beginning of value')
  }
  try {
    value()
    skip()
    return { position: at, context: 'after top-level value' }
  } catch (error) {
    if (error instanceof ScanFailure) return error.failure
    throw error
  }
}

class ScanFailure extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.context)
    this.failure = failure
  }
}
