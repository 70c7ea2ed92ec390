// Recorded conversations with a real API server. `X.json` holds the requests, `X.golden.json` the answers by case name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What of an answer is compared, in the order in which it is done. Places are JSON pointers; `*` stands for every segment. */
export interface Reduction {
  readonly drop?: readonly string[]
  /** Place → label that takes the place of the value. */
  readonly mask?: Readonly<Record<string, string>>
  /** Of lists: entries whose value at `key` matches the pattern. */
  readonly filter?: Readonly<Record<string, { readonly key: string; readonly drop?: string; readonly keep?: string }>>
  /** List → place in its entries; '' for the entry itself. */
  readonly sort?: Readonly<Record<string, string>>
  /** Only these places. */
  readonly pick?: readonly string[]
  /** Only the names of the fields at these places. */
  readonly keysOf?: readonly string[]
  /** Only the lines of a text that match. */
  readonly grep?: string
  /** Whole parts of the answer. */
  readonly ignore?: readonly (keyof Answer)[]
}

interface Compared extends Reduction {
  /** False: only done, not compared. */
  readonly record?: boolean
}

/** What every request may have. `${name}` stands for a variable. */
export interface Request {
  readonly path: string
  /** Null takes a header away that would be sent otherwise. */
  readonly headers?: Readonly<Record<string, string | null>>
  readonly accept?: string
  /** Sent as Impersonate-User. */
  readonly user?: string
}

export interface HttpStep extends Compared, Request {
  readonly op?: 'http'
  readonly method?: string
  readonly contentType?: string
  readonly body?: unknown
  /** Place in `body` → length of a string that is put there. */
  readonly pad?: Readonly<Record<string, number>>
  readonly rawBody?: string
  readonly bodyB64?: string
  /** Name of a body that was kept. */
  readonly bodyFrom?: string
  /** Changes to it: place → value; null takes the place away. */
  readonly edit?: Readonly<Record<string, unknown>>
  readonly gzipBody?: boolean
  /** Keeps the body of the answer under this name. */
  readonly saveBody?: string
  /** Variable → place in the answer's body. */
  readonly capture?: Readonly<Record<string, string>>
  readonly retry?: Retry
  /** Notes how the body is laid out. */
  readonly rawShape?: boolean
}

/** Asked again until status and values are these. `$present` stands for any value, `~text` for a part of it. */
export interface Retry {
  readonly status?: number
  readonly match?: Readonly<Record<string, unknown>>
  /** In seconds. Default 15. */
  readonly timeout?: number
  /** In seconds. Default 0.15. */
  readonly every?: number
}

/** When a watch has said enough. */
export interface WatchLimits {
  /** Of events that are no bookmarks. A little more time is given for those that are too many. */
  readonly count?: number
  readonly until?: 'close' | 'bookmark'
  /** In seconds. Default 8. */
  readonly timeout?: number
}

/** Opens a watch, collects its events, closes it. */
export interface WatchStep extends Compared, Request, WatchLimits {
  readonly op: 'watch'
}

/** Opens a watch that runs during the steps that follow. */
export interface WatchStartStep extends Request {
  readonly op: 'watch-start'
  readonly as: string
  readonly timeout?: number
}

export interface WatchEndStep extends Compared, WatchLimits {
  readonly op: 'watch-end'
  readonly as: string
  /** Seconds that pass before. */
  readonly settle?: number
}

export interface SleepStep {
  readonly op: 'sleep'
  readonly seconds: number
}

export type Step = HttpStep | WatchStep | WatchStartStep | WatchEndStep | SleepStep

export interface RecordedCase {
  readonly name: string
  /** False: without a namespace of its own. */
  readonly ns?: boolean
  readonly nsLabels?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  /** Runs while no other case does. */
  readonly serial?: boolean
  /** What the server needs beyond the usual. */
  readonly tags?: readonly string[]
  /** Paths of what is deleted in the end, beyond what was seen to be created. */
  readonly cleanup?: readonly string[]
}

/** An answer, reduced and normalised. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  /** How the body is laid out. */
  readonly raw?: { readonly trailingNewline: boolean; readonly multiline: boolean }
  /** Of a watch. */
  readonly events?: readonly unknown[]
  /** Whether the server ended the watch. */
  readonly closed?: boolean
  /** Why an answer could not be read to its end. */
  readonly error?: string
}

export interface Recording {
  /** `discovery/misc` */
  readonly name: string
  readonly cases: readonly RecordedCase[]
  readonly golden: Readonly<Record<string, readonly Answer[]>>
}

/** All recordings below a folder, by name. */
export function readRecordings(folder: string): Recording[] {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !name.endsWith('.golden.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.json'.length).replaceAll('\\', '/')
      const { cases } = read(file) as { cases: RecordedCase[] }
      return { name, cases, golden: read(`${name}.golden.json`) as Recording['golden'] }
    })
}
