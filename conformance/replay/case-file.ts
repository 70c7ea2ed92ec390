// Recorded conversations with a real API server. `X.json` holds the requests, `X.golden.json` the answers by case name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request, and what of its answer is compared. */
export interface Step {
  readonly op?: string
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | null>>
  readonly accept?: string
  readonly contentType?: string
  /** Sent as Impersonate-User. */
  readonly user?: string
  readonly body?: unknown
  readonly rawBody?: string
  readonly bodyB64?: string
  /** Variable → pointer into the body. */
  readonly capture?: Readonly<Record<string, string>>
  /** Asked again until status and values are these. `$present` stands for any value, `~text` for a part of it. */
  readonly retry?: {
    readonly status?: number
    readonly match?: Readonly<Record<string, unknown>>
    readonly timeout?: number
    readonly every?: number
  }
  /** False: only done, not compared. */
  readonly record?: boolean
  readonly drop?: readonly string[]
  readonly mask?: Readonly<Record<string, string>>
  readonly filter?: Readonly<Record<string, { readonly key: string; readonly drop?: string; readonly keep?: string }>>
  readonly sort?: Readonly<Record<string, string>>
  readonly pick?: readonly string[]
  readonly keysOf?: readonly string[]
  readonly grep?: string
  readonly ignore?: readonly ('body' | 'headers' | 'status')[]
}

export interface RecordedCase {
  readonly name: string
  /** False: without a namespace of its own. */
  readonly ns?: boolean
  readonly nsLabels?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  readonly tags?: readonly string[]
}

/** An answer, reduced and normalised. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
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
