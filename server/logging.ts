// What the server says of itself, line by line, as the components of a real cluster do: for people or for programs.
// Source: k8s.io/klog/v2, the header of a line; component-base/logs/json; KEP-1602 (structured logging)
import { StatusError } from './apimachinery/errors.ts'
import { quote } from './apimachinery/go-quote.ts'
import { StoreFailedError } from './storage/store.ts'

export const loggingFormats = ['text', 'json'] as const
export type LoggingFormat = (typeof loggingFormats)[number]

/** Members of a line besides its message. */
export type LogValues = Readonly<Record<string, string | number | boolean>>

export interface LoggerOptions {
  /** How much is told: 0 what goes wrong, 3 every request besides. Default 0. */
  readonly verbosity?: number
  /** Default text. */
  readonly format?: LoggingFormat
  /** Takes a line without its end. Default: standard error. */
  readonly write?: (line: string) => void
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

interface Line {
  readonly severity: 'I' | 'E'
  readonly verbosity: number
  readonly message: string
  readonly values: LogValues
}

export class Logger {
  readonly #verbosity: number
  readonly #write: (line: string) => void
  readonly #now: () => number
  readonly #print: (line: Line, now: number) => string

  constructor({ verbosity = 0, format = 'text', write = toStandardError, now = Date.now }: LoggerOptions = {}) {
    this.#verbosity = verbosity
    this.#write = write
    this.#now = now
    this.#print = format === 'json' ? printJSONLine : printTextLine
  }

  /** Whether lines of this verbosity are written: making one may cost more than asking. */
  tells(verbosity: number): boolean {
    return verbosity <= this.#verbosity
  }

  info(verbosity: number, message: string, values: LogValues = {}): void {
    if (this.tells(verbosity)) this.#line({ severity: 'I', verbosity, message, values })
  }

  /** What should never happen, or what a disk refused. */
  error(message: string, error: unknown): void {
    this.#line({ severity: 'E', verbosity: 0, message, values: { err: describe(error) } })
  }

  #line(line: Line): void {
    this.#write(this.#print(line, this.#now()))
  }
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * A refusal of the API, or of a disk, says all there is to say in its message; anything else is a defect, and where it
 * comes from matters.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isPlain = error instanceof StatusError || error instanceof StoreFailedError
  return isPlain || error.stack === undefined ? error.message : error.stack
}

/** `I1121 17:18:02.123456    1234 kubeling] "HTTP" verb="GET" resp=200`, the time in the zone of the machine. */
function printTextLine({ severity, message, values }: Line, now: number): string {
  const at = new Date(now)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${two(at.getMonth() + 1)}${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const microseconds = String(Math.floor((now % 1000) * 1000)).padStart(6, '0')
  const head = `${severity}${day} ${time}.${microseconds} ${String(process.pid).padStart(7)} kubeling]`
  const members = Object.entries(values).map(([name, value]) => ` ${name}=${printValue(value)}`)
  return `${head} ${quote(message)}${members.join('')}`
}

function printValue(value: LogValues[string]): string {
  return typeof value === 'string' ? quote(value) : String(value)
}

function printJSONLine({ severity, verbosity, message, values }: Line, now: number): string {
  const head = { ts: now, caller: 'kubeling', msg: message }
  // Errors have no verbosity.
  return JSON.stringify({ ...head, ...(severity === 'I' ? { v: verbosity } : {}), ...values })
}
