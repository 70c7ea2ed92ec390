// What processes have cost so far: CPU time of all their threads, and resident memory. From /proc, so on Linux only.
import { readFileSync, readdirSync } from 'node:fs'

export class ProcessCost {
  readonly #pids: readonly number[]

  constructor(pids: readonly number[]) {
    this.#pids = pids
  }

  /** Whether this system tells. */
  static get isKnown(): boolean {
    return cpuMsOf(process.pid) > 0
  }

  /** CPU time of a process, its children that live, and all that have ended, theirs too. */
  static ofFamily(pid: number): number {
    return ticksOf(pid, 4) + sum(childrenOf(pid).map((child) => ProcessCost.ofFamily(child)))
  }

  cpuMs(): number {
    return sum(this.#pids.map(cpuMsOf))
  }

  /** MiB. */
  residentMiB(): number {
    return sum(this.#pids.map((pid) => statusKiB(pid, 'VmRSS'))) / 1024
  }

  /** MiB, the most since the start. */
  peakMiB(): number {
    return sum(this.#pids.map((pid) => statusKiB(pid, 'VmHWM'))) / 1024
  }
}

/** Nanoseconds by thread where the kernel counts them, else steps of 10 ms. */
function cpuMsOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return sum(threads.map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]) / 1e6))
  } catch {
    return ticksOf(pid, 2)
  }
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** User and system time; with four fields also that of the children that have ended. 0 where nobody tells. */
function ticksOf(pid: number, fields: 2 | 4): number {
  try {
    const stat = read(`/proc/${pid}/stat`)
    // Behind the name, which may hold spaces, the times begin with the 12th field.
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 11 + fields)
    return sum(times.map(Number)) * 10
  } catch {
    return 0
  }
}

function statusKiB(pid: number, field: string): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Of the whole machine since its start: milliseconds that its cores have worked. 0 where nobody tells. */
export function machineBusyMs(): number {
  try {
    const [user, nice, system, , , irq, softirq] = read('/proc/stat')
      .split('\n', 1)[0]!
      .split(/\s+/)
      .slice(1)
      .map(Number)
    return (user! + nice! + system! + irq! + softirq!) * 10
  } catch {
    return 0
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
