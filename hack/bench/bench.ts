// What every group of figures is given: the settings, the limits, and servers to measure.
import { Api } from './api.ts'
import type { Endpoint } from './endpoint.ts'
import type { Figure } from './figure.ts'
import type { Limits } from './limits.ts'
import { Load } from './load.ts'
import { OwnServer, type StartOptions } from './own-server.ts'
import { ProcessCost } from './process-cost.ts'

export interface Settings {
  /** How long each kind of request is measured, in seconds, in all rounds together. */
  readonly seconds: number
  /** Of warm-ups and of the number of objects: 1 is the size the bars are made for. */
  readonly scale: number
  /** With the large sizes too. */
  readonly full: boolean
  /** A server that runs already, and the processes it consists of; undefined: servers of this checkout are started. */
  readonly remote?: { readonly endpoint: Endpoint; readonly pids: readonly number[] }
}

/** A server that is measured. */
export interface Target extends AsyncDisposable {
  readonly api: Api
  /** Undefined where nobody knows the server's processes. */
  readonly cost: () => ProcessCost | undefined
  /** Undefined when it was started by somebody else. */
  readonly own: OwnServer | undefined
  /** A process of the load, ended with the target. */
  load(): Load
}

export interface Group {
  readonly name: string
  readonly what: string
  /** Whether it starts and stops servers itself, which only those of this checkout allow. */
  readonly isOwnOnly?: boolean
  run(bench: Bench): Promise<Figure[]>
}

export class Bench {
  readonly settings: Settings
  readonly limits: Limits
  readonly #tell: (text: string) => void

  constructor(settings: Settings, limits: Limits, tell: (text: string) => void) {
    this.settings = settings
    this.limits = limits
    this.#tell = tell
  }

  async open(options: StartOptions): Promise<Target> {
    const { remote } = this.settings
    const own = remote === undefined ? await OwnServer.start(options) : undefined
    const api = own?.api ?? new Api(remote!.endpoint)
    const known = remote !== undefined && remote.pids.length > 0 ? new ProcessCost(remote.pids) : undefined
    const loads: Load[] = []
    return {
      api,
      own,
      cost: () => (ProcessCost.isKnown ? (own?.cost ?? known) : undefined),
      load() {
        const load = new Load(api.endpoint)
        loads.push(load)
        return load
      },
      async [Symbol.asyncDispose]() {
        for (const load of loads) load[Symbol.dispose]()
        api.close()
        await own?.[Symbol.asyncDispose]()
      },
    }
  }

  /** A number of things of which there are so many at full size; at least `least`. */
  scaled(count: number, least = 1): number {
    return Math.max(least, Math.round(count * this.settings.scale))
  }

  progress(text: string): void {
    this.#tell(text)
  }
}
